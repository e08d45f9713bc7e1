import type { Assessment } from '../../trial/assessment.ts';
import type { Source } from '../../trial/facts.ts';
import { assessmentSources } from '../trace/course-sources.ts';
import { statedBy } from '../trace/source-names.ts';
import { QUALIFIERS, type Qualifier } from './codelists.ts';
import type { Cell, Cells, DatasetDefinition } from './variable.ts';

/** A record before it has its sequence number. */
export interface Draft {
  readonly cells: Cells;
  /** Its address within the subject (or the trial): what states it, or what it is about; never its number. */
  readonly at: string;
  /** What it was made of; nothing where the enrolment or the protocol says it. */
  readonly from: readonly Source[];
  /** What has no variable of its own and goes to SUPP--: null where there is nothing to say. */
  readonly more?: Partial<Readonly<Record<Qualifier, string | null>>>;
}

/** Address and sources of a record that a fact states; the word tells apart what one resource states. */
export function stated(
  { sources }: { readonly sources: readonly Source[] },
  word: string,
): Pick<Draft, 'at' | 'from'> {
  return { at: `${word}/${statedBy(sources)}`, from: sources };
}

/** Address and sources of a record that an assessment gives. */
export function assessed(assessment: Assessment): Pick<Draft, 'at' | 'from'> {
  const { kind, visit, scope, criteria } = assessment;
  return { at: `${kind}/${visit}/${scope}/${criteria.id}`, from: assessmentSources(assessment) };
}

/** A record with all its variables. */
export interface Row extends Pick<Draft, 'cells' | 'at' | 'from'> {
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
    const [x, y] = [JSON.stringify([a.cells, a.more, a.at]), JSON.stringify([b.cells, b.more, b.at])];
    return x === y ? 0 : x < y ? -1 : 1;
  };
}

/** The subject's records of a dataset in the order of its keys, with identifiers and sequence numbers. */
export function numbered(dataset: DatasetDefinition, ids: Cells, drafts: readonly Draft[]): readonly Row[] {
  const seq = dataset.variables.find(({ name }) => name === `${dataset.domain}SEQ`)?.name;
  const known = { ...ids, DOMAIN: dataset.name };
  return [...drafts].sort(inOrder(dataset.keys)).map(({ cells, more = {}, at, from }, i) => {
    const counted = seq === undefined ? {} : { [seq]: i + 1 };
    return { cells: { ...known, ...counted, ...cells }, more, at, from };
  });
}

/** Qualifiers that follow from a judgement rather than from what was sent. */
const DERIVED: readonly string[] = ['AASEV', 'RSASSTAT'] satisfies Qualifier[];

/** The SUPP-- records of a dataset's records. Where the parent has no sequence number, IDVAR is empty (as for DM). */
export function supplemental(parent: DatasetDefinition, rows: readonly Row[]): readonly Row[] {
  const seq = `${parent.name}SEQ`;
  return rows.flatMap(({ cells, more, at, from }) => {
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
      return [{ cells: { ...related, ...said }, more: {}, at: [at, name].filter(Boolean).join('/'), from }];
    });
  });
}
