import { createHash, createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { computeLink, startChain, toTrailJson } from '../../src/audit/audit-chain.ts';
import { createNameHash } from '../../src/audit/name-hash.ts';

const computeSha256 = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

test('a link is the hash of the link before it and the entry', () => {
  const first = startChain('*');
  expect(first.toString('hex')).toBe(computeSha256('trial-adapter audit chain *'));
  expect(computeLink(first, '{"ä":1}').toString('hex')).toBe(
    computeSha256(first, Buffer.from('{"ä":1}', 'utf8')),
  );
});

test('chains of different names have different beginnings', () => {
  expect(startChain('a')).not.toEqual(startChain('b'));
});

test('canonical JSON sorts names by code units, at every depth, and leaves out what is undefined', () => {
  expect(toTrailJson({ b: [{ d: null, c: true }], a: 'x', z: undefined, '\u{1f600}': 1, ﬀ: 2 })).toBe(
    '{"a":"x","b":[{"c":true,"d":null}],"\u{1f600}":1,"ﬀ":2}',
  );
});

test('the canonical form of an entry does not depend on the order in which it was built', () => {
  const values = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.array(fc.string())));
  fc.assert(
    fc.property(values, (value) => {
      const reversed = Object.fromEntries(Object.entries(value).reverse());
      expect(toTrailJson(reversed)).toBe(toTrailJson(value));
      expect(JSON.parse(toTrailJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('a number whose form two programs may write differently is refused', () => {
  for (const number of [0.1, Number.NaN, 2 ** 60]) expect(() => toTrailJson({ number })).toThrow('integer');
});

test('names and content are hashed under a key, and never to the same value', () => {
  const [one, other] = [createNameHash(Buffer.alloc(32, 1)), createNameHash(Buffer.alloc(32, 2))];
  expect(one.hashName('Patient/1')).not.toBe(other.hashName('Patient/1'));
  expect(one.hashContent('x').startsWith(one.hashName('x'))).toBe(false);
  expect(one.hashName('Patient/1')).toBe(one.hashName('Patient/1'));
});

test('the keyed hash is HMAC-SHA-256', () => {
  const key = Buffer.from('0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20', 'hex');
  for (const text of ['', 'Ä', 'x'.repeat(300)]) {
    const expected = createHmac('sha256', key).update(`content\n${text}`).digest('base64url');
    expect(createNameHash(key).hashContent(text)).toBe(expected);
  }
});
