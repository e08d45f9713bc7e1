import { isObject, type Resource } from '../../fhir/resource.ts';
import type { WorkNeed } from '../mapping-result.ts';
import { createUnparseableNeed } from '../work-item-texts.ts';

/**
 * Modifier extensions that this reader understands: the status of the HL7 AE research R4 backport, and its R5 spelling
 * as a cross-version extension.
 */
const KNOWN_MODIFIER_EXTENSIONS: ReadonlySet<string> = new Set([
  'http://hl7.org/fhir/uv/ae-research-backport-ig/StructureDefinition/status',
  'http://hl7.org/fhir/5.0/StructureDefinition/extension-AdverseEvent.status',
]);

const MODIFIER_FIX = 'Send it without this modifier, or let a person decide what it changes.';

/** Narrative is no data, and what is contained is read, and judged, on its own. */
const SKIPPED_ELEMENTS = new Set(['text', 'contained']);

function collectModifiers(value: unknown, at: string, found: Map<string, string>): void {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) collectModifiers(item, `${at}[${i}]`, found);
    return;
  }
  if (!isObject(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    if (SKIPPED_ELEMENTS.has(key)) continue;
    if (key === 'modifierExtension') recordUnknownModifiers(inner, `${at}.${key}`, found);
    else if (typeof inner === 'object') collectModifiers(inner, `${at}.${key}`, found);
  }
}

function recordUnknownModifiers(extensions: unknown, at: string, found: Map<string, string>): void {
  for (const [i, extension] of (Array.isArray(extensions) ? extensions : [extensions]).entries()) {
    const url = isObject(extension) && typeof extension.url === 'string' ? extension.url : '(no url)';
    if (!KNOWN_MODIFIER_EXTENSIONS.has(url)) found.set(url, `${at}[${i}]`);
  }
}

/**
 * A need for each modifier that the mapping does not understand: an unknown modifierExtension anywhere in the resource,
 * or implicitRules. Such a resource may mean the opposite of what its elements say, so it states no fact (FHIR R4
 * extensibility, modifier extensions: "SHALL NOT process ... unless they can process the extension").
 */
export function findUnknownModifiers(resource: Resource, at: string): readonly WorkNeed[] {
  const found = new Map<string, string>();
  collectModifiers(resource, at, found);
  const needs = [...found].map(([url, element]) =>
    createUnparseableNeed(
      element,
      `modifier:${url}`,
      `The modifier extension ${url} is not understood.`,
      MODIFIER_FIX,
    ),
  );
  if (typeof resource.implicitRules !== 'string') return needs;
  const detail = 'The resource follows implicit rules that are not understood.';
  return [...needs, createUnparseableNeed(`${at}.implicitRules`, 'implicitRules', detail, MODIFIER_FIX)];
}
