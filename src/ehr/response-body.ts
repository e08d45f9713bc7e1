import { gunzipSync } from 'node:zlib';
import { decodeUtf8 } from '../fhir/decode-text.ts';
import { parseJson } from '../fhir/lossless-json.ts';
import { isObject } from '../fhir/resource.ts';
import type { TransportResponse } from './transport.ts';

/** The largest answer that is read; no call of the adapter needs a larger one. */
const MAX_BODY_BYTES = 5 * 1024 * 1024;

/** R4 IssueType: the only part of an OperationOutcome that messages repeat, since free text may name a patient. */
const ISSUE_TYPES = new Set(
  (
    'invalid structure required value invariant security login unknown expired forbidden suppressed processing ' +
    'not-supported duplicate multiple-matches not-found deleted too-long code-invalid extension too-costly ' +
    'business-rule conflict transient lock-error no-store exception timeout incomplete throttled informational'
  ).split(' '),
);

/** The body of an answer. */
export type ResponseBody =
  | { readonly kind: 'json'; readonly tree: unknown }
  | { readonly kind: 'empty' }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Reads the body; null where it is larger than the limit. */
async function readCapped(response: TransportResponse): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  if (!reader) return new Uint8Array();
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    size += chunk.value.byteLength;
    if (size > MAX_BODY_BYTES) {
      await reader.cancel();
      return null;
    }
    chunks.push(chunk.value);
  }
  return Buffer.concat(chunks);
}

function isFhirJson(contentType: string | null): boolean {
  return /^application\/(fhir\+json|json)\s*(;|$)/i.test(contentType ?? '');
}

const TOO_LARGE: ResponseBody = { kind: 'unreadable', reason: 'the answer is larger than 5 MB' };

/**
 * Decodes the content coding. The adapter asks for none; gzip is accepted, since some gateways compress every answer. Null
 * where the bytes cannot be decoded, or are larger than the limit then.
 */
function decodeContent(bytes: Uint8Array, coding: string | null): Uint8Array | null {
  if (coding === null || /^(identity)?$/i.test(coding)) return bytes;
  if (!/^(x-)?gzip$/i.test(coding)) return null;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BODY_BYTES });
  } catch {
    return null;
  }
}

/** Reads the body of an answer as JSON. Throws only network errors. */
export async function readResponseBody(response: TransportResponse): Promise<ResponseBody> {
  const received = await readCapped(response);
  if (received === null) return TOO_LARGE;
  if (received.byteLength === 0) return { kind: 'empty' };
  if (!isFhirJson(response.headers.get('content-type')))
    return { kind: 'unreadable', reason: 'the answer is not FHIR JSON' };
  const bytes = decodeContent(received, response.headers.get('content-encoding'));
  if (bytes === null) return { kind: 'unreadable', reason: 'the content coding cannot be read' };
  try {
    return { kind: 'json', tree: parseJson(decodeUtf8(bytes)) };
  } catch {
    return { kind: 'unreadable', reason: 'the answer is not valid JSON' };
  }
}

/** Lists the issue codes of an OperationOutcome, such as `value, required`; empty for anything else. */
export function listIssueCodes(body: ResponseBody): string {
  if (body.kind !== 'json' || !isObject(body.tree) || !Array.isArray(body.tree.issue)) return '';
  const codes = body.tree.issue
    .map((issue: unknown) => (isObject(issue) ? issue.code : null))
    .filter((code): code is string => typeof code === 'string' && ISSUE_TYPES.has(code));
  return [...new Set(codes)].join(', ');
}
