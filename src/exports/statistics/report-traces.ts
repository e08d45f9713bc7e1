import type { Report } from '../../trial/endpoints/report.ts';
import { inconsistentFigure } from '../ctgov/inconsistency.ts';
import type { Piece, StudyInput, SubjectRecord } from '../format.ts';
import { subjectTrace } from '../trace/course-sources.ts';
import { namingOf } from '../trace/source-names.ts';
import { type FigureTrace, type RowTrace, rowsOfSubject, type Trace } from '../trace/trace.ts';
import { WHO, type WhoRule, type Witness, witnessOf } from './witness.ts';

type Leaf = readonly [at: string, value: number | boolean | null];

/** What parts of lists are called in an address: by name or term; limits are low and high. */
function labelOf(one: unknown, place: number, of: readonly unknown[]): string {
  if (typeof one === 'object' && one !== null) {
    for (const key of ['term', 'name']) {
      const value = (one as Readonly<Record<string, unknown>>)[key];
      if (typeof value === 'string') return value;
    }
  }
  return of.length === 2 ? (['low', 'high'][place] ?? '') : String(place + 1);
}

/** Every number of the report by its address; null: it has none. Texts are no figures, and the subjects' rows stand apart. */
function leavesOf(value: unknown, at = ''): readonly Leaf[] {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return [[at, value]];
  if (typeof value !== 'object') return [];
  const parts = Array.isArray(value)
    ? value.map((one, i) => [labelOf(one, i, value), one] as const)
    : Object.entries(value as object);
  return parts.flatMap(([key, one]) => leavesOf(one, at === '' ? key : `${at}/${key}`));
}

/** A figure, and who stands behind it. */
interface Figure extends FigureTrace {
  readonly rule: WhoRule;
  readonly found: readonly string[];
}

/** Numbers that are not computed of subjects: the months at which survival is read, and the work that waits for a person. */
const NO_FIGURES = /^(survival\/months$|openWork\/)/;

/** The figures of a report that are computed of subjects. */
export function figuresOf({ bestResponses: _rows, ...report }: Report): readonly Figure[] {
  return leavesOf(report)
    .filter(([at]) => !NO_FIGURES.test(at))
    .flatMap(([at, value]) => {
      const rule = WHO.find(({ of }) => of.test(at));
      if (!rule) return [];
      return [
        {
          at,
          value: value === null ? 'NA' : String(value),
          counts: rule.counts,
          rule,
          found: rule.of.exec(at) ?? [],
        },
      ];
    });
}

function bestRow({ subject, facts }: SubjectRecord, { figures, sources }: Witness): readonly RowTrace[] {
  const { subject: _number, ...values } = figures.best;
  const from = namingOf(facts)([...sources.best, ...sources.severity]);
  const [row] = rowsOfSubject(subject.subject, [{ at: '', values: { ...values }, from }]);
  return row ? [{ ...row, at: `bestResponses/${row.at}` }] : [];
}

/** Refuses (`exports/inconsistent`) a number of subjects that are not those found behind it. */
function refuseOther(figures: readonly Figure[], found: ReadonlyMap<string, number>): void {
  const wrong = figures.find(
    ({ at, value, counts }) => counts === 'participants' && Number(value) !== (found.get(at) ?? 0),
  );
  if (!wrong) return;
  throw inconsistentFigure(wrong.at, Number(wrong.value), found.get(wrong.at) ?? 0);
}

/** The figures of the report, then subject by subject which of them he is behind, and by what. */
export async function* reportTraces(file: string, input: StudyInput): AsyncIterable<Piece> {
  const figures = figuresOf(input.report);
  const piece = (traces: readonly Trace[]): Piece => ({ file, content: '', traces });
  yield piece(figures.map(({ at, value, counts }) => ({ at, value, counts })));
  const found = new Map<string, number>();
  for await (const record of input.subjects()) {
    const witness = witnessOf(record, input);
    const names = namingOf(record.facts);
    const behind = figures.flatMap(({ at, rule, found: parts }) => {
      const sources = rule.behind(witness, parts);
      if (sources === null) return [];
      found.set(at, (found.get(at) ?? 0) + 1);
      return [[at, names(sources)] as const];
    });
    const { subject } = record.subject;
    yield piece([
      subjectTrace(record),
      ...bestRow(record, witness),
      { subject, behind: Object.fromEntries(behind) },
    ]);
  }
  refuseOther(figures, found);
}
