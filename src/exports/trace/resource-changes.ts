import { type FilePair, type GroupPair, groupsIn, type Lines, namesIn, paired } from './paired.ts';
import { partsOf } from './source-names.ts';

/** A resource behind one export that is not so behind the other, by its names; null: it is not behind it. */
export interface ResourceChange {
  readonly was: string | null;
  readonly now: string | null;
}

/** How a subject was enrolled and is; null: not at all. */
export interface EnrolmentChange {
  readonly was: string | null;
  readonly now: string | null;
}

/** What changed of the subjects, by number: of those who have any change. */
export interface SubjectChanges {
  readonly resources: ReadonlyMap<string, readonly ResourceChange[]>;
  readonly enrolments: ReadonlyMap<string, EnrolmentChange>;
}

interface Names {
  readonly gone: Set<string>;
  readonly come: Set<string>;
}

function note(found: Map<string, Names>, { subject, old, new: now }: GroupPair): void {
  const [before, after] = [namesIn(old), namesIn(now)];
  const gone = [...before].filter((name) => !after.has(name));
  const come = [...after].filter((name) => !before.has(name));
  if (gone.length + come.length === 0) return;
  const known = found.get(subject) ?? { gone: new Set(), come: new Set() };
  for (const name of gone) known.gone.add(name);
  for (const name of come) known.come.add(name);
  found.set(subject, known);
}

function noteEnrolment(found: Map<string, EnrolmentChange>, { subject, old, new: now }: GroupPair): void {
  if (old.whole === null && now.whole === null) return;
  const change = { was: old.whole?.enrolment ?? null, now: now.whole?.enrolment ?? null };
  if (change.was !== change.now) found.set(subject, change);
}

/** Who left one file and still stands in another has not changed. */
async function strike(
  found: ReadonlyMap<string, Names>,
  files: readonly Lines[],
  pick: (names: Names) => Set<string>,
): Promise<void> {
  for (const lines of files) {
    for await (const group of groupsIn(lines)) {
      const names = found.get(group.subject);
      if (names) for (const name of namesIn(group)) pick(names).delete(name);
    }
  }
}

function changesOf({ gone, come }: Names): readonly ResourceChange[] {
  const now = new Map([...come].map((name) => [partsOf(name).resource, name]));
  const changed = [...gone].sort().map((was): ResourceChange => {
    const { resource } = partsOf(was);
    const other = now.get(resource) ?? null;
    now.delete(resource);
    return { was, now: other };
  });
  return [...changed, ...[...now.values()].sort().map((name) => ({ was: null, now: name }))];
}

/**
 * What changed of the subjects between two exports of one study: which resources have another version, are no longer
 * there or are new, and who is enrolled otherwise. Only what differs is kept.
 */
export async function subjectChanges(files: readonly FilePair[]): Promise<SubjectChanges> {
  const found = new Map<string, Names>();
  const enrolments = new Map<string, EnrolmentChange>();
  for (const file of files) {
    for await (const pair of paired(file)) {
      note(found, pair);
      noteEnrolment(enrolments, pair);
    }
  }
  if (found.size > 0) {
    await strike(
      found,
      files.map((file) => file.new),
      ({ gone }) => gone,
    );
    await strike(
      found,
      files.map((file) => file.old),
      ({ come }) => come,
    );
  }
  const changes = [...found].map(([subject, names]) => [subject, changesOf(names)] as const);
  return { resources: new Map(changes.filter(([, list]) => list.length > 0)), enrolments };
}
