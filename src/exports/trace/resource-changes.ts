import { type FilePair, type GroupPair, groupsIn, type Lines, namesIn, paired } from './paired.ts';
import { partsOf } from './source-names.ts';

/** A resource behind one export that is not so behind the other, by its names; null: it is not behind it. */
export interface ResourceChange {
  readonly was: string | null;
  readonly now: string | null;
}

/** The resource changes of each subject that has any. */
export type ResourceChanges = ReadonlyMap<string, readonly ResourceChange[]>;

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

async function differences(files: readonly FilePair[]): Promise<ReadonlyMap<string, Names>> {
  const found = new Map<string, Names>();
  for (const file of files) for await (const pair of paired(file)) note(found, pair);
  return found;
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
 * What changed of the resources behind two exports of one study, by subject: another version, no longer there, newly
 * there. Only what differs is kept.
 */
export async function resourceChanges(files: readonly FilePair[]): Promise<ResourceChanges> {
  const found = await differences(files);
  if (found.size === 0) return new Map();
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
  const changes = [...found].map(([subject, names]) => [subject, changesOf(names)] as const);
  return new Map(changes.filter(([, list]) => list.length > 0));
}
