/** What remains of the content of a decision that is erased: who made it, and when. `row`: `OLD.` in a trigger. */
const buildErasedContent = (
  row: '' | 'OLD.',
): string => `json_object('study', NULL, 'subject', NULL, 'decision', NULL,
  'by', ${row}content -> '$.by', 'at', ${row}content -> '$.at', 'why', NULL,
  'systemUser', ${row}content -> '$.systemUser', 'signed', NULL, 'isErased', json('true'))`;

/** The columns of a logged decision that is erased, with what they hold then. The trigger below allows nothing else. */
export const ERASED_DECISION = `record = 'erased', content = ${buildErasedContent('')}`;

/**
 * The step of the schema by which an erasure reaches the history of decisions. A decision may be changed to what remains of it,
 * and to nothing else, where the store has its subject no more or its work item was erased.
 */
export const ERASE_DECISIONS = `
  DROP TRIGGER decision_log_unchanged;
  CREATE TRIGGER decision_log_unchanged BEFORE UPDATE ON decision_log
    WHEN coalesce(
      NEW.seq = OLD.seq AND NEW.kind = OLD.kind AND NEW.site IS OLD.site AND NEW.record = 'erased'
      AND NEW.content = ${buildErasedContent('OLD.')}
      AND (
        (OLD.content ->> '$.subject' IS NOT NULL AND NOT EXISTS (SELECT 1 FROM subject s
          WHERE s.study = OLD.content ->> '$.study' AND s.subject = OLD.content ->> '$.subject'))
        OR (OLD.kind = 'work-item' AND OLD.record IN (SELECT id FROM erased_work_item))
      ), 0) = 0
    BEGIN SELECT RAISE(ABORT, 'a decision is never changed'); END;
`;
