import { isEnd, isHead, type SidecarLine } from './sidecar.ts';
import {
  type FigureTrace,
  isBehind,
  isFigure,
  isRow,
  isSubject,
  type RowTrace,
  type SubjectTrace,
  type Trace,
} from './trace.ts';

/** The lines of a sidecar that are about one subject; subject '': about the trial, and the figures. */
export interface Group {
  readonly subject: string;
  readonly rows: Map<string, RowTrace>;
  readonly figures: Map<string, FigureTrace>;
  readonly behind: Map<string, readonly string[]>;
  /** null: the sidecar does not say. */
  whole: SubjectTrace | null;
}

/** A sidecar that can be read again and again; null: the export has no such file. */
export type Lines = (() => AsyncIterable<SidecarLine>) | null;

/** The two sidecars of one file. */
export interface FilePair {
  readonly file: string;
  readonly old: Lines;
  readonly new: Lines;
}

function emptyGroup(subject: string): Group {
  return { subject, rows: new Map(), figures: new Map(), behind: new Map(), whole: null };
}

/** An empty group stands for one that is not there. */
export const NOTHING: Group = emptyGroup('');

function add(group: Group, line: Trace): void {
  if (isRow(line)) group.rows.set(line.at, line);
  else if (isFigure(line)) group.figures.set(line.at, line);
  else if (isSubject(line)) group.whole = line;
  else if (isBehind(line)) for (const [at, names] of Object.entries(line.behind)) group.behind.set(at, names);
}

/** null: the line is about no row and no figure. */
function subjectOf(line: Trace): string | null {
  if (isRow(line) || isBehind(line) || isSubject(line)) return line.subject ?? '';
  return isFigure(line) ? '' : null;
}

const isTrace = (line: SidecarLine): line is Trace => !isHead(line) && !isEnd(line);

/** A sidecar's lines, subject by subject as they stand. */
export async function* groupsIn(lines: Lines): AsyncIterable<Group> {
  let group: Group | null = null;
  for await (const line of lines?.() ?? []) {
    const subject = isTrace(line) ? subjectOf(line) : null;
    if (subject === null || !isTrace(line)) continue;
    if (group && group.subject !== subject) {
      yield group;
      group = null;
    }
    group ??= emptyGroup(subject);
    add(group, line);
  }
  if (group) yield group;
}

/** Every resource that a group names. */
export function namesIn({ rows, behind, whole }: Group): ReadonlySet<string> {
  const names = new Set<string>(whole?.stated);
  for (const { from } of rows.values()) for (const name of from) names.add(name);
  for (const from of behind.values()) for (const name of from) names.add(name);
  return names;
}

export interface GroupPair {
  readonly subject: string;
  readonly old: Group;
  readonly new: Group;
}

/** Groups of one side that wait for those of the other. */
class Waiting {
  readonly #old = new Map<string, Group>();
  readonly #new = new Map<string, Group>();

  /** The pair that the group makes with one that waits; null where it has to wait itself. */
  take(isOld: boolean, group: Group): GroupPair | null {
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

  *rest(): Generator<GroupPair> {
    for (const [subject, old] of this.#old) yield { subject, old, new: NOTHING };
    for (const [subject, now] of this.#new) yield { subject, old: NOTHING, new: now };
  }
}

/** The groups of two sidecars in turn. */
async function* inTurn(pair: Omit<FilePair, 'file'>): AsyncIterable<{ isOld: boolean; group: Group }> {
  const sides = [
    { isOld: true, groups: groupsIn(pair.old)[Symbol.asyncIterator]() },
    { isOld: false, groups: groupsIn(pair.new)[Symbol.asyncIterator]() },
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
export async function* paired(pair: Omit<FilePair, 'file'>): AsyncIterable<GroupPair> {
  const waiting = new Waiting();
  for await (const { isOld, group } of inTurn(pair)) {
    const made = waiting.take(isOld, group);
    if (made) yield made;
  }
  yield* waiting.rest();
}
