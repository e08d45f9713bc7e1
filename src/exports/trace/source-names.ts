import type { Source } from '../../trial/facts.ts';

/**
 * A resource as a trace names it: `site-1/Observation/o1@2`, without `@` where its sender numbers no versions. A
 * Patient's id is the patient's number in the hospital: it is left out.
 */
export function nameOf({ site, resourceType, id, version }: Source): string {
  if (resourceType === 'Patient') return `${site}/Patient`;
  return `${site}/${resourceType}/${id}${version === null ? '' : `@${version}`}`;
}

/** The resources, each once, in order of their names. */
export function namesOf(sources: readonly Source[]): readonly string[] {
  return [...new Set(sources.map(nameOf))].sort();
}

/** A name taken apart again. An id holds no `@`; a version is null where the sender gives none. */
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
  const places = sources.map(({ site, resourceType, id, element }) => {
    if (resourceType === 'Patient') return `${site}/Patient`;
    return `${site}/${resourceType}/${id}${insideOf(element)}`;
  });
  return places.sort()[0] ?? '';
}
