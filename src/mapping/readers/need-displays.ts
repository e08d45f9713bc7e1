import { isObject, type Resource } from '../../fhir/resource.ts';
import type { CodingWithDisplay, MappingResult, WorkNeed } from '../mapping-result.ts';

/** A display is a code's name; what is longer may be a sentence that a person wrote. */
const MAX_DISPLAY_LENGTH = 80;

/** The value at an element path with indices, such as `Observation.component[1].code`; undefined where there is none. */
function findElementValue(resource: Resource, element: string): unknown {
  let value: unknown = resource;
  for (const [, name = '', index] of element.matchAll(/\.([A-Za-z]+)(?:\[(\d+)\])?/g)) {
    const inner: unknown = isObject(value) ? value[name] : undefined;
    value = index === undefined || !Array.isArray(inner) ? inner : inner[Number(index)];
  }
  return value;
}

function withSentDisplay(coding: CodingWithDisplay, sent: readonly unknown[]): CodingWithDisplay {
  const same = sent.find((c) => isObject(c) && c.code === coding.code && c.system === coding.system);
  const display = isObject(same) && typeof same.display === 'string' ? same.display.trim() : '';
  return display === '' ? coding : { ...coding, display: display.slice(0, MAX_DISPLAY_LENGTH) };
}

function withDisplay(need: WorkNeed, resource: Resource): WorkNeed {
  if (need.about?.kind !== 'code') return need;
  const concept = findElementValue(resource, need.element);
  const sent: readonly unknown[] = isObject(concept) && Array.isArray(concept.coding) ? concept.coding : [];
  return {
    ...need,
    about: { ...need.about, codings: need.about.codings.map((c) => withSentDisplay(c, sent)) },
  };
}

/** The same, each code that waits for a decision with the name that the sender gave it (null where he gave none). */
export function withDisplays(mapped: MappingResult, resource: Resource): MappingResult {
  if (mapped.work.length === 0) return mapped;
  return { ...mapped, work: mapped.work.map((need) => withDisplay(need, resource)) };
}
