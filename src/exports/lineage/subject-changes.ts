import {
  type GroupPair,
  listResourceNames,
  pairGroups,
  readGroups,
  type SidecarPair,
  type SidecarReader,
} from './pair-sidecars.ts';
import { parseResourceName } from './resource-names.ts';

/** A resource behind one export that is not so behind the other, by its names; null: it is not behind it. */
export interface ResourceVersionChange {
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
  readonly resources: ReadonlyMap<string, readonly ResourceVersionChange[]>;
  readonly enrolments: ReadonlyMap<string, EnrolmentChange>;
}

interface ResourceNameChanges {
  readonly removed: Set<string>;
  readonly added: Set<string>;
}

function recordNameChanges(
  found: Map<string, ResourceNameChanges>,
  { subject, old, new: now }: GroupPair,
): void {
  const [before, after] = [listResourceNames(old), listResourceNames(now)];
  const gone = [...before].filter((name) => !after.has(name));
  const come = [...after].filter((name) => !before.has(name));
  if (gone.length + come.length === 0) return;
  const known = found.get(subject) ?? { removed: new Set(), added: new Set() };
  for (const name of gone) known.removed.add(name);
  for (const name of come) known.added.add(name);
  found.set(subject, known);
}

function recordEnrolmentChange(
  found: Map<string, EnrolmentChange>,
  { subject, old, new: now }: GroupPair,
): void {
  if (old.subjectTrace === null && now.subjectTrace === null) return;
  const change = { was: old.subjectTrace?.enrolment ?? null, now: now.subjectTrace?.enrolment ?? null };
  if (change.was !== change.now) found.set(subject, change);
}

/** Who left one file and still stands in another has not changed. */
async function removeNamesStillPresent(
  found: ReadonlyMap<string, ResourceNameChanges>,
  files: readonly SidecarReader[],
  pick: (names: ResourceNameChanges) => Set<string>,
): Promise<void> {
  for (const lines of files) {
    for await (const group of readGroups(lines)) {
      const names = found.get(group.subject);
      if (names) for (const name of listResourceNames(group)) pick(names).delete(name);
    }
  }
}

function pairResourceVersions({
  removed: gone,
  added: come,
}: ResourceNameChanges): readonly ResourceVersionChange[] {
  const now = new Map([...come].map((name) => [parseResourceName(name).resource, name]));
  const changed = [...gone].sort().map((was): ResourceVersionChange => {
    const { resource } = parseResourceName(was);
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
export async function findSubjectChanges(files: readonly SidecarPair[]): Promise<SubjectChanges> {
  const found = new Map<string, ResourceNameChanges>();
  const enrolments = new Map<string, EnrolmentChange>();
  for (const file of files) {
    for await (const pair of pairGroups(file)) {
      recordNameChanges(found, pair);
      recordEnrolmentChange(enrolments, pair);
    }
  }
  if (found.size > 0) {
    await removeNamesStillPresent(
      found,
      files.map((file) => file.new),
      ({ removed: gone }) => gone,
    );
    await removeNamesStillPresent(
      found,
      files.map((file) => file.old),
      ({ added: come }) => come,
    );
  }
  const changes = [...found].map(([subject, names]) => [subject, pairResourceVersions(names)] as const);
  return { resources: new Map(changes.filter(([, list]) => list.length > 0)), enrolments };
}
