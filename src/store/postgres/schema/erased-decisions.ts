/** The content as JSON. The `json` functions of PostgreSQL refuse U+0000, which a reason may have: another control character stands for it. */
const parseContentSql = (row: '' | 'OLD.'): string => `replace(${row}content, '\\u0000', '\\u0001')::json`;

/** What remains of the content of a decision that is erased: who made it, and when. `row`: `OLD.` in a trigger. */
const buildErasedContentSql = (row: '' | 'OLD.'): string => {
  const content = parseContentSql(row);
  return `json_build_object('study', NULL, 'subject', NULL, 'decision', NULL, 'by', ${content} -> 'by', 'at', ${content} -> 'at',
    'why', NULL, 'systemUser', ${content} -> 'systemUser', 'signed', NULL, 'isErased', true)::text`;
};

/** The condition that a decision is about the subject $1 (study), $2 (number). */
export const IS_DECISION_ABOUT_SUBJECT = `${parseContentSql('')} ->> 'study' = $1 AND ${parseContentSql('')} ->> 'subject' = $2`;

/** The columns of a logged decision that is erased, with what they hold then. The trigger below allows nothing else. */
export const ERASED_POSTGRES_DECISION = `record = 'erased', content = ${buildErasedContentSql('')}`;

/**
 * The step of the schema by which an erasure reaches the history of decisions. A decision may be changed to what remains of it,
 * and to nothing else, where the store has its subject no more or its work item was erased.
 */
export const ERASE_POSTGRES_DECISIONS = `
  CREATE FUNCTION refuse_logged_decision_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'UPDATE' THEN
      IF NEW.seq = OLD.seq AND NEW.kind = OLD.kind AND NEW.site IS NOT DISTINCT FROM OLD.site AND NEW.record = 'erased'
        AND NEW.content = ${buildErasedContentSql('OLD.')}
        AND (
          (${parseContentSql('OLD.')} ->> 'subject' IS NOT NULL AND NOT EXISTS (SELECT 1 FROM subject s
            WHERE s.study = ${parseContentSql('OLD.')} ->> 'study' AND s.subject = ${parseContentSql('OLD.')} ->> 'subject'))
          OR (OLD.kind = 'work-item' AND EXISTS (SELECT 1 FROM erased_work_item e WHERE e.id = OLD.record))
        )
      THEN
        RETURN NEW;
      END IF;
    END IF;
    RAISE EXCEPTION 'a decision is never changed or removed';
  END $$;
  DROP TRIGGER decision_log_kept ON decision_log;
  CREATE TRIGGER decision_log_kept BEFORE UPDATE OR DELETE ON decision_log
    FOR EACH ROW EXECUTE FUNCTION refuse_logged_decision_change();
`;
