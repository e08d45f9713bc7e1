import { QUALIFIERS, type Qualifier } from './codelists.ts';
import type { Cell, Cells, DatasetDefinition } from './variable.ts';

/** A record before it has its sequence number. */
export interface Draft {
  readonly cells: Cells;
  /** What has no variable of its own and goes to SUPP--: null where there is nothing to say. */
  readonly more?: Partial<Readonly<Record<Qualifier, string | null>>>;
}

/** A record with all its variables. */
export interface Row {
  readonly cells: Cells;
  readonly more: NonNullable<Draft['more']>;
}

function compareCells(a: Cell, b: Cell): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  const numbers = [Number(a), Number(b)] as const;
  if (!numbers.some(Number.isNaN)) return numbers[0] - numbers[1];
  return a < b ? -1 : 1;
}

/** Orders by the keys; records that agree in all of them by their whole content, so that arrival does not matter. */
function inOrder(keys: readonly string[]) {
  return (a: Draft, b: Draft): number => {
    for (const key of keys) {
      const order = compareCells(a.cells[key] ?? null, b.cells[key] ?? null);
      if (order !== 0) return order;
    }
    const [x, y] = [JSON.stringify(a), JSON.stringify(b)];
    return x === y ? 0 : x < y ? -1 : 1;
  };
}

/** The subject's records of a dataset in the order of its keys, with identifiers and sequence numbers. */
export function numbered(dataset: DatasetDefinition, ids: Cells, drafts: readonly Draft[]): readonly Row[] {
  const seq = dataset.variables.find(({ name }) => name === `${dataset.domain}SEQ`)?.name;
  const known = { ...ids, DOMAIN: dataset.name };
  return [...drafts].sort(inOrder(dataset.keys)).map(({ cells, more = {} }, i) => {
    const counted = seq === undefined ? {} : { [seq]: i + 1 };
    return { cells: { ...known, ...counted, ...cells }, more };
  });
}

/** Qualifiers that follow from a judgement rather than from what was sent. */
const DERIVED: readonly string[] = ['AASEV', 'RSASSTAT'] satisfies Qualifier[];

/** The SUPP-- records of a dataset's records. Where the parent has no sequence number, IDVAR is empty (as for DM). */
export function supplemental(parent: DatasetDefinition, rows: readonly Row[]): readonly Row[] {
  const seq = `${parent.name}SEQ`;
  return rows.flatMap(({ cells, more }) => {
    const { STUDYID = null, USUBJID = null } = cells;
    const number = cells[seq] ?? null;
    const related = { STUDYID, RDOMAIN: parent.name, USUBJID, IDVAR: number === null ? null : seq };
    return Object.entries(more).flatMap(([name, value]): Row[] => {
      if (value === null) return [];
      const QORIG = DERIVED.includes(name) ? 'DERIVED' : 'COLLECTED';
      const label = QUALIFIERS[name as Qualifier];
      const said = {
        IDVARVAL: number === null ? null : String(number),
        QNAM: name,
        QLABEL: label,
        QVAL: value,
        QORIG,
      };
      return [{ cells: { ...related, ...said }, more: {} }];
    });
  });
}
