import type { ExportedValue, FigureTrace, RowTrace } from '../provenance-trace.ts';
import {
  type DataCause,
  explainRowChange,
  listSubjectCauses,
  type RowCause,
  type SubjectCause,
  type TracedChanges,
} from './explain-changes.ts';
import { type GroupPair, pairGroups, type SidecarGroup, type SidecarPair } from './pair-sidecars.ts';
import type { SidecarHead } from './sidecar.ts';
import { findSubjectChanges } from './subject-changes.ts';

/**
 * A change in something on which all cells depend: a version, the as-of day, or registry.json. `of` names it. null: one
 * of the exports has none.
 */
export interface BasisChange {
  readonly of: string;
  readonly was: string | null;
  readonly now: string | null;
}

/** Why a cell changed, as far as two exports can show. `unexplained`: no cause was found. */
export type ChangeCause =
  | RowCause
  /** The subject contributes to the figure now, or no longer does; with those of their resources that changed. */
  | (Omit<DataCause, 'kind'> & { readonly kind: 'joined' | 'left' })
  | ({ readonly kind: 'basis' } & BasisChange)
  | { readonly kind: 'unexplained' };

/**
 * One cell that differs between two exports. A row or figure that appeared or disappeared is one change; `column` is
 * null.
 */
export interface CellChange {
  readonly file: string;
  readonly at: string;
  readonly column: string | null;
  readonly what: 'changed' | 'appeared' | 'left';
  readonly was: ExportedValue;
  readonly now: ExportedValue;
  readonly why: readonly ChangeCause[];
}

/** Compares the basis of all cells, by the heads of two sidecars. */
export function compareBasis(old: SidecarHead, current: SidecarHead): readonly BasisChange[] {
  const listBasis = ({
    versions,
    mapping,
    asOf,
    registry,
  }: SidecarHead): ReadonlyMap<string, string | null> =>
    new Map<string, string | null>([
      ['software', versions.software],
      ['protocol', versions.protocol],
      ['mapping', mapping],
      ...Object.entries(versions.criteria).map(([id, version]) => [`criteria ${id}`, version] as const),
      ['as-of day', asOf],
      ['registry.json', registry],
    ]);
  const [before, after] = [listBasis(old), listBasis(current)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((of) => ({ of, was: before.get(of) ?? null, now: after.get(of) ?? null }))
    .filter((change) => change.was !== change.now);
}

/** The changes between two exports that are known before the cells of one file are compared. */
interface ComparisonContext extends TracedChanges {
  readonly file: string;
  readonly basis: readonly BasisChange[];
}

function addBasisCauses(
  { basis }: ComparisonContext,
  causes: readonly ChangeCause[],
): readonly ChangeCause[] {
  const allCauses = [...causes, ...basis.map((change) => ({ kind: 'basis' as const, ...change }))];
  return allCauses.length > 0 ? allCauses : [{ kind: 'unexplained' }];
}

const explainRow = (
  context: ComparisonContext,
  subject: string,
  rows: readonly RowTrace[],
  column: string | null,
): readonly ChangeCause[] => addBasisCauses(context, explainRowChange(context, subject, rows, column));

function* compareRows(
  context: ComparisonContext,
  { subject, old, new: current }: GroupPair,
): Generator<CellChange> {
  const { file } = context;
  for (const [at, before] of old.rows) {
    const after = current.rows.get(at);
    if (after) yield* compareRowCells(context, before, after);
    else {
      const why = explainRow(context, subject, [before], null);
      yield { file, at, column: null, what: 'left', was: null, now: null, why };
    }
  }
  for (const [at, after] of current.rows) {
    if (old.rows.has(at)) continue;
    const why = explainRow(context, subject, [after], null);
    yield { file, at, column: null, what: 'appeared', was: null, now: null, why };
  }
}

function* compareRowCells(
  context: ComparisonContext,
  before: RowTrace,
  after: RowTrace,
): Generator<CellChange> {
  const { file } = context;
  const columns = new Set([...Object.keys(before.values), ...Object.keys(after.values)]);
  for (const column of columns) {
    const [was, now] = [before.values[column] ?? null, after.values[column] ?? null];
    if (was === now) continue;
    const why = explainRow(context, after.subject ?? '', [before, after], column);
    yield { file, at: after.at, column, what: 'changed', was, now, why };
  }
}

type FigureCause = SubjectCause | Extract<ChangeCause, { readonly kind: 'joined' | 'left' }>;

/** The cause of a change in a subject's contribution to a figure. */
interface ContributionChange {
  readonly cause: FigureCause;
  /** Whether the cause is a resource that the subject's contribution names. */
  readonly isNamed: boolean;
}

/** The changes in contributions, by the figure's address. */
type ContributionChanges = Map<string, ContributionChange[]>;

const haveSameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, i) => name === b[i]);

/** Lists the changes of one subject's contribution to one figure, from its resources in the old and the new export. */
function listContributionChanges(
  context: ComparisonContext,
  subject: string,
  before: readonly string[] | undefined,
  after: readonly string[] | undefined,
): readonly ContributionChange[] {
  if (before && after && haveSameNames(before, after)) return [];
  const causes = listSubjectCauses(context, subject, [...(before ?? []), ...(after ?? [])]);
  const changes = causes.map((cause): ContributionChange => {
    const isNamed = cause.kind === 'resources';
    if ((before && after) || !('resources' in cause)) return { cause, isNamed };
    return { cause: { ...cause, kind: before ? 'left' : 'joined' }, isNamed };
  });
  if (changes.length > 0 || (before && after)) return changes;
  return [{ cause: { kind: before ? 'left' : 'joined', subject, resources: [] }, isNamed: false }];
}

function collectContributionChanges(
  context: ComparisonContext,
  { subject, old, new: current }: GroupPair,
  changesByFigure: ContributionChanges,
): void {
  for (const at of new Set([...old.contributions.keys(), ...current.contributions.keys()])) {
    const [before, after] = [old.contributions.get(at), current.contributions.get(at)];
    const changes = listContributionChanges(context, subject, before, after);
    if (changes.length > 0) changesByFigure.set(at, [...(changesByFigure.get(at) ?? []), ...changes]);
  }
}

const toParentAddress = (at: string): string => at.slice(0, Math.max(0, at.lastIndexOf('/')));

/** Finds the changes of a figure that names its resources, below the nearest address that the two have in common. */
function findRelatedChanges(at: string, changesByFigure: ContributionChanges): readonly ContributionChange[] {
  for (let parent = toParentAddress(at); parent !== ''; parent = toParentAddress(parent)) {
    const related = [...changesByFigure].find(
      ([other, list]) => other.startsWith(`${parent}/`) && list.some(({ isNamed }) => isNamed),
    );
    if (related) return related[1];
  }
  return [];
}

/**
 * Explains a figure. If it appeared or disappeared, only resources that it names are causes; else those that the nearest
 * figure (such as of the same event) names.
 */
function explainFigureChange(
  at: string,
  what: CellChange['what'],
  changesByFigure: ContributionChanges,
): readonly ChangeCause[] {
  const changes = changesByFigure.get(at) ?? [];
  if (what === 'changed') return changes.map(({ cause }) => cause);
  const named = changes.filter(({ isNamed }) => isNamed);
  if (named.length > 0) return named.map(({ cause }) => cause);
  return findRelatedChanges(at, changesByFigure)
    .filter(({ isNamed }) => isNamed)
    .map(({ cause }) => cause);
}

const getFigureValue = (figure: FigureTrace | undefined): ExportedValue => figure?.value ?? null;

function* compareFigures(
  context: ComparisonContext,
  old: SidecarGroup,
  current: SidecarGroup,
  changesByFigure: ContributionChanges,
): Generator<CellChange> {
  const { file } = context;
  for (const at of new Set([...old.figures.keys(), ...current.figures.keys()])) {
    const [before, after] = [old.figures.get(at), current.figures.get(at)];
    if (before && after && before.value === after.value) continue;
    const what = before && after ? 'changed' : before ? 'left' : 'appeared';
    const why = addBasisCauses(context, explainFigureChange(at, what, changesByFigure));
    const column = what === 'changed' ? 'value' : null;
    yield { file, at, column, what, was: getFigureValue(before), now: getFigureValue(after), why };
  }
}

/** Compares one file: its rows as they are read, its figures at the end. */
async function* compareSidecarPair(context: ComparisonContext, pair: SidecarPair): AsyncIterable<CellChange> {
  const changesByFigure: ContributionChanges = new Map();
  let figures: GroupPair | null = null;
  for await (const groups of pairGroups(pair)) {
    if (groups.subject === '') figures = groups;
    collectContributionChanges(context, groups, changesByFigure);
    yield* compareRows(context, groups);
  }
  if (figures) yield* compareFigures(context, figures.old, figures.new, changesByFigure);
}

/**
 * Compares two exports of one study in one format: yields every cell that differs, and why. `rowNumberColumns` matches
 * the format's columns that number rows. The sidecars are read three times, in parallel; only resources that changed
 * and contributions to changed figures are kept in memory.
 */
export async function* compareSidecars(
  files: readonly SidecarPair[],
  basis: readonly BasisChange[],
  rowNumberColumns?: RegExp,
): AsyncIterable<CellChange> {
  const changes = { ...(await findSubjectChanges(files)), rowNumberColumns, basis };
  for (const pair of files) yield* compareSidecarPair({ ...changes, file: pair.file }, pair);
}
