import { isObject } from '../../fhir/resource.ts';
import type { OriginalValue, Source } from '../../trial/facts.ts';
import type { ReaderInput } from './reader-input.ts';

/** Where a fact comes from: this resource version, and one element of it. */
export function buildSource(reading: ReaderInput, element: string): Source {
  const { resource, context } = reading;
  const { meta } = resource;
  const version = isObject(meta) && typeof meta.versionId === 'string' ? meta.versionId : null;
  return {
    site: context.site,
    resourceType: resource.resourceType,
    id: resource.id ?? '',
    version,
    element: element || reading.at,
  };
}

/** As sourceOf, and the reports and panels that gave subject or time. */
export function buildSources(reading: ReaderInput, element: string): readonly [Source, ...Source[]] {
  return [buildSource(reading, element), ...(reading.context.inheritedFrom ?? [])];
}

/** The code as a reader of the fact sees it, with no value (infusions without a dose). */
export function buildOriginal(code: string, sent?: Omit<OriginalValue, 'code'>): OriginalValue {
  return { code, ...(sent ?? { value: null, unit: null, conversion: null }) };
}
