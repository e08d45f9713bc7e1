import { createHash } from 'node:crypto';
import type { Fact, Source } from '../../trial/facts.ts';

/** How the resources behind something are named, each once, in order of their names. */
export type Naming = (sources: readonly Source[]) => readonly string[];

/** Names nothing: for counting, where the parts of all subjects are in memory. */
export const unnamed: Naming = () => NONE;

const NONE: readonly string[] = [];

/** A resource, whatever its version. A Patient's id is the patient's number in the hospital: it is left out. */
export function resourceOf({ site, resourceType, id }: Source): string {
  return resourceType === 'Patient' ? `${site}/Patient` : `${site}/${resourceType}/${id}`;
}

/** So many digits of a digest tell versions of one resource apart. */
const DIGITS = 8;

/** What the facts of a resource say, in few characters: another content has others. */
function digestsIn(facts: readonly Fact[]): ReadonlyMap<string, string> {
  const said = new Map<string, string[]>();
  for (const { sources, ...fact } of facts)
    for (const name of new Set(sources.map(resourceOf)))
      said.set(name, [...(said.get(name) ?? []), JSON.stringify(fact)]);
  const digest = (texts: readonly string[]): string =>
    createHash('sha256').update(texts.toSorted().join('\n')).digest('hex').slice(0, DIGITS);
  return new Map([...said].map(([name, texts]) => [name, digest(texts)]));
}

/**
 * Names a subject's resources as traces do: `site-1/Observation/o1@2`. Where the sender numbers no versions, a digest of
 * what the resource states stands in its place, `site-1/Observation/o1@~3fa9c1d2`, so that a correction shows; but not for
 * a Patient, whose few facts a digest would give away.
 */
export function namingOf(facts: readonly Fact[]): Naming {
  const naming = NAMINGS.get(facts) ?? newNaming(facts);
  NAMINGS.set(facts, naming);
  return naming;
}

/** A subject's rows in many files are named while his facts are at hand: digests are made once. */
const NAMINGS = new WeakMap<readonly Fact[], Naming>();

function newNaming(facts: readonly Fact[]): Naming {
  let digests: ReadonlyMap<string, string> | undefined;
  const versionOf = (source: Source, name: string): string | null => {
    if (source.version !== null || source.resourceType === 'Patient') return source.version;
    digests ??= digestsIn(facts);
    const digest = digests.get(name);
    return digest === undefined ? null : `~${digest}`;
  };
  return (sources) => {
    const names = sources.map((source) => {
      const name = resourceOf(source);
      const version = versionOf(source, name);
      return version === null ? name : `${name}@${version}`;
    });
    return [...new Set(names)].sort();
  };
}

/** A name taken apart again. An id holds no `@`. */
export function partsOf(name: string): { readonly resource: string; readonly version: string | null } {
  const at = name.indexOf('@');
  return at < 0
    ? { resource: name, version: null }
    : { resource: name.slice(0, at), version: name.slice(at + 1) };
}

/** The element as far as its last number: what follows is where in it the value or code stands, and may change. */
function insideOf(element: string): string {
  const path = element.slice(0, element.lastIndexOf(']') + 1);
  return path.slice(path.indexOf('.'));
}

/**
 * What states a fact, whatever its version: `site-1/Observation/o1`, with the element where that is not the whole resource.
 * Of several sources the first by name, so that the address stays when another of them becomes the one that is used.
 */
export function statedBy(sources: readonly Source[]): string {
  const places = sources.map((source) => `${resourceOf(source)}${insideOf(source.element)}`);
  return places.sort()[0] ?? '';
}
