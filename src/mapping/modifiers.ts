import { isObject, type Resource } from '../fhir/resource.ts';
import { KNOWN_MODIFIERS } from './adverse-event.ts';
import type { WorkNeed } from './mapped.ts';
import { unparseable } from './needs.ts';

const FIX = 'Send it without this modifier, or let a person decide what it changes.';

/** Narrative is no data, and what is contained is read, and judged, on its own. */
const SKIPPED = new Set(['text', 'contained']);

function urlsIn(value: unknown, at: string, found: Map<string, string>): void {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) urlsIn(item, `${at}[${i}]`, found);
    return;
  }
  if (!isObject(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    if (SKIPPED.has(key)) continue;
    if (key === 'modifierExtension') note(inner, `${at}.${key}`, found);
    else if (typeof inner === 'object') urlsIn(inner, `${at}.${key}`, found);
  }
}

function note(extensions: unknown, at: string, found: Map<string, string>): void {
  for (const [i, extension] of (Array.isArray(extensions) ? extensions : [extensions]).entries()) {
    const url = isObject(extension) && typeof extension.url === 'string' ? extension.url : '(no url)';
    if (!KNOWN_MODIFIERS.has(url)) found.set(url, `${at}[${i}]`);
  }
}

/**
 * A need for each modifier that the mapping does not understand: an unknown modifierExtension anywhere in the resource,
 * or implicitRules. Such a resource may mean the opposite of what its elements say, so it states no fact (FHIR R4
 * extensibility, modifier extensions: "SHALL NOT process ... unless they can process the extension").
 */
export function unknownModifiers(resource: Resource, at: string): readonly WorkNeed[] {
  const found = new Map<string, string>();
  urlsIn(resource, at, found);
  const needs = [...found].map(([url, element]) =>
    unparseable(element, `modifier:${url}`, `The modifier extension ${url} is not understood.`, FIX),
  );
  if (typeof resource.implicitRules !== 'string') return needs;
  const detail = 'The resource follows implicit rules that are not understood.';
  return [...needs, unparseable(`${at}.implicitRules`, 'implicitRules', detail, FIX)];
}
