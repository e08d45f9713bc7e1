/**
 * Provenance traces: for each row and figure of a file, the subjects by number and the resources (site, type, id,
 * version) that contribute to it. The code that builds a row or figure builds its trace in the same pass.
 *
 * An address names a cell or row of one file, regardless of other rows that appear or disappear: by subject, by the
 * resource that states it, by visit, term or endpoint, never by a row number.
 */

/** A value in a file. null: not sent, not known or not applicable. Decimals are strings of digits. */
export type ExportedValue = string | number | boolean | null;

/** A row and the resources from which it was derived. */
export interface RowTrace {
  readonly at: string;
  /** null: a row about the trial. */
  readonly subject: string | null;
  /** The cells by column. */
  readonly values: Readonly<Record<string, ExportedValue>>;
  readonly from: readonly string[];
}

/**
 * The kind of a figure. `participants`: the number of subjects who contribute to it; `events`: the number of their
 * events; `figure`: it is computed from them in another way.
 */
export type FigureKind = 'participants' | 'events' | 'figure';

/** A figure. The contributions of the subjects follow the figures of its file, one trace for each subject. */
export interface FigureTrace {
  readonly at: string;
  readonly value: string;
  readonly counts: FigureKind;
}

/**
 * The figures to which one subject contributes, each with its resources; no resource where the enrolment is enough.
 */
export interface ContributionTrace {
  readonly subject: string;
  readonly behind: Readonly<Record<string, readonly string[]>>;
}

/** The elements that a draft fills with placeholders. */
export interface PlaceholderTrace {
  readonly placeholders: readonly { readonly element: string; readonly registry: string }[];
}

/** A subject's enrolment as text, and every resource with facts about the subject, whether a figure uses it or not. */
export interface SubjectTrace {
  readonly subject: string;
  readonly enrolment: string;
  readonly stated: readonly string[];
}

export type ProvenanceTrace = RowTrace | FigureTrace | ContributionTrace | SubjectTrace | PlaceholderTrace;

export const isRowTrace = (trace: ProvenanceTrace): trace is RowTrace => 'from' in trace;
export const isFigureTrace = (trace: ProvenanceTrace): trace is FigureTrace => 'counts' in trace;
export const isSubjectTrace = (trace: ProvenanceTrace): trace is SubjectTrace => 'stated' in trace;
export const isContributionTrace = (trace: ProvenanceTrace): trace is ContributionTrace => 'behind' in trace;

/** A row whose address does not yet include the subject's number. */
export interface UnaddressedRow {
  readonly at: string;
  readonly values: Readonly<Record<string, ExportedValue>>;
  readonly from: readonly string[];
}

/** Prefixes the addresses of a subject's rows with the subject's number. Of two equal addresses the later ends in `~2`. */
export function addressSubjectRows(subject: string, rows: readonly UnaddressedRow[]): readonly RowTrace[] {
  return addressRows(`${subject}/`, rows).map((row) => ({ ...row, subject }));
}

/** Addresses rows about the trial, which have no subject. */
export function addressTrialRows(rows: readonly UnaddressedRow[]): readonly RowTrace[] {
  return addressRows('', rows).map((row) => ({ ...row, subject: null }));
}

function addressRows(prefix: string, rows: readonly UnaddressedRow[]): readonly UnaddressedRow[] {
  const occurrences = new Map<string, number>();
  return rows.map(({ at, values, from }) => {
    const occurrence = (occurrences.get(at) ?? 0) + 1;
    occurrences.set(at, occurrence);
    const address = at === '' ? prefix.slice(0, -1) : `${prefix}${at}`;
    return { at: occurrence === 1 ? address : `${address}~${occurrence}`, values, from };
  });
}

/** Returns cells by the names of their columns; null where a cell is missing. */
export function keyByColumn(
  columns: readonly string[],
  cells: readonly (ExportedValue | undefined)[],
): Readonly<Record<string, ExportedValue>> {
  return Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? null]));
}
