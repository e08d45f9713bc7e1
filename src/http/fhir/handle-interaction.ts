import type { InteractionResult } from '../../fhir/interaction.ts';
import { type FhirRequest, parseInteraction } from '../../fhir/parse-interaction.ts';
import { buildOutcomeReply, type Reply } from '../reply.ts';
import type { HandlerDependencies, HandlerRequest } from './handler-request.ts';

const REST_DOOR = 'rest';

/** Where the stored version is, and which one it is; nothing where none was stored. */
export function buildVersionHeaders(answer: InteractionResult, base: string): Record<string, string> {
  const { id, version, lastModified } = answer;
  if (id === null || version === null) return {};
  return {
    Location: `${base}/${answer.resourceType}/${id}/_history/${version}`,
    ETag: `W/"${version}"`,
    ...(lastModified === null ? {} : { 'Last-Modified': new Date(lastModified).toUTCString() }),
  };
}

/** `Prefer: return=minimal` asks for no body; a refusal is told all the same. */
function prefersMinimal(exchange: HandlerRequest, answer: InteractionResult): boolean {
  return answer.status < 400 && /\breturn\s*=\s*"?minimal\b/i.test(exchange.getHeader('prefer') ?? '');
}

export function reportResults(
  parts: HandlerDependencies,
  site: string,
  door: string,
  answers: readonly InteractionResult[],
): void {
  for (const { resourceType, id, disposition, facts, status } of answers) {
    parts.observer.entryAccepted({ site, door, resourceType, id, disposition, facts, status });
  }
}

async function handleInteraction(
  exchange: HandlerRequest,
  parts: HandlerDependencies,
  method: FhirRequest['method'],
): Promise<Reply> {
  const { params, caller } = exchange;
  const interaction = parseInteraction({
    method,
    type: params.type ?? '',
    id: params.id ?? null,
    query: exchange.query === '' ? null : exchange.query,
    ifNoneExist: method === 'POST' ? exchange.getHeader('if-none-exist') : null,
    ifMatch: method === 'POST' ? null : exchange.getHeader('if-match'),
    body: exchange.body,
    fhirVersion: exchange.fhirVersion,
  });
  const answers = await parts.accept(caller.site, [interaction], 'each', REST_DOOR);
  const [answer] = answers;
  if (!answer) throw new Error('One interaction was asked for and no answer came.');
  reportResults(parts, caller.site, REST_DOOR, answers);
  const headers = buildVersionHeaders(answer, exchange.base);
  if (prefersMinimal(exchange, answer)) return { status: answer.status, headers, body: null };
  return buildOutcomeReply(answer.status, answer.issues, headers);
}

/** POST {type}: create. */
export const handleCreate = (exchange: HandlerRequest, parts: HandlerDependencies): Promise<Reply> =>
  handleInteraction(exchange, parts, 'POST');

/** PUT {type}/{id} and PUT {type}?identifier=…: update. */
export const handleUpdate = (exchange: HandlerRequest, parts: HandlerDependencies): Promise<Reply> =>
  handleInteraction(exchange, parts, 'PUT');

/** DELETE {type}/{id}: delete. */
export const handleDelete = (exchange: HandlerRequest, parts: HandlerDependencies): Promise<Reply> =>
  handleInteraction(exchange, parts, 'DELETE');
