import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  checkDecision,
  type DecisionTrust,
  type StoredDecision,
  TRUST_WITHOUT_PEOPLE,
} from '../../src/signatures/check-decision.ts';
import {
  type DecidedRecord,
  hashRecord,
  matchesShownHash,
  type SignedDecision,
} from '../../src/signatures/decision-manifest.ts';
import { type DecisionSigner, formatPublicKey, signDecision } from '../../src/signatures/sign-decision.ts';

const AT = '2026-03-01T09:00:00.000Z';
const RECORD: DecidedRecord = {
  ...{ kind: 'work-item', key: 'W-1', hash: hashRecord({ asks: 'what is PLTC' }) },
  ...{ site: 'site-1', study: null, subject: null },
};

/** RFC 8032, section 7.1, test 1. */
const RFC_KEY = createPrivateKey({
  key: Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex'),
  ]),
  ...{ format: 'der', type: 'pkcs8' },
});

const SIGNER: DecisionSigner = {
  identity: { name: 'Prof. A. Novak', id: 'novak' },
  authentication: { method: 'personal-key', systemUser: 'anovak' },
  privateKey: RFC_KEY,
};
const DECISION = { verdict: 'accepted', target: 'platelets', entry: null };
const DRAFT = {
  record: RECORD,
  rules: 'r',
  decision: DECISION,
  reason: 'asked',
  meaning: 'approval',
  at: AT,
};

const buildTrust = (person: string | null, retiredAt: string | null = null): DecisionTrust => ({
  findKey: (publicKey) => (publicKey === formatPublicKey(RFC_KEY) ? { publicKey, person, retiredAt } : null),
  requiresSignature: (at) => at >= '2026-01-01',
});
const TRUST = buildTrust('novak');

const buildStored = (signed: SignedDecision | null, more: Partial<StoredDecision> = {}): StoredDecision => ({
  record: { kind: RECORD.kind, key: RECORD.key, hash: RECORD.hash },
  ...{ decision: DECISION, by: 'Prof. A. Novak', why: 'asked', at: AT, signed },
  ...more,
});
const check = (signed: SignedDecision | null, more: Partial<StoredDecision> = {}, trust = TRUST) =>
  checkDecision(trust, buildStored(signed, more));

const signed = signDecision(SIGNER, DRAFT);

test('the public key is that of RFC 8032', () => {
  expect(Buffer.from(signed.key, 'base64url').toString('hex')).toBe(
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
  );
});

test('what was signed is valid, with name, time and meaning, also after it was stored', () => {
  const stored = JSON.parse(JSON.stringify(signed)) as SignedDecision;
  expect(check(stored)).toEqual({ state: 'signed', name: 'Prof. A. Novak', at: AT, meaning: 'approval' });
});

test('the order of the keys does not matter, which a database may change', () => {
  const { manifest, ...rest } = signed;
  const turned = Object.fromEntries(Object.entries(manifest).reverse()) as unknown as typeof manifest;
  expect(check({ ...rest, manifest: turned }).state).toBe('signed');
});

describe('invalid', () => {
  const { key, signature, manifest } = signed;
  const flip = (text: string) => `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`;

  test.each<[string, string, SignedDecision | null, Partial<StoredDecision>]>([
    ['without a signature', 'missing', null, {}],
    ['another key', 'unknown-key', { ...signed, key: flip(key) }, {}],
    ['another signature', 'signature', { ...signed, signature: flip(signature) }, {}],
    [
      'another name signed',
      'signature',
      { ...signed, manifest: { ...manifest, signer: { name: 'X', id: 'novak' } } },
      {},
    ],
    [
      'something added to what was signed',
      'signature',
      { ...signed, manifest: { ...manifest, more: 1 } as never },
      {},
    ],
    ['a shorter signature', 'signature', { ...signed, signature: signature.slice(0, 80) }, {}],
    [
      'spare bits of the signature set',
      'signature',
      {
        ...signed,
        signature: signature.replace(/.$/, (last) => String.fromCharCode(last.charCodeAt(0) + 1)),
      },
      {},
    ],
    [
      'characters that base64url has not',
      'signature',
      { ...signed, signature: `${signature.slice(0, 40)}\n${signature.slice(40)}` },
      {},
    ],
    ['no manifest', 'signature', { ...signed, manifest: null as never }, {}],
    [
      'a manifest without signer',
      'signature',
      { ...signed, manifest: { ...manifest, signer: undefined as never } },
      {},
    ],
    ['another decision stored', 'altered', signed, { decision: { ...DECISION, target: 'hemoglobin' } }],
    ['another name stored', 'altered', signed, { by: 'Dr B. Li' }],
    ['another reason stored', 'altered', signed, { why: null }],
    ['another time stored', 'altered', signed, { at: '2026-03-02T09:00:00.000Z' }],
    ['another record', 'other-record', signed, { record: { ...RECORD, key: 'W-2' } }],
    ['a record of another kind', 'other-record', signed, { record: { ...RECORD, kind: 'adjudication' } }],
    ['a record that has changed', 'other-record', signed, { record: { ...RECORD, hash: hashRecord({}) } }],
  ])('%s', (_title, fault, altered, more) => {
    expect(check(altered, more)).toEqual({ state: 'invalid', fault });
  });

  test('a key of somebody else, or of the service for a personal key, or a personal key for who signed in', () => {
    const oidc = signDecision(
      {
        ...SIGNER,
        authentication: {
          ...{ method: 'oidc', issuer: 'https://id.example', authenticatedAt: AT },
          ...{ contextClass: null, methods: [] },
        },
      },
      DRAFT,
    );
    const find = (value: SignedDecision, person: string | null) => check(value, {}, buildTrust(person));
    expect(find(signed, 'li')).toEqual({ state: 'invalid', fault: 'other-signer' });
    expect(find(signed, null)).toEqual({ state: 'invalid', fault: 'other-signer' });
    expect(find(oidc, 'novak')).toEqual({ state: 'invalid', fault: 'other-signer' });
    // The control: the service for who signed in.
    expect(find(oidc, null).state).toBe('signed');
  });

  test('a key that was retired before', () => {
    expect(check(signed, {}, buildTrust('novak', AT))).toEqual({ state: 'invalid', fault: 'retired-key' });
    expect(check(signed, {}, buildTrust('novak', '2026-03-01T09:00:00.001Z')).state).toBe('signed');
  });

  test('a signature where nobody is configured: nobody can tell whose it is', () => {
    expect(check(signed, {}, TRUST_WITHOUT_PEOPLE)).toEqual({ state: 'invalid', fault: 'unknown-key' });
  });
});

test('without a signature, only a decision from before one was needed counts, and is called unsigned', () => {
  expect(check(null, { at: '2025-12-31T00:00:00Z' })).toEqual({ state: 'unsigned' });
  expect(check(null, {}, TRUST_WITHOUT_PEOPLE)).toEqual({ state: 'unsigned' });
});

test('only Ed25519 signs decisions', () => {
  const { privateKey } = generateKeyPairSync('ed448');
  expect(() => signDecision({ ...SIGNER, privateKey }, DRAFT)).toThrow();
});

test.each([
  ['the whole hash', RECORD.hash, true],
  ['its first digits, in capitals too', RECORD.hash.slice(0, 12).toUpperCase(), true],
  ['too few digits', RECORD.hash.slice(0, 7), false],
  ['other digits', '0'.repeat(12), false],
  ['nothing', '', false],
])('a record is named by %s', (_title, shown, isSame) => {
  expect(matchesShownHash(RECORD.hash, shown)).toBe(isSame);
});
