import type { Answer } from '../../fhir/interaction.ts';
import { type FhirRequest, interactionOf } from '../../fhir/request.ts';
import { outcomeReply, type Reply } from '../reply.ts';
import type { Exchange, FhirParts } from './exchange.ts';

const DOOR = 'rest';

/** Where the stored version is, and which one it is; nothing where none was stored. */
export function versionHeaders(answer: Answer, base: string): Record<string, string> {
  const { id, version, lastModified } = answer;
  if (id === null || version === null) return {};
  return {
    Location: `${base}/${answer.resourceType}/${id}/_history/${version}`,
    ETag: `W/"${version}"`,
    ...(lastModified === null ? {} : { 'Last-Modified': new Date(lastModified).toUTCString() }),
  };
}

/** `Prefer: return=minimal` asks for no body; a refusal is told all the same. */
function isMinimal(exchange: Exchange, answer: Answer): boolean {
  return answer.status < 400 && /\breturn\s*=\s*"?minimal\b/i.test(exchange.header('prefer') ?? '');
}

export function tellObserver(parts: FhirParts, site: string, door: string, answers: readonly Answer[]): void {
  for (const { resourceType, id, disposition, facts, status } of answers) {
    parts.observer.entryAccepted({ site, door, resourceType, id, disposition, facts, status });
  }
}

async function one(exchange: Exchange, parts: FhirParts, method: FhirRequest['method']): Promise<Reply> {
  const { params, caller } = exchange;
  const interaction = interactionOf({
    method,
    type: params.type ?? '',
    id: params.id ?? null,
    query: exchange.query === '' ? null : exchange.query,
    ifNoneExist: method === 'POST' ? exchange.header('if-none-exist') : null,
    ifMatch: method === 'POST' ? null : exchange.header('if-match'),
    body: exchange.body,
    fhirVersion: exchange.fhirVersion,
  });
  const answers = await parts.accept(caller.site, [interaction], 'each', DOOR);
  const [answer] = answers;
  if (!answer) throw new Error('One interaction was asked for and no answer came.');
  tellObserver(parts, caller.site, DOOR, answers);
  const headers = versionHeaders(answer, exchange.base);
  if (isMinimal(exchange, answer)) return { status: answer.status, headers, body: null };
  return outcomeReply(answer.status, answer.issues, headers);
}

/** POST {type}: create. */
export const create = (exchange: Exchange, parts: FhirParts): Promise<Reply> => one(exchange, parts, 'POST');

/** PUT {type}/{id} and PUT {type}?identifier=…: update. */
export const update = (exchange: Exchange, parts: FhirParts): Promise<Reply> => one(exchange, parts, 'PUT');

/** DELETE {type}/{id}: delete. */
export const remove = (exchange: Exchange, parts: FhirParts): Promise<Reply> =>
  one(exchange, parts, 'DELETE');
