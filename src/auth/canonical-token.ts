import { decodeUtf8 } from '../fhir/decode-text.ts';
import { parseJson } from '../fhir/lossless-json.ts';
import { isObject } from '../fhir/resource.ts';

/** A signed token (JWS, compact), taken apart and not verified: nothing in it may be believed yet. */
export interface ParsedToken {
  readonly text: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** The longest token that is read: several times what any issuer writes. */
export const MAX_TOKEN_LENGTH = 16_384;

/** Three parts in base64url, without padding and spaces (RFC 7515, section 7.1); a token without signature is none. */
const TOKEN_PATTERN = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** Whether the part is the only base64url text of its bytes: no bit is set that decoders ignore (RFC 4648, section 3.5). */
const isCanonicalPart = (part: string): boolean =>
  Buffer.from(part, 'base64url').toString('base64url') === part;

/** Whether a text is the one way to write a compact JWS of its bytes. */
export const isCanonicalToken = (text: string): boolean =>
  text.length <= MAX_TOKEN_LENGTH && TOKEN_PATTERN.test(text) && text.split('.').every(isCanonicalPart);

/** Header members that bring a key, or change how the token is to be read. No client needs one, so none is trusted. */
const REFUSED_MEMBERS = ['jwk', 'x5u', 'x5c', 'crit', 'b64', 'cty', 'zip', 'enc'];

function parsePart(part: string): Readonly<Record<string, unknown>> | null {
  try {
    const tree = parseJson(decodeUtf8(Buffer.from(part, 'base64url')));
    return isObject(tree) ? tree : null;
  } catch {
    // Invalid UTF-8, no JSON, a key twice, a key of an object's prototype.
    return null;
  }
}

/**
 * Takes a token apart. Null where it is written in a way that another reader could understand otherwise: base64url that is
 * not canonical, JSON with a key twice, invalid UTF-8; or where its header brings its own key.
 */
export function parseToken(text: string): ParsedToken | null {
  if (!isCanonicalToken(text)) return null;
  const [headerPart = '', payloadPart = ''] = text.split('.');
  const header = parsePart(headerPart);
  const payload = header && parsePart(payloadPart);
  if (!header || !payload || REFUSED_MEMBERS.some((member) => member in header)) return null;
  return { text, header, payload };
}
