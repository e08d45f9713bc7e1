import { createGenerator } from '../../src/capacity/seeded-generator.ts';
import { buildAssertion, type TokenChanges } from '../../test/auth/sandbox/build-token.ts';

/** A token of which one thing is wrong. `text` builds it anew from a valid one, with a jti of its own. */
export interface BadToken {
  readonly kind: string;
  readonly text: () => string;
}

/** What can be changed in a valid token, as data: what each header, claim and signature must not be. */
const CHANGES: readonly (readonly [string, TokenChanges])[] = [
  ...[
    'none',
    'None',
    'NONE',
    'nOnE',
    '',
    'HS256',
    'HS384',
    'HS512',
    'RS256',
    'RS512',
    'PS384',
    'ES256',
    'ES256K',
    'ES512',
    'EdDSA',
    'es384',
    'ES384 ',
    'dir',
  ].map((alg) => [`alg ${JSON.stringify(alg)}`, { header: { alg } }] as const),
  ...[1, true, [], ['ES384'], {}, { json: null }].map(
    (alg) => [`alg ${JSON.stringify(alg)}`, { header: { alg } }] as const,
  ),
  ...['none', 'HS256', 'HS384'].map(
    (alg) =>
      [
        `alg ${alg}, HMAC with the public key`,
        { header: { alg }, signature: 'hmac-with-public-key' },
      ] as const,
  ),
  ...['none', 'ES384', 'RS384'].map(
    (alg) => [`alg ${alg}, no signature`, { header: { alg }, signature: 'empty' }] as const,
  ),
  ...(
    ['flipped', 'zero', 'der', 'truncated', 'of-another-token', 'hmac-with-public-key', 'empty'] as const
  ).map((signature) => [`signature ${signature}`, { signature }] as const),
  ...(
    [
      'padded',
      'standard-alphabet',
      'space-inside',
      'line-break-at-end',
      'space-before',
      'five-parts',
      'two-parts',
      'swapped-parts',
      'one-part-empty',
    ] as const
  ).map((writing) => [`written ${writing}`, { writing }] as const),
  ['written bits-that-decoders-ignore', { claims: { pad: 'x' }, writing: 'bits-that-decoders-ignore' }],
  ...[null, '', 'jwt', 'at+jwt', 'JOSE', 1, ['JWT']].map(
    (typ) => [`typ ${JSON.stringify(typ)}`, { header: { typ } }] as const,
  ),
  ...[null, '', 1, ['ec-1'], 'ec-1\u0000', ' ec-1', '../ec-1', 'constructor', "' OR 1=1"].map(
    (kid) => [`kid ${JSON.stringify(kid)}`, { header: { kid } }] as const,
  ),
  ...['jwk', 'x5c', 'x5u', 'crit', 'b64', 'zip', 'enc', 'cty'].map(
    (name) => [`header ${name}`, { header: { [name]: name === 'crit' ? ['b64'] : 'x' } }] as const,
  ),
  ...[[], ['exp'], 'exp'].map((crit) => [`crit ${JSON.stringify(crit)}`, { header: { crit } }] as const),
  ...['iss', 'sub', 'aud', 'exp', 'jti'].map((name) => [`no ${name}`, { claims: { [name]: null } }] as const),
  ...['', ' ', 1, [], ['engine-ec'], {}, { json: null }, 'engine-b', 'Engine-ec'].map(
    (sub) => [`sub ${JSON.stringify(sub)}`, { claims: { sub } }] as const,
  ),
  ...[
    '',
    'https://adapter.example',
    'https://adapter.example/auth/token/',
    'HTTPS://ADAPTER.EXAMPLE/auth/token',
    [],
    {},
    1,
    { json: null },
  ].map((aud) => [`aud ${JSON.stringify(aud)}`, { claims: { aud } }] as const),
  ...[{ in: -61 }, { in: 306 }, { in: 86_400 }, '4102444800', -1, 0, 1e300, [], {}, { json: null }, true].map(
    (exp) => [`exp ${JSON.stringify(exp)}`, { claims: { exp } }] as const,
  ),
  ...['nbf', 'iat'].flatMap((name) =>
    [{ in: 61 }, '1', [], { json: true }].map(
      (value) => [`${name} ${JSON.stringify(value)}`, { claims: { [name]: value } }] as const,
    ),
  ),
  ...['', 1, [], ['x'], {}, { repeat: 'x', times: 257 }].map(
    (jti) => [`jti ${JSON.stringify(jti)}`, { claims: { jti } }] as const,
  ),
  ...[
    '',
    '[]',
    '""',
    'null',
    '1',
    '{',
    '{}',
    '{"a":1}x',
    '{"iss":"a","iss":"b"}',
    '\ufeff{}',
    '{"__proto__":{"iss":"engine-ec"}}',
  ].map((payloadText) => [`payload ${JSON.stringify(payloadText)}`, { payloadText }] as const),
  ...['', '[]', 'null', '{', '{}', '{"alg":"ES384","alg":"none"}', '{"alg":"none","alg":"ES384"}'].map(
    (headerText) => [`header ${JSON.stringify(headerText)}`, { headerText }] as const,
  ),
  ...['7b22ff227d', 'c0af', 'fffe7b007d00', 'eda080'].map(
    (payloadHex) => [`payload bytes ${payloadHex}`, { payloadHex }] as const,
  ),
  ...(['stranger', 'b', 'issuer', 'p256', 'small', 'disabled'] as const).map(
    (key) => [`signed by ${key}`, { key }] as const,
  ),
];

/** Ways to change the text of a valid token at a random place. */
const TEXT_CHANGES: readonly (readonly [string, (token: string, random: () => number) => string])[] = [
  ['a character is another', (token, random) => replaceAt(token, random, (old) => (old === 'A' ? 'B' : 'A'))],
  ['a character is missing', (token, random) => replaceAt(token, random, () => '')],
  ['a character is twice', (token, random) => replaceAt(token, random, (old) => old + old)],
  ['a space is inserted', (token, random) => replaceAt(token, random, (old) => ` ${old}`)],
  ['a tab is inserted', (token, random) => replaceAt(token, random, (old) => `\t${old}`)],
  ['a zero byte is inserted', (token, random) => replaceAt(token, random, (old) => `\0${old}`)],
  ['a point is inserted', (token, random) => replaceAt(token, random, (old) => `.${old}`)],
  ['an equals sign is inserted', (token, random) => replaceAt(token, random, (old) => `=${old}`)],
  ['a letter that looks alike', (token, random) => replaceAt(token, random, () => '\u0430')],
  ['cut off', (token, random) => token.slice(0, Math.floor(random() * token.length))],
  [
    'percent-encoded',
    (token, random) => replaceAt(token, random, (old) => `%${old.charCodeAt(0).toString(16)}`),
  ],
];

function replaceAt(token: string, random: () => number, change: (old: string) => string): string {
  const index = Math.floor(random() * token.length);
  return `${token.slice(0, index)}${change(token[index] ?? 'A')}${token.slice(index + 1)}`;
}

function selectTextChange(index: number): (typeof TEXT_CHANGES)[number] {
  const change = TEXT_CHANGES[index % TEXT_CHANGES.length];
  if (!change) throw new Error('There is no such change.');
  return change;
}

/** Changes a token; one that would be the same is made longer by a point. */
function changeText(valid: string, change: (typeof TEXT_CHANGES)[number][1], random: () => number): string {
  const changed = change(valid, random);
  return changed === valid ? `${valid}.` : changed;
}

/** Changes that make no difference to a client of this kind: they are no faults of its token. */
const isFaultOf = (client: string, kind: string): boolean =>
  client !== 'engine-rsa' || kind !== 'signature der';

/**
 * Lists tokens of which one thing is wrong: each change once, then changes of the text at random places, until there are `count`.
 * Tokens with a change of the text that leaves the text as it was are left out.
 */
export function* listBadTokens(
  client: string,
  now: () => Date,
  count: number,
  seed: number,
): Generator<BadToken> {
  let listed = 0;
  for (const [kind, changes] of CHANGES) {
    if (!isFaultOf(client, kind)) continue;
    listed += 1;
    yield { kind, text: () => buildAssertion({ client, ...changes }, now()) };
  }
  const random = createGenerator(seed);
  for (; listed < count; listed++) {
    const [kind, change] = selectTextChange(listed);
    yield { kind, text: () => changeText(buildAssertion({ client }, now()), change, random) };
  }
}

/** Lists texts that differ from a valid token at one random place, and that a header can have. */
export function* listBadTexts(
  valid: string,
  count: number,
  seed: number,
): Generator<{ kind: string; text: string }> {
  const random = createGenerator(seed);
  for (let listed = 0; listed < count; listed++) {
    const [kind, change] = selectTextChange(listed);
    const text = changeText(valid, change, random);
    if (/^[\t\x20-\x7e]*$/.test(text)) yield { kind, text };
  }
}
