import {
  type GroupPair,
  listResourceNames,
  pairGroups,
  readGroups,
  type SidecarPair,
  type SidecarReader,
} from './pair-sidecars.ts';
import { parseResourceName } from './resource-names.ts';

/** A resource that differs between two exports, by its names with version; null: that export does not name it. */
export interface ResourceVersionChange {
  readonly was: string | null;
  readonly now: string | null;
}

/** How a subject was and is enrolled, in words; null: not enrolled. */
export interface EnrolmentChange {
  readonly was: string | null;
  readonly now: string | null;
}

/** The changes of subjects, by subject number. Subjects without a change are left out. */
export interface SubjectChanges {
  readonly resources: ReadonlyMap<string, readonly ResourceVersionChange[]>;
  readonly enrolments: ReadonlyMap<string, EnrolmentChange>;
}

interface ResourceNameChanges {
  readonly removed: Set<string>;
  readonly added: Set<string>;
}

function recordNameChanges(
  changesBySubject: Map<string, ResourceNameChanges>,
  { subject, old, new: current }: GroupPair,
): void {
  const [before, after] = [listResourceNames(old), listResourceNames(current)];
  const removed = [...before].filter((name) => !after.has(name));
  const added = [...after].filter((name) => !before.has(name));
  if (removed.length + added.length === 0) return;
  const changes = changesBySubject.get(subject) ?? { removed: new Set(), added: new Set() };
  for (const name of removed) changes.removed.add(name);
  for (const name of added) changes.added.add(name);
  changesBySubject.set(subject, changes);
}

function recordEnrolmentChange(
  changesBySubject: Map<string, EnrolmentChange>,
  { subject, old, new: current }: GroupPair,
): void {
  if (old.subjectTrace === null && current.subjectTrace === null) return;
  const change = { was: old.subjectTrace?.enrolment ?? null, now: current.subjectTrace?.enrolment ?? null };
  if (change.was !== change.now) changesBySubject.set(subject, change);
}

/** Removes names that another file of the same export still has: such a resource has not changed. */
async function removeNamesStillPresent(
  changesBySubject: ReadonlyMap<string, ResourceNameChanges>,
  files: readonly SidecarReader[],
  selectNames: (changes: ResourceNameChanges) => Set<string>,
): Promise<void> {
  for (const lines of files) {
    for await (const group of readGroups(lines)) {
      const changes = changesBySubject.get(group.subject);
      if (changes) for (const name of listResourceNames(group)) selectNames(changes).delete(name);
    }
  }
}

/** Pairs the old and new versions of each resource. Resources with a new version only are last. */
function pairResourceVersions({ removed, added }: ResourceNameChanges): readonly ResourceVersionChange[] {
  const unpaired = new Map([...added].map((name) => [parseResourceName(name).resource, name]));
  const changed = [...removed].sort().map((was): ResourceVersionChange => {
    const { resource } = parseResourceName(was);
    const now = unpaired.get(resource) ?? null;
    unpaired.delete(resource);
    return { was, now };
  });
  return [...changed, ...[...unpaired.values()].sort().map((now) => ({ was: null, now }))];
}

/**
 * Finds the changes of subjects between two exports of one study: resources that have another version, were removed or
 * are new, and changed enrolments. Only differences are kept in memory.
 */
export async function findSubjectChanges(files: readonly SidecarPair[]): Promise<SubjectChanges> {
  const nameChanges = new Map<string, ResourceNameChanges>();
  const enrolments = new Map<string, EnrolmentChange>();
  for (const file of files) {
    for await (const pair of pairGroups(file)) {
      recordNameChanges(nameChanges, pair);
      recordEnrolmentChange(enrolments, pair);
    }
  }
  if (nameChanges.size > 0) {
    const [oldFiles, newFiles] = [files.map((file) => file.old), files.map((file) => file.new)];
    await removeNamesStillPresent(nameChanges, newFiles, ({ removed }) => removed);
    await removeNamesStillPresent(nameChanges, oldFiles, ({ added }) => added);
  }
  const resources = [...nameChanges].map(
    ([subject, changes]) => [subject, pairResourceVersions(changes)] as const,
  );
  return { resources: new Map(resources.filter(([, changes]) => changes.length > 0)), enrolments };
}
