import type { InteractionResult } from '../../fhir/interaction.ts';
import { replaceLongIdsOfRequest } from '../../fhir/long-ids.ts';
import { type FhirRequest, parseInteraction } from '../../fhir/parse-interaction.ts';
import { selectChallenge } from '../auth/challenge.ts';
import { buildOutcomeReply, type Reply } from '../reply.ts';
import type { HandlerDependencies, HandlerRequest } from './route.ts';

/** The stored name of the interface. */
const REST_DOOR = 'rest';

/** Builds the headers that name the stored version (Location, ETag, Last-Modified); none where nothing was stored. */
export function buildVersionHeaders(result: InteractionResult, base: string): Record<string, string> {
  const { id, version, lastModified } = result;
  if (id === null || version === null) return {};
  return {
    Location: `${base}/${result.resourceType}/${id}/_history/${version}`,
    ETag: `W/"${version}"`,
    ...(lastModified === null ? {} : { 'Last-Modified': new Date(lastModified).toUTCString() }),
  };
}

/** Reports the outcome of each resource to the observer. */
export function reportResults(
  { observer }: HandlerDependencies,
  site: string,
  door: string,
  results: readonly InteractionResult[],
): void {
  for (const { resourceType, id, disposition, facts, status } of results) {
    observer.entryAccepted({ site, door, resourceType, id, disposition, facts, status });
  }
}

async function handleInteraction(
  request: HandlerRequest,
  dependencies: HandlerDependencies,
  method: FhirRequest['method'],
): Promise<Reply> {
  const { caller, prefersMinimal } = request;
  const fhirRequest: FhirRequest = { ...request, method };
  const interaction = parseInteraction(
    dependencies.takesLongIds(caller.site) ? replaceLongIdsOfRequest(fhirRequest) : fhirRequest,
  );
  const results = await dependencies.accept(caller.site, [interaction], 'each', REST_DOOR);
  const [result] = results;
  if (!result) throw new Error('A submitted interaction has no result.');
  reportResults(dependencies, caller.site, REST_DOOR, results);
  const headers = { ...buildVersionHeaders(result, request.base), ...selectChallenge(result.status) };
  // A refusal always has a body, which explains it.
  if (prefersMinimal && result.status < 400) return { status: result.status, headers, body: null };
  return buildOutcomeReply(result.status, result.issues, headers);
}

/** Handles POST {type}: create. */
export const handleCreate = (request: HandlerRequest, dependencies: HandlerDependencies): Promise<Reply> =>
  handleInteraction(request, dependencies, 'POST');

/** Handles PUT {type}/{id} and PUT {type}?identifier=…: update. */
export const handleUpdate = (request: HandlerRequest, dependencies: HandlerDependencies): Promise<Reply> =>
  handleInteraction(request, dependencies, 'PUT');

/** Handles DELETE {type}/{id}: delete. */
export const handleDelete = (request: HandlerRequest, dependencies: HandlerDependencies): Promise<Reply> =>
  handleInteraction(request, dependencies, 'DELETE');
