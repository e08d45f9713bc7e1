import { isObject, type Resource } from '../../fhir/resource.ts';
import type { WorkNeed } from '../mapping-result.ts';

/**
 * Modifier extensions that the mapping supports: the status of the HL7 AE research R4 backport, and its R5 form as a
 * cross-version extension.
 */
const KNOWN_MODIFIER_EXTENSIONS: ReadonlySet<string> = new Set([
  'http://hl7.org/fhir/uv/ae-research-backport-ig/StructureDefinition/status',
  'http://hl7.org/fhir/5.0/StructureDefinition/extension-AdverseEvent.status',
]);

const MODIFIER_FIX = 'Send the resource without this modifier, or have the mapping extended to support it.';

const createModifierNeed = (element: string, group: string, detail: string): WorkNeed => ({
  reason: 'not-understood',
  element,
  group,
  detail,
  fix: MODIFIER_FIX,
  waitsFor: null,
});

/** Narrative is not data, and a contained resource is checked by itself. */
const SKIPPED_ELEMENTS = new Set(['text', 'contained']);

/** Whether there is a modifier extension, known or not, anywhere in `value`. */
function hasModifier(value: object): boolean {
  if (!Array.isArray(value) && 'modifierExtension' in value) return true;
  const children: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  for (const child of children)
    if (typeof child === 'object' && child !== null && hasModifier(child)) return true;
  return false;
}

/** Adds the FHIRPath of every unknown modifier extension below `value` to `elementByUrl`. */
function collectModifiers(value: unknown, at: string, elementByUrl: Map<string, string>): void {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) collectModifiers(item, `${at}[${i}]`, elementByUrl);
    return;
  }
  if (!isObject(value)) return;
  for (const [name, child] of Object.entries(value)) {
    if (SKIPPED_ELEMENTS.has(name)) continue;
    if (name === 'modifierExtension') recordUnknownModifiers(child, `${at}.${name}`, elementByUrl);
    else if (typeof child === 'object') collectModifiers(child, `${at}.${name}`, elementByUrl);
  }
}

function recordUnknownModifiers(value: unknown, at: string, elementByUrl: Map<string, string>): void {
  const extensions: readonly unknown[] = Array.isArray(value) ? value : [value];
  for (const [i, extension] of extensions.entries()) {
    const url = isObject(extension) && typeof extension.url === 'string' ? extension.url : '(no url)';
    if (!KNOWN_MODIFIER_EXTENSIONS.has(url)) elementByUrl.set(url, `${at}[${i}]`);
  }
}

/**
 * Returns a need for each modifier that the mapping does not support: an unknown modifierExtension anywhere in the
 * resource, or implicitRules. Such a resource may mean the opposite of its elements, so it yields no fact (FHIR R4
 * extensibility, modifier extensions: "SHALL NOT process ... unless they can process the extension").
 */
export function findUnknownModifiers(resource: Resource, at: string): readonly WorkNeed[] {
  if (resource.implicitRules === undefined && !hasModifier(resource)) return [];
  const elementByUrl = new Map<string, string>();
  collectModifiers(resource, at, elementByUrl);
  const needs = [...elementByUrl].map(([url, element]) => {
    const detail = `The modifier extension ${url} is not supported, so the meaning of the resource is uncertain.`;
    return createModifierNeed(element, `modifier:${url}`, detail);
  });
  if (typeof resource.implicitRules !== 'string') return needs;
  const detail = 'The resource follows implicitRules that are not supported, so its meaning is uncertain.';
  return [...needs, createModifierNeed(`${at}.implicitRules`, 'implicitRules', detail)];
}
