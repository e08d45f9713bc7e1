import type { RowTrace } from '../provenance-trace.ts';
import type { EnrolmentChange, ResourceVersionChange, SubjectChanges } from './subject-changes.ts';

/**
 * Changed resources of a subject. `resources`: the cell was derived from them. `other-data`: the cell's own resources
 * are the same, but others changed on which it may depend, such as the one that states day 0.
 */
export interface DataCause {
  readonly kind: 'resources' | 'other-data';
  readonly subject: string;
  readonly resources: readonly ResourceVersionChange[];
}

/** The subject was enrolled, is no longer enrolled, or has another status, site or date of enrolment or consent. */
type EnrolmentCause = { readonly kind: 'enrolment'; readonly subject: string } & EnrolmentChange;

export type SubjectCause = DataCause | EnrolmentCause;

/** `renumbered`: the cell is the number of a row, and other rows appeared or disappeared. */
export type RowCause = SubjectCause | { readonly kind: 'renumbered' };

/** The changes between two exports, and the columns in which the format numbers rows. */
export interface TracedChanges extends SubjectChanges {
  /** Matches the format's columns that number rows; undefined: it has none. */
  readonly rowNumberColumns: RegExp | undefined;
}

const concernsResource = (names: readonly string[], { was, now }: ResourceVersionChange): boolean =>
  (was !== null && names.includes(was)) || (now !== null && names.includes(now));

/** Finds the changes of the named resources, else of all the subject's resources: a cell may depend on unnamed ones. */
function findDataCause(changes: TracedChanges, subject: string, names: readonly string[]): DataCause | null {
  const resources = changes.resources.get(subject) ?? [];
  const named = resources.filter((change) => concernsResource(names, change));
  if (named.length > 0) return { kind: 'resources', subject, resources: named };
  return resources.length > 0 ? { kind: 'other-data', subject, resources } : null;
}

function findEnrolmentCause(changes: TracedChanges, subject: string): EnrolmentCause | null {
  const change = changes.enrolments.get(subject);
  return change ? { kind: 'enrolment', subject, ...change } : null;
}

/**
 * Lists the causes that lie in one subject, for a cell that was derived from the named resources. If the subject was
 * newly enrolled, or is no longer enrolled, that is the only cause, since all their data appear or disappear with it.
 */
export function listSubjectCauses(
  changes: TracedChanges,
  subject: string,
  names: readonly string[],
): readonly SubjectCause[] {
  const enrolment = findEnrolmentCause(changes, subject);
  if (enrolment && (enrolment.was === null || enrolment.now === null)) return [enrolment];
  const data = findDataCause(changes, subject, names);
  return [...(data ? [data] : []), ...(enrolment && data?.kind !== 'resources' ? [enrolment] : [])];
}

/** Explains a change in a row or one of its cells; `column` is null for a row that appeared or disappeared. */
export function explainRowChange(
  changes: TracedChanges,
  subject: string,
  rows: readonly RowTrace[],
  column: string | null,
): readonly RowCause[] {
  const names = rows.flatMap(({ from }) => from);
  const causes = listSubjectCauses(changes, subject, names);
  const hasOwnCause = causes.some(({ kind }) => kind === 'resources');
  const isRowNumber = column !== null && (changes.rowNumberColumns?.test(column) ?? false);
  return [...(isRowNumber && !hasOwnCause ? [{ kind: 'renumbered' as const }] : []), ...causes];
}
