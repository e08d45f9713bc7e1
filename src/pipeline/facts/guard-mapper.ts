import { Failure } from '../../errors.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { MappingContext, MappingResult, WorkNeed } from '../../mapping/mapping-result.ts';

type MapResource = (resource: Resource, context: MappingContext) => MappingResult;

/**
 * Wraps a mapper so that a resource on which it fails is held. One resource that meets a programming error must not refuse
 * its Bundle, stop a stream, or keep new mappings from taking effect. `onFailure` is called for each such resource. A
 * `Failure` is rethrown.
 */
export function guardMapper(
  map: MapResource,
  onFailure: (site: string, resourceType: string, cause: unknown) => void,
): MapResource {
  return (resource, context) => {
    try {
      return map(resource, context);
    } catch (cause) {
      if (cause instanceof Failure) throw cause;
      onFailure(context.site, resource.resourceType, cause);
      return { facts: [], work: [buildUnmappableNeed(resource.resourceType)], ignored: null };
    }
  };
}

const buildUnmappableNeed = (resourceType: string): WorkNeed => ({
  reason: 'cannot-be-mapped',
  element: resourceType,
  group: `cannot-be-mapped:${resourceType}`,
  detail:
    'The adapter cannot map the resource because of an internal error; the resource is stored and states no fact.',
  fix: 'Look for the error in the log and report it; the resource is mapped again when the mappings are reloaded.',
  waitsFor: null,
});
