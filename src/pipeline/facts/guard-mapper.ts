import { Failure } from '../../errors.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { MappingContext, MappingResult } from '../../mapping/mapping-result.ts';

type MapResource = (resource: Resource, context: MappingContext) => MappingResult;

/**
 * A mapper that holds what it fails on, instead of failing what came with it: one resource that meets our mistake must
 * not refuse its Bundle, stop a stream, or keep new mappings from coming into force. `failed` is told of each.
 */
export function guardMapper(
  map: MapResource,
  failed: (site: string, resourceType: string, cause: unknown) => void,
): MapResource {
  return (resource, context) => {
    try {
      return map(resource, context);
    } catch (cause) {
      if (cause instanceof Failure) throw cause;
      const { resourceType } = resource;
      failed(context.site, resourceType, cause);
      const need = {
        reason: 'cannot-be-mapped',
        element: resourceType,
        group: `cannot-be-mapped:${resourceType}`,
        detail: 'Mapping it fails, and the fault is ours; it is stored, and no fact.',
        fix: 'Look for the error in the log and report it; it is mapped again when the mappings are reloaded.',
        waitsFor: null,
      } as const;
      return { facts: [], work: [need], ignored: null };
    }
  };
}
