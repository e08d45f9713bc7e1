import type { InteractionResult } from '../../fhir/interaction.ts';
import { type FhirRequest, parseInteraction } from '../../fhir/parse-interaction.ts';
import { buildOutcomeReply, type Reply } from '../reply.ts';
import type { HandlerDependencies, HandlerRequest } from './route.ts';

const REST_DOOR = 'rest';

/** Returns the headers that name the stored version (Location, ETag, Last-Modified); none where nothing was stored. */
export function buildVersionHeaders(result: InteractionResult, base: string): Record<string, string> {
  const { id, version, lastModified } = result;
  if (id === null || version === null) return {};
  return {
    Location: `${base}/${result.resourceType}/${id}/_history/${version}`,
    ETag: `W/"${version}"`,
    ...(lastModified === null ? {} : { 'Last-Modified': new Date(lastModified).toUTCString() }),
  };
}

/** `Prefer: return=minimal` asks for no body (RFC 7240 section 4.2); a refusal has a body all the same. */
function prefersMinimal(request: HandlerRequest, result: InteractionResult): boolean {
  return result.status < 400 && /\breturn\s*=\s*"?minimal\b/i.test(request.getHeader('prefer') ?? '');
}

/** Passes what became of each resource to the observer. */
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
  const { params, caller } = request;
  const interaction = parseInteraction({
    method,
    type: params.type ?? '',
    id: params.id ?? null,
    query: request.query === '' ? null : request.query,
    ifNoneExist: method === 'POST' ? request.getHeader('if-none-exist') : null,
    ifMatch: method === 'POST' ? null : request.getHeader('if-match'),
    body: request.body,
    fhirVersion: request.fhirVersion,
  });
  const results = await dependencies.accept(caller.site, [interaction], 'each', REST_DOOR);
  const [result] = results;
  if (!result) throw new Error('An interaction was submitted and has no result.');
  reportResults(dependencies, caller.site, REST_DOOR, results);
  const headers = buildVersionHeaders(result, request.base);
  if (prefersMinimal(request, result)) return { status: result.status, headers, body: null };
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
