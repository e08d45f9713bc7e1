import { createHash } from 'node:crypto';
import type { Fact, Source } from '../../trial/facts.ts';

/** Returns the names of the resources of these sources, each once, in order. */
export type ResourceNamer = (sources: readonly Source[]) => readonly string[];

/** Returns no names: for counting, when all subjects are in memory and names would take too much of it. */
export const nameNothing: ResourceNamer = () => NO_NAMES;

const NO_NAMES: readonly string[] = [];

/**
 * Formats a resource's name without its version: `site-1/Observation/o1`. The id of a Patient is left out, because it may
 * identify the person in the hospital.
 */
export function formatResourceName({ site, resourceType, id }: Source): string {
  return resourceType === 'Patient' ? `${site}/Patient` : `${site}/${resourceType}/${id}`;
}

/** Hexadecimal digits of a digest: enough to distinguish the versions of one resource. */
const DIGEST_LENGTH = 8;

/** Digests the facts of each resource, so that a resource with other facts has another digest. */
function digestResources(facts: readonly Fact[]): ReadonlyMap<string, string> {
  const factTexts = new Map<string, string[]>();
  for (const { sources, ...fact } of facts)
    for (const name of new Set(sources.map(formatResourceName)))
      factTexts.set(name, [...(factTexts.get(name) ?? []), JSON.stringify(fact)]);
  const digest = (texts: readonly string[]): string =>
    createHash('sha256').update(texts.toSorted().join('\n')).digest('hex').slice(0, DIGEST_LENGTH);
  return new Map([...factTexts].map(([name, texts]) => [name, digest(texts)]));
}

/**
 * Returns the function that names a subject's resources in traces: `site-1/Observation/o1@2`. If the sender does not number
 * versions, a digest of the resource's facts takes the version's place, `site-1/Observation/o1@~3fa9c1d2`, so that a
 * correction is visible. A Patient gets no digest: its facts are so few that they could be guessed from it.
 */
export function findResourceNamer(facts: readonly Fact[]): ResourceNamer {
  const namer = NAMERS_BY_FACTS.get(facts) ?? createResourceNamer(facts);
  NAMERS_BY_FACTS.set(facts, namer);
  return namer;
}

/** Many files name the resources of a subject while their facts are in memory: digests are computed once. */
const NAMERS_BY_FACTS = new WeakMap<readonly Fact[], ResourceNamer>();

function createResourceNamer(facts: readonly Fact[]): ResourceNamer {
  let digests: ReadonlyMap<string, string> | undefined;
  const findVersion = (source: Source, name: string): string | null => {
    if (source.version !== null || source.resourceType === 'Patient') return source.version;
    digests ??= digestResources(facts);
    const digest = digests.get(name);
    return digest === undefined ? null : `~${digest}`;
  };
  return (sources) => {
    const names = sources.map((source) => {
      const name = formatResourceName(source);
      return formatVersionedName({ resource: name, version: findVersion(source, name) });
    });
    return [...new Set(names)].sort();
  };
}

/** The parts of a resource's name in a trace. */
export interface VersionedName {
  /** Such as `site-1/Observation/o1`. */
  readonly resource: string;
  /** As the sender numbers it, or `~` and a digest; null where there is neither. */
  readonly version: string | null;
}

const formatVersionedName = ({ resource, version }: VersionedName): string =>
  version === null ? resource : `${resource}@${version}`;

/** Parses a resource's name as traces write it. Neither a site nor an id contains `@`. */
export function parseResourceName(name: string): VersionedName {
  const at = name.indexOf('@');
  return at < 0
    ? { resource: name, version: null }
    : { resource: name.slice(0, at), version: name.slice(at + 1) };
}

/** Cuts an element's path after its last index: the steps after it locate the value or code, and these may change. */
function trimElementPath(element: string): string {
  const path = element.slice(0, element.lastIndexOf(']') + 1);
  return path.slice(path.indexOf('.'));
}

/**
 * Builds the address of a statement, which does not depend on the version: `site-1/Observation/o1`, followed by the element
 * where that is only a part of the resource. Of several sources it takes the first by name, so that the address stays
 * the same when a different source becomes the one that is used.
 */
export function buildStatementAddress(sources: readonly Source[]): string {
  const addresses = sources.map(
    (source) => `${formatResourceName(source)}${trimElementPath(source.element)}`,
  );
  return addresses.sort()[0] ?? '';
}
