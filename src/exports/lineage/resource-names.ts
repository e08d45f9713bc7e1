import { createHash } from 'node:crypto';
import type { Fact, Source } from '../../trial/facts.ts';

/** How the resources behind something are named, each once, in order of their names. */
export type ResourceNamer = (sources: readonly Source[]) => readonly string[];

/** Names nothing: for counting, where the parts of all subjects are in memory. */
export const nameNothing: ResourceNamer = () => NO_NAMES;

const NO_NAMES: readonly string[] = [];

/** A resource, whatever its version. A Patient's id is the patient's number in the hospital: it is left out. */
export function formatResourceName({ site, resourceType, id }: Source): string {
  return resourceType === 'Patient' ? `${site}/Patient` : `${site}/${resourceType}/${id}`;
}

/** So many digits of a digest tell versions of one resource apart. */
const DIGEST_LENGTH = 8;

/** What the facts of a resource say, in few characters: another content has others. */
function digestResources(facts: readonly Fact[]): ReadonlyMap<string, string> {
  const said = new Map<string, string[]>();
  for (const { sources, ...fact } of facts)
    for (const name of new Set(sources.map(formatResourceName)))
      said.set(name, [...(said.get(name) ?? []), JSON.stringify(fact)]);
  const digest = (texts: readonly string[]): string =>
    createHash('sha256').update(texts.toSorted().join('\n')).digest('hex').slice(0, DIGEST_LENGTH);
  return new Map([...said].map(([name, texts]) => [name, digest(texts)]));
}

/**
 * Names a subject's resources as traces do: `site-1/Observation/o1@2`. Where the sender numbers no versions, a digest of
 * what the resource states stands in its place, `site-1/Observation/o1@~3fa9c1d2`, so that a correction shows; but not for
 * a Patient, whose few facts a digest would give away.
 */
export function findResourceNamer(facts: readonly Fact[]): ResourceNamer {
  const naming = NAMERS_BY_FACTS.get(facts) ?? createResourceNamer(facts);
  NAMERS_BY_FACTS.set(facts, naming);
  return naming;
}

/** A subject's rows in many files are named while his facts are at hand: digests are made once. */
const NAMERS_BY_FACTS = new WeakMap<readonly Fact[], ResourceNamer>();

function createResourceNamer(facts: readonly Fact[]): ResourceNamer {
  let digests: ReadonlyMap<string, string> | undefined;
  const versionOf = (source: Source, name: string): string | null => {
    if (source.version !== null || source.resourceType === 'Patient') return source.version;
    digests ??= digestResources(facts);
    const digest = digests.get(name);
    return digest === undefined ? null : `~${digest}`;
  };
  return (sources) => {
    const names = sources.map((source) => {
      const name = formatResourceName(source);
      const version = versionOf(source, name);
      return version === null ? name : `${name}@${version}`;
    });
    return [...new Set(names)].sort();
  };
}

/** A name taken apart again. An id holds no `@`. */
export function parseResourceName(name: string): {
  readonly resource: string;
  readonly version: string | null;
} {
  const at = name.indexOf('@');
  return at < 0
    ? { resource: name, version: null }
    : { resource: name.slice(0, at), version: name.slice(at + 1) };
}

/** The element as far as its last number: what follows is where in it the value or code stands, and may change. */
function trimElementPath(element: string): string {
  const path = element.slice(0, element.lastIndexOf(']') + 1);
  return path.slice(path.indexOf('.'));
}

/**
 * What states a fact, whatever its version: `site-1/Observation/o1`, with the element where that is not the whole resource.
 * Of several sources the first by name, so that the address stays when another of them becomes the one that is used.
 */
export function buildStatementAddress(sources: readonly Source[]): string {
  const places = sources.map((source) => `${formatResourceName(source)}${trimElementPath(source.element)}`);
  return places.sort()[0] ?? '';
}
