import { expect, test } from '@jest/globals';
import { createSeal } from '../../src/intake/seal.ts';

const buildKey = (fill: number) => new Uint8Array(32).fill(fill);

test('what is closed opens with the same key, reads as nothing in between, and differs every time', () => {
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

test('a name is found again by a hash that another key does not give', () => {
  const name = 'urn:mrn|4711';
  expect(createSeal(buildKey(1)).hash(name)).toBe(createSeal(buildKey(1)).hash(name));
  expect(createSeal(buildKey(1)).hash(name)).not.toBe(createSeal(buildKey(2)).hash(name));
  expect(createSeal(buildKey(1)).hash(name)).not.toContain('4711');
});
