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

/** The lines of a sidecar that are about one subject; subject '': about the trial, and the figures. */
export interface SidecarGroup {
  readonly subject: string;
  readonly rows: Map<string, RowTrace>;
  readonly figures: Map<string, FigureTrace>;
  readonly contributions: Map<string, readonly string[]>;
  /** null: the sidecar does not say. */
  subjectTrace: SubjectTrace | null;
}

/** A sidecar that can be read again and again; null: the export has no such file. */
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

/** An empty group stands for one that is not there. */
export const EMPTY_GROUP: SidecarGroup = createGroup('');

function addLine(group: SidecarGroup, line: ProvenanceTrace): void {
  if (isRowTrace(line)) group.rows.set(line.at, line);
  else if (isFigureTrace(line)) group.figures.set(line.at, line);
  else if (isSubjectTrace(line)) group.subjectTrace = line;
  else if (isContributionTrace(line))
    for (const [at, names] of Object.entries(line.behind)) group.contributions.set(at, names);
}

/** null: the line is about no row and no figure. */
function findLineSubject(line: ProvenanceTrace): string | null {
  if (isRowTrace(line) || isContributionTrace(line) || isSubjectTrace(line)) return line.subject ?? '';
  return isFigureTrace(line) ? '' : null;
}

const isTraceLine = (line: SidecarLine): line is ProvenanceTrace =>
  !isSidecarHead(line) && !isSidecarEnd(line);

/** A sidecar's lines, subject by subject as they stand. */
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

/** Every resource that a group names. */
export function listResourceNames({
  rows,
  contributions: behind,
  subjectTrace: whole,
}: SidecarGroup): ReadonlySet<string> {
  const names = new Set<string>(whole?.stated);
  for (const { from } of rows.values()) for (const name of from) names.add(name);
  for (const from of behind.values()) for (const name of from) names.add(name);
  return names;
}

export interface GroupPair {
  readonly subject: string;
  readonly old: SidecarGroup;
  readonly new: SidecarGroup;
}

/** Groups of one side that wait for those of the other. */
class UnpairedGroups {
  readonly #old = new Map<string, SidecarGroup>();
  readonly #new = new Map<string, SidecarGroup>();

  /** The pair that the group makes with one that waits; null where it has to wait itself. */
  pairOrKeep(isOld: boolean, group: SidecarGroup): GroupPair | null {
    const { subject } = group;
    const [own, others] = isOld ? [this.#old, this.#new] : [this.#new, this.#old];
    const other = others.get(subject);
    if (!other) {
      own.set(subject, group);
      return null;
    }
    others.delete(subject);
    return isOld ? { subject, old: group, new: other } : { subject, old: other, new: group };
  }

  *drain(): Generator<GroupPair> {
    for (const [subject, old] of this.#old) yield { subject, old, new: EMPTY_GROUP };
    for (const [subject, now] of this.#new) yield { subject, old: EMPTY_GROUP, new: now };
  }
}

/** The groups of two sidecars in turn. */
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
 * The groups of two sidecars, subject by subject. Both are read side by side, and a group waits for its other: no more wait
 * than the one export has subjects more than the other, or stand elsewhere in it.
 */
export async function* pairGroups(pair: Omit<SidecarPair, 'file'>): AsyncIterable<GroupPair> {
  const waiting = new UnpairedGroups();
  for await (const { isOld, group } of interleaveGroups(pair)) {
    const made = waiting.pairOrKeep(isOld, group);
    if (made) yield made;
  }
  yield* waiting.drain();
}
