import type { ExportedValue, FigureTrace, RowTrace } from '../provenance-trace.ts';
import { type GroupPair, pairGroups, type SidecarGroup, type SidecarPair } from './pair-sidecars.ts';
import type { SidecarHead } from './sidecar.ts';
import {
  type EnrolmentChange,
  findSubjectChanges,
  type ResourceVersionChange,
  type SubjectChanges,
} from './subject-changes.ts';

/** Something that all cells rest on: a version, the day of judging, registry.json. null: there was none. */
export interface BasisChange {
  readonly of: string;
  readonly was: string | null;
  readonly now: string | null;
}

/**
 * Why a cell changed, as far as two exports tell.
 *
 * - `resources`: resources behind the cell itself are others
 * - `other-data`: those behind it are the same; others of the same subject changed, on which it may depend (day 0, say)
 * - `joined`, `left`: the subject stands behind the figure now, or no longer; with his resources that changed
 * - `basis`: a version, the day of judging or registry.json is another
 * - `renumbered`: the cell is a number that counts rows, and others came or went
 * - `enrolment`: the subject came, went, or is enrolled otherwise
 * - `unexplained`: nothing of the above
 */
export type ChangeCause =
  | {
      readonly kind: 'resources' | 'other-data' | 'joined' | 'left';
      readonly subject: string;
      readonly resources: readonly ResourceVersionChange[];
    }
  | ({ readonly kind: 'basis' } & BasisChange)
  | { readonly kind: 'renumbered' }
  | ({ readonly kind: 'enrolment'; readonly subject: string } & EnrolmentChange)
  | { readonly kind: 'unexplained' };

/** One cell that two exports show otherwise. A row or figure that came or went is one change, with `column` null. */
export interface CellChange {
  readonly file: string;
  readonly at: string;
  readonly column: string | null;
  readonly what: 'changed' | 'appeared' | 'left';
  readonly was: ExportedValue;
  readonly now: ExportedValue;
  readonly why: readonly ChangeCause[];
}

/** Columns that count rows: SDTM's --SEQ and what refers to it, ids of FHIR resources, instances of repeating forms. */
const ROW_COUNTER_COLUMN = /^([A-Z]{2}SEQ|IDVARVAL|id|instance)$/;

/** What of the two heads differs, and is behind every cell. */
export function compareBasis(old: SidecarHead, now: SidecarHead): readonly BasisChange[] {
  const flat = ({ versions, mapping, asOf, registry }: SidecarHead): ReadonlyMap<string, string | null> =>
    new Map<string, string | null>([
      ['software', versions.software],
      ['protocol', versions.protocol],
      ['mapping', mapping],
      ...Object.entries(versions.criteria).map(([id, version]) => [`criteria ${id}`, version] as const),
      ['as-of day', asOf],
      ['registry.json', registry],
    ]);
  const [before, after] = [flat(old), flat(now)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((of) => ({ of, was: before.get(of) ?? null, now: after.get(of) ?? null }))
    .filter(({ was, now: then }) => was !== then);
}

/** What is known of two exports before their cells are compared. */
interface ComparisonContext extends SubjectChanges {
  readonly file: string;
  readonly basis: readonly BasisChange[];
}

type DataCause = Extract<ChangeCause, { readonly resources: unknown }>;
type EnrolmentCause = Extract<ChangeCause, { readonly kind: 'enrolment' }>;
type SubjectCause = DataCause | EnrolmentCause;

const concernsResource = (names: readonly string[], { was, now }: ResourceVersionChange): boolean =>
  (was !== null && names.includes(was)) || (now !== null && names.includes(now));

/** The changes of a subject's resources that are named, else all of them: what is counted may depend on what is not named. */
function findDataCause(
  known: ComparisonContext,
  subject: string,
  names: readonly string[],
): DataCause | null {
  const all = known.resources.get(subject) ?? [];
  const own = all.filter((change) => concernsResource(names, change));
  if (own.length > 0) return { kind: 'resources', subject, resources: own };
  return all.length > 0 ? { kind: 'other-data', subject, resources: all } : null;
}

function findEnrolmentCause(known: ComparisonContext, subject: string): EnrolmentCause | null {
  const change = known.enrolments.get(subject);
  return change ? { kind: 'enrolment', subject, ...change } : null;
}

/** A subject who came or went brings or takes all that is his: that is cause enough. */
function listSubjectCauses(
  known: ComparisonContext,
  subject: string,
  names: readonly string[],
): readonly SubjectCause[] {
  const enrolled = findEnrolmentCause(known, subject);
  if (enrolled && (enrolled.was === null || enrolled.now === null)) return [enrolled];
  const data = findDataCause(known, subject, names);
  return [...(data ? [data] : []), ...(enrolled && data?.kind !== 'resources' ? [enrolled] : [])];
}

function addBasisCauses(
  { basis }: ComparisonContext,
  causes: readonly ChangeCause[],
): readonly ChangeCause[] {
  const all = [...causes, ...basis.map((change) => ({ kind: 'basis' as const, ...change }))];
  return all.length > 0 ? all : [{ kind: 'unexplained' }];
}

function explainRowChange(
  known: ComparisonContext,
  subject: string,
  rows: readonly RowTrace[],
  column: string | null,
): readonly ChangeCause[] {
  const names = rows.flatMap(({ from }) => from);
  const causes = listSubjectCauses(known, subject, names);
  const isOwn = causes.some(({ kind }) => kind === 'resources');
  const counts = column !== null && ROW_COUNTER_COLUMN.test(column) && !isOwn;
  return addBasisCauses(known, [...(counts ? [{ kind: 'renumbered' as const }] : []), ...causes]);
}

function* compareRows(
  known: ComparisonContext,
  { subject, old, new: now }: GroupPair,
): Generator<CellChange> {
  const { file } = known;
  for (const [at, before] of old.rows) {
    const after = now.rows.get(at);
    if (!after) {
      const why = explainRowChange(known, subject, [before], null);
      yield { file, at, column: null, what: 'left', was: null, now: null, why };
    } else yield* compareRowCells(known, before, after);
  }
  for (const [at, after] of now.rows) {
    if (old.rows.has(at)) continue;
    const why = explainRowChange(known, subject, [after], null);
    yield { file, at, column: null, what: 'appeared', was: null, now: null, why };
  }
}

function* compareRowCells(
  known: ComparisonContext,
  before: RowTrace,
  after: RowTrace,
): Generator<CellChange> {
  const { file } = known;
  const columns = new Set([...Object.keys(before.values), ...Object.keys(after.values)]);
  for (const column of columns) {
    const [was, now] = [before.values[column] ?? null, after.values[column] ?? null];
    if (was === now) continue;
    const why = explainRowChange(known, after.subject ?? '', [before, after], column);
    yield { file, at: after.at, column, what: 'changed', was, now, why };
  }
}

/** Why other subjects, or the same by other resources, are behind a figure; `named`: by resources that it names. */
interface ContributorChange {
  readonly cause: SubjectCause;
  readonly isNamed: boolean;
}

/** By the figure's address. */
type ContributorChanges = Map<string, ContributorChange[]>;

const hasSameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, i) => name === b[i]);

function listContributorChanges(
  known: ComparisonContext,
  subject: string,
  was: readonly string[] | undefined,
  now: readonly string[] | undefined,
): readonly ContributorChange[] {
  if (was && now && hasSameNames(was, now)) return [];
  const causes = listSubjectCauses(known, subject, [...(was ?? []), ...(now ?? [])]);
  const moves = causes.map((cause): ContributorChange => {
    const named = cause.kind === 'resources';
    if ((was && now) || !('resources' in cause)) return { cause, isNamed: named };
    return { cause: { ...cause, kind: was ? 'left' : 'joined' }, isNamed: named };
  });
  if (moves.length > 0 || (was && now)) return moves;
  return [{ cause: { kind: was ? 'left' : 'joined', subject, resources: [] }, isNamed: false }];
}

function collectContributorChanges(
  known: ComparisonContext,
  { subject, old, new: now }: GroupPair,
  moves: ContributorChanges,
): void {
  for (const at of new Set([...old.contributions.keys(), ...now.contributions.keys()])) {
    const more = listContributorChanges(known, subject, old.contributions.get(at), now.contributions.get(at));
    if (more.length > 0) moves.set(at, [...(moves.get(at) ?? []), ...more]);
  }
}

const toParentAddress = (at: string): string => at.slice(0, at.lastIndexOf('/'));

/** Of a figure that came or went only what its resources say, else what they say of those beside it (of the same event). */
function explainFigureChange(
  at: string,
  what: CellChange['what'],
  moves: ContributorChanges,
): readonly ChangeCause[] {
  const own = moves.get(at) ?? [];
  if (what === 'changed') return own.map(({ cause }) => cause);
  const named = own.filter((move) => move.isNamed);
  if (named.length > 0) return named.map(({ cause }) => cause);
  const [beside] = [...moves].filter(
    ([other, list]) => toParentAddress(other) === toParentAddress(at) && list.some((move) => move.isNamed),
  );
  return beside?.[1].filter((move) => move.isNamed).map(({ cause }) => cause) ?? [];
}

function* compareFigures(
  known: ComparisonContext,
  old: SidecarGroup,
  now: SidecarGroup,
  moves: ContributorChanges,
): Generator<CellChange> {
  const { file } = known;
  const shown = (figure: FigureTrace | undefined): ExportedValue => figure?.value ?? null;
  for (const at of new Set([...old.figures.keys(), ...now.figures.keys()])) {
    const [was, then] = [old.figures.get(at), now.figures.get(at)];
    if (was && then && was.value === then.value) continue;
    const what = was && then ? 'changed' : was ? 'left' : 'appeared';
    const why = addBasisCauses(known, explainFigureChange(at, what, moves));
    const column = what === 'changed' ? 'value' : null;
    yield { file, at, column, what, was: shown(was), now: shown(then), why };
  }
}

/** The changes of one file: its rows as they come, its figures at the end. */
async function* compareSidecarPair(known: ComparisonContext, pair: SidecarPair): AsyncIterable<CellChange> {
  const moves: ContributorChanges = new Map();
  let figures: GroupPair | null = null;
  for await (const groups of pairGroups(pair)) {
    if (groups.subject === '') figures = groups;
    collectContributorChanges(known, groups, moves);
    yield* compareRows(known, groups);
  }
  if (figures) yield* compareFigures(known, figures.old, figures.new, moves);
}

/**
 * Which cells two exports of one study in one format show otherwise, and why. The sidecars are read three times, side by
 * side; kept are the resources that changed and who is behind changed figures.
 */
export async function* compareSidecars(
  files: readonly SidecarPair[],
  basis: readonly BasisChange[],
): AsyncIterable<CellChange> {
  const known = { ...(await findSubjectChanges(files)), basis };
  for (const pair of files) yield* compareSidecarPair({ ...known, file: pair.file }, pair);
}
