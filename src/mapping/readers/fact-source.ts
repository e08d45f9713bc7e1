import { isObject } from '../../fhir/resource.ts';
import type { OriginalValue, Source } from '../../trial/facts.ts';
import type { ReaderInput } from './reader-input.ts';

/** Builds the source of a fact: one element of this resource version. */
export function buildSource(input: ReaderInput, element: string): Source {
  const { resource, context } = input;
  const { meta } = resource;
  const version = isObject(meta) && typeof meta.versionId === 'string' ? meta.versionId : null;
  return {
    site: context.site,
    resourceType: resource.resourceType,
    id: resource.id ?? '',
    version,
    element: element || input.at,
  };
}

/** Builds the source of a fact, followed by the reports and panels that supplied its subject or time. */
export function buildSources(input: ReaderInput, element: string): readonly [Source, ...Source[]] {
  return [buildSource(input, element), ...(input.context.inheritedFrom ?? [])];
}

/** Builds the original of a fact as sent: the code, and the value if there is one (an infusion may have no dose). */
export function buildOriginal(code: string, sentValue?: Omit<OriginalValue, 'code'>): OriginalValue {
  return { code, ...(sentValue ?? { value: null, unit: null, conversion: null }) };
}
