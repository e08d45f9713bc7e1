import { constants, createHmac, randomUUID, sign } from 'node:crypto';
import { type ClientKey, getClientKey, type KeyName, TOKEN_URL } from './access-sandbox.ts';

/** A value of a header or claim in a case: itself, or what JSON would be unreadable with. */
export type CaseValue = unknown;

/** How a token differs from a valid one. Without any of these it is valid. */
export interface TokenChanges {
  /** The client that the token is of (`iss` and `sub`). */
  readonly client?: string;
  readonly key?: KeyName;
  /** Members of the header; null takes one away. */
  readonly header?: Readonly<Record<string, CaseValue>>;
  /**
   * Claims; null takes one away, `{ "in": seconds }` is a time from now, `{ "repeat": text, "times": n }` a long text, and
   * `{ "json": value }` the value.
   */
  readonly claims?: Readonly<Record<string, CaseValue>>;
  /** The header or payload as text, in place of all that. */
  readonly headerText?: string;
  readonly payloadText?: string;
  /** The payload as bytes in hexadecimal digits. */
  readonly payloadHex?: string;
  readonly signature?: SignatureChange;
  readonly writing?: keyof typeof WRITINGS;
}

type SignatureChange =
  | 'empty'
  | 'flipped'
  | 'zero'
  | 'der'
  | 'truncated'
  | 'hmac-with-public-key'
  | 'of-another-token';

const encodePart = (part: string | Uint8Array): string => Buffer.from(part).toString('base64url');

/** Ways to write a valid token that only a lenient reader understands. */
const WRITINGS = {
  padded: (token: string) => `${token}=`,
  'standard-alphabet': (token: string) => token.replaceAll('-', '+').replaceAll('_', '/').concat('+'),
  'space-inside': (token: string) => `${token.slice(0, 12)} ${token.slice(12)}`,
  'line-break-at-end': (token: string) => `${token}\n`,
  'space-before': (token: string) => ` ${token}`,
  'bits-that-decoders-ignore': (token: string) => changeIgnoredBits(token),
  'five-parts': (token: string) => `${token}.${token.split('.')[0]}.${token.split('.')[2]}`,
  'two-parts': (token: string) => token.split('.').slice(0, 2).join('.'),
  'swapped-parts': (token: string) => token.split('.').reverse().join('.'),
  'one-part-empty': (token: string) => token.replace(/\..*\./, '..'),
} as const;

/** Changes bits of the last character of a part that do not belong to any byte (RFC 4648, section 3.5). */
function changeIgnoredBits(token: string): string {
  const parts = token.split('.');
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const index = parts.findIndex((part) => part.length % 4 !== 0);
  if (index < 0) throw new Error('No part of the token has bits that decoders ignore.');
  const part = parts[index] ?? '';
  const last = alphabet.indexOf(part.at(-1) ?? '');
  parts[index] = `${part.slice(0, -1)}${alphabet[last + 1]}`;
  return parts.join('.');
}

/** Signs text with the algorithm that the header names, as far as there is one; else with the key's own. */
function signText(text: string, { privateKey, publicJwk }: ClientKey, algorithm: unknown): Buffer {
  const data = Buffer.from(text);
  const name = String(algorithm);
  const bits = /(256|384|512)$/.exec(name)?.[1] ?? '384';
  if (publicJwk.kty === 'EC') return sign(`sha${bits}`, data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  const padding = name.startsWith('PS') ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  return sign(`sha${bits}`, data, {
    key: privateKey,
    padding,
    ...(name.startsWith('PS') ? { saltLength: 48 } : {}),
  });
}

/** Encodes one of the two numbers of an ECDSA signature in DER. */
function encodeInteger(bytes: Buffer): Buffer {
  const trimmed = bytes.subarray(bytes.findIndex((byte) => byte !== 0));
  const content = (trimmed[0] ?? 0) > 127 ? Buffer.concat([Buffer.from([0]), trimmed]) : trimmed;
  return Buffer.concat([Buffer.from([0x02, content.length]), content]);
}

function encodeSignatureInDer(signature: Buffer): Buffer {
  const half = signature.length / 2;
  const content = Buffer.concat([
    encodeInteger(signature.subarray(0, half)),
    encodeInteger(signature.subarray(half)),
  ]);
  return Buffer.concat([Buffer.from([0x30, content.length]), content]);
}

function changeSignature(
  signature: Buffer,
  change: SignatureChange | undefined,
  text: string,
  key: ClientKey,
): Buffer {
  switch (change) {
    case undefined:
      return signature;
    case 'empty':
      return Buffer.alloc(0);
    case 'zero':
      return Buffer.alloc(signature.length);
    case 'der':
      return encodeSignatureInDer(signature);
    case 'truncated':
      return signature.subarray(0, -1);
    case 'hmac-with-public-key':
      return createHmac('sha384', JSON.stringify(key.publicJwk)).update(text).digest();
    case 'of-another-token':
      return signText(`${text}x`, key, 'ES384');
    default:
      return Buffer.concat([signature.subarray(0, -1), Buffer.from([(signature.at(-1) ?? 0) ^ 1])]);
  }
}

/** Resolves the values of a case that are no JSON: times, and long texts. */
function resolveValue(value: CaseValue, now: Date): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('json' in value) return value.json;
  if ('in' in value) return Math.floor(now.getTime() / 1_000) + Number(value.in);
  if ('repeat' in value && 'times' in value) return String(value.repeat).repeat(Number(value.times));
  return value;
}

function applyChanges(
  valid: Readonly<Record<string, unknown>>,
  changes: Readonly<Record<string, CaseValue>> = {},
  now: Date,
): string {
  const changed = Object.entries({ ...valid, ...changes })
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [name, resolveValue(value, now)]);
  return JSON.stringify(Object.fromEntries(changed));
}

/** The parts of a token before it is written: what is signed, and by which key. */
export interface TokenParts {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly key: ClientKey;
}

/** Writes and signs a token. */
export function buildToken({ header, claims, key }: TokenParts, changes: TokenChanges, now: Date): string {
  const headerText = changes.headerText ?? applyChanges(header, changes.header, now);
  const payload =
    changes.payloadHex === undefined
      ? (changes.payloadText ?? applyChanges(claims, changes.claims, now))
      : Buffer.from(changes.payloadHex, 'hex');
  const signed = `${encodePart(headerText)}.${encodePart(payload)}`;
  const algorithm = changes.header?.alg ?? header.alg;
  const signature = changeSignature(signText(signed, key, algorithm), changes.signature, signed, key);
  const token = `${signed}.${encodePart(signature)}`;
  return changes.writing === undefined ? token : WRITINGS[changes.writing](token);
}

/** The key of each client, where it has one of its own. */
const CLIENT_KEYS: Readonly<Record<string, KeyName>> = {
  'engine-rsa': 'rsa',
  'engine-url': 'url',
  'engine-dup': 'dup-1',
  'engine-mixed': 'mixed-ec',
  'engine-p256': 'p256',
  'engine-small': 'small',
  'engine-enc': 'enc',
  'engine-disabled': 'disabled',
  'engine-bound': 'bound',
  'engine-b': 'b',
};

/** Makes the assertion of a client for the token endpoint. */
export function buildAssertion(changes: TokenChanges, now: Date): string {
  const client = changes.client ?? 'engine-ec';
  const key = getClientKey(changes.key ?? CLIENT_KEYS[client] ?? 'ec');
  const seconds = Math.floor(now.getTime() / 1_000);
  const alg = key.publicJwk.kty === 'EC' ? 'ES384' : 'RS384';
  return buildToken(
    {
      header: { alg, typ: 'JWT', kid: key.publicJwk.kid },
      claims: { iss: client, sub: client, aud: TOKEN_URL, exp: seconds + 240, jti: randomUUID() },
      key,
    },
    changes,
    now,
  );
}
