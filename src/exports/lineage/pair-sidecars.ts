import {
  type FigureTrace,
  isContributionTrace,
  isFigureTrace,
  isRowTrace,
  isSubjectTrace,
  type ProvenanceTrace,
  type RowTrace,
  type SubjectTrace,
} from '../provenance-trace.ts';
import { isSidecarEnd, isSidecarHead, type SidecarLine } from './sidecar.ts';

/** The lines of a sidecar about one subject. With subject '': the rows about the trial, and the figures. */
export interface SidecarGroup {
  readonly subject: string;
  readonly rows: Map<string, RowTrace>;
  readonly figures: Map<string, FigureTrace>;
  /** The resources by which the subject contributes to figures, by the figure's address. */
  readonly contributions: Map<string, readonly string[]>;
  /** null: the sidecar has no such line. */
  subjectTrace: SubjectTrace | null;
}

/** Reads a sidecar from its start, each time it is called; null: the export has no such file. */
export type SidecarReader = (() => AsyncIterable<SidecarLine>) | null;

/** The two sidecars of one file. */
export interface SidecarPair {
  readonly file: string;
  readonly old: SidecarReader;
  readonly new: SidecarReader;
}

function createGroup(subject: string): SidecarGroup {
  return { subject, rows: new Map(), figures: new Map(), contributions: new Map(), subjectTrace: null };
}

/** Takes the place of a group that one of the exports does not have. */
const EMPTY_GROUP: SidecarGroup = createGroup('');

function addLine(group: SidecarGroup, line: ProvenanceTrace): void {
  if (isRowTrace(line)) group.rows.set(line.at, line);
  else if (isFigureTrace(line)) group.figures.set(line.at, line);
  else if (isSubjectTrace(line)) group.subjectTrace = line;
  else if (isContributionTrace(line))
    for (const [at, names] of Object.entries(line.behind)) group.contributions.set(at, names);
}

/** Returns the subject of a line, '' for the trial; null where the line is about neither row, figure nor subject. */
function findLineSubject(line: ProvenanceTrace): string | null {
  if (isRowTrace(line) || isContributionTrace(line) || isSubjectTrace(line)) return line.subject ?? '';
  return isFigureTrace(line) ? '' : null;
}

const isTraceLine = (line: SidecarLine): line is ProvenanceTrace =>
  !isSidecarHead(line) && !isSidecarEnd(line);

/** Groups a sidecar's lines by subject, in the order of the sidecar. */
export async function* readGroups(lines: SidecarReader): AsyncIterable<SidecarGroup> {
  let group: SidecarGroup | null = null;
  for await (const line of lines?.() ?? []) {
    const subject = isTraceLine(line) ? findLineSubject(line) : null;
    if (subject === null || !isTraceLine(line)) continue;
    if (group && group.subject !== subject) {
      yield group;
      group = null;
    }
    group ??= createGroup(subject);
    addLine(group, line);
  }
  if (group) yield group;
}

/** Lists every resource that a group names. */
export function listResourceNames({ rows, contributions, subjectTrace }: SidecarGroup): ReadonlySet<string> {
  const names = new Set<string>(subjectTrace?.stated);
  for (const { from } of rows.values()) for (const name of from) names.add(name);
  for (const resources of contributions.values()) for (const name of resources) names.add(name);
  return names;
}

/** The groups of one subject in both exports. */
export interface GroupPair {
  readonly subject: string;
  readonly old: SidecarGroup;
  readonly new: SidecarGroup;
}

/** Groups of either export whose counterpart has not been read yet. */
class UnpairedGroups {
  readonly #old = new Map<string, SidecarGroup>();
  readonly #new = new Map<string, SidecarGroup>();

  /**
   * Returns the pair that the group completes; keeps the group and returns null if its counterpart was not read yet.
   */
  pairOrKeep(isOld: boolean, group: SidecarGroup): GroupPair | null {
    const { subject } = group;
    const [sameSide, otherSide] = isOld ? [this.#old, this.#new] : [this.#new, this.#old];
    const counterpart = otherSide.get(subject);
    if (!counterpart) {
      sameSide.set(subject, group);
      return null;
    }
    otherSide.delete(subject);
    return isOld ? { subject, old: group, new: counterpart } : { subject, old: counterpart, new: group };
  }

  /** Pairs the remaining groups, which have no counterpart, with an empty one. */
  *drain(): Generator<GroupPair> {
    for (const [subject, old] of this.#old) yield { subject, old, new: EMPTY_GROUP };
    for (const [subject, current] of this.#new) yield { subject, old: EMPTY_GROUP, new: current };
  }
}

/** Reads the groups of two sidecars alternately. */
async function* interleaveGroups(
  pair: Omit<SidecarPair, 'file'>,
): AsyncIterable<{ isOld: boolean; group: SidecarGroup }> {
  const sides = [
    { isOld: true, groups: readGroups(pair.old)[Symbol.asyncIterator]() },
    { isOld: false, groups: readGroups(pair.new)[Symbol.asyncIterator]() },
  ];
  while (sides.length > 0) {
    for (const side of [...sides]) {
      const { value, done } = await side.groups.next();
      if (done) sides.splice(sides.indexOf(side), 1);
      else yield { isOld: side.isOld, group: value };
    }
  }
}

/**
 * Pairs the groups of two sidecars, subject by subject. Both are read in parallel, and a group is kept until its
 * counterpart is read. No more are kept than one export has subjects that the other lacks or has in another place.
 */
export async function* pairGroups(pair: Omit<SidecarPair, 'file'>): AsyncIterable<GroupPair> {
  const unpaired = new UnpairedGroups();
  for await (const { isOld, group } of interleaveGroups(pair)) {
    const completed = unpaired.pairOrKeep(isOld, group);
    if (completed) yield completed;
  }
  yield* unpaired.drain();
}
