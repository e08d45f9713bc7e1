import { expect, test } from '@jest/globals';
import { createSeal } from '../../src/intake/seal.ts';

const buildKey = (fill: number) => new Uint8Array(32).fill(fill);

test('a sealed text opens with the same key, is unreadable until then, and differs every time', () => {
  const seal = createSeal(buildKey(1));
  const [a, b] = [seal.close('Zhang San, MRN 4711'), seal.close('Zhang San, MRN 4711')];
  expect(seal.open(a)).toBe('Zhang San, MRN 4711');
  expect(Buffer.from(a).toString('latin1')).not.toContain('4711');
  expect(Buffer.from(a).equals(Buffer.from(b))).toBe(false);
});

test('another key or a changed byte opens nothing', () => {
  const sealed = createSeal(buildKey(1)).close('x');
  expect(() => createSeal(buildKey(2)).open(sealed)).toThrow('cannot be opened');
  const changed = Uint8Array.from(sealed, (byte, index) => (index === 13 ? byte ^ 1 : byte));
  expect(() => createSeal(buildKey(1)).open(changed)).toThrow('cannot be opened');
});

test('a patient identifier is found again by a hash that no other key yields', () => {
  const identifier = 'urn:mrn|4711';
  expect(createSeal(buildKey(1)).hash(identifier)).toBe(createSeal(buildKey(1)).hash(identifier));
  expect(createSeal(buildKey(1)).hash(identifier)).not.toBe(createSeal(buildKey(2)).hash(identifier));
  expect(createSeal(buildKey(1)).hash(identifier)).not.toContain('4711');
});
