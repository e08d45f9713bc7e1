/**
 * What stands behind a file: for each of its rows and figures the subjects by number and the resources (site, type, id,
 * version) that say so. It comes out of the same code, in the same walk, as the row or figure itself.
 *
 * An address names a cell or row of one file whatever else comes or goes: by subject, by what states it, by visit, term
 * or endpoint, never by a number of a row.
 */

/** null: not sent, not known or not applicable. Decimals are strings of digits. */
export type ExportedValue = string | number | boolean | null;

/** A row, and the resources that it was made of. */
export interface RowTrace {
  readonly at: string;
  /** null: a row about the trial. */
  readonly subject: string | null;
  /** What the file shows, by column. */
  readonly values: Readonly<Record<string, ExportedValue>>;
  readonly from: readonly string[];
}

/** `participants`: the value is the number of subjects behind it; `events`: of their events; `figure`: computed of them. */
export type FigureKind = 'participants' | 'events' | 'figure';

/** A figure. Who stands behind it is said subject by subject, in the lines after the figures of its file. */
export interface FigureTrace {
  readonly at: string;
  readonly value: string;
  readonly counts: FigureKind;
}

/** One subject: the figures that he is behind, each with the resources that say so; none where his enrolment does. */
export interface ContributionTrace {
  readonly subject: string;
  readonly behind: Readonly<Record<string, readonly string[]>>;
}

/** What a draft fills with placeholders. */
export interface PlaceholderTrace {
  readonly placeholders: readonly { readonly element: string; readonly registry: string }[];
}

/** How a subject is enrolled, as text, and every resource that states anything of him, whether a figure needs it or not. */
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

/** A row whose trace is not yet under its subject's number. */
export interface UnaddressedRow {
  readonly at: string;
  readonly values: Readonly<Record<string, ExportedValue>>;
  readonly from: readonly string[];
}

/** One subject's rows under his number. Where two would have one address, the later has `~2`. */
export function addressSubjectRows(subject: string, rows: readonly UnaddressedRow[]): readonly RowTrace[] {
  return addressRows(`${subject}/`, rows).map((row) => ({ ...row, subject }));
}

/** Rows about the trial. */
export function addressTrialRows(rows: readonly UnaddressedRow[]): readonly RowTrace[] {
  return addressRows('', rows).map((row) => ({ ...row, subject: null }));
}

function addressRows(prefix: string, rows: readonly UnaddressedRow[]): readonly UnaddressedRow[] {
  const taken = new Map<string, number>();
  return rows.map(({ at, values, from }) => {
    const times = (taken.get(at) ?? 0) + 1;
    taken.set(at, times);
    const address = at === '' ? prefix.slice(0, -1) : `${prefix}${at}`;
    return { at: times === 1 ? address : `${address}~${times}`, values, from };
  });
}

/** Cells by the names of their columns. */
export function keyByColumn(
  columns: readonly string[],
  cells: readonly (ExportedValue | undefined)[],
): Readonly<Record<string, ExportedValue>> {
  return Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? null]));
}
