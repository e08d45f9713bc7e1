import type { MappingQuestion } from '../../mapping/mapping-result.ts';
import { type DecidedRecord, hashRecord } from '../../signatures/decision-manifest.ts';
import type { WorkItem } from '../../store/work-item-store.ts';
import type { AdjudicationFact, Subject } from '../../trial/facts.ts';

/** Returns the code or unit spelling that a decision about a mapping maps: that of the question, or its first coding. */
export function readSentCode(about: MappingQuestion): {
  readonly kind: 'code' | 'unit';
  readonly system: string;
  readonly code: string;
  readonly display: string | null;
} {
  if (about.kind === 'unit') return { kind: 'unit', system: '', code: about.spelling, display: null };
  const [first] = about.codings;
  if (!first) throw new Error('A decision about a code has no code.');
  return { kind: 'code', ...first };
}

/** Selects what a work item asks, without its wording, and without what more resources of the same kind change. */
function selectQuestion(item: WorkItem): unknown {
  const { id, site, reason, group, study, subject, kind, basis, sources, choices } = item;
  if (subject !== null)
    return {
      ...{ id, site, reason, group, study, subject, kind, basis, sources },
      choices: choices.map(({ target }) => target),
    };
  if (item.about === null) return { id, site, reason, group };
  // The store types the question as unknown; only mapping writes it.
  const { display: _shown, ...sent } = readSentCode(item.about as MappingQuestion);
  return { id, site, reason, group, sent };
}

/** The work item as a record that is decided on: its hash changes when it asks something else. */
export const identifyWorkItem = (item: WorkItem): DecidedRecord => ({
  kind: 'work-item',
  key: item.id,
  hash: hashRecord(selectQuestion(item)),
  site: item.site,
  study: item.study,
  subject: item.subject,
});

/** A statement of a person, as it is stored. */
export type StatedRecord = Pick<AdjudicationFact, 'statement' | 'statedAt' | 'why'> & {
  /** `Observation/id`. */
  readonly resource: string;
  /** The day that it is about. */
  readonly on: string;
  /** The printed name; null where none was stored. */
  readonly by: string | null;
};

/** The statement as a record: its hash is that of everything that it states, about whom, when and by whom. */
export function identifyStatement(
  { site, study, subject }: Pick<Subject, 'site' | 'study' | 'subject'>,
  { resource, statement, on, by, statedAt, why }: StatedRecord,
): DecidedRecord {
  const content = { study, subject, statement, on, by, statedAt, why };
  return {
    kind: 'adjudication',
    key: `${site} ${resource}`,
    hash: hashRecord(content),
    ...{ site, study, subject },
  };
}
