import { expect, test } from '@jest/globals';
import { createSeal } from '../../src/intake/seal.ts';

const buildKey = (fill: number) => new Uint8Array(32).fill(fill);

test('a sealed text opens with the same key, is unreadable until then, and differs every time', () => {
  const seal = createSeal(buildKey(1));
  const [a, b] = [seal.close('Zhang San, MRN 4711'), seal.close('Zhang San, MRN 4711')];
  expect(seal.open(a)).toBe('Zhang San, MRN 4711');
  expect(Buffer.from(a.ciphertext).toString('latin1')).not.toContain('4711');
  expect(a).not.toEqual(b);
});

test('another key, a changed byte or the key of another payload opens nothing', () => {
  const seal = createSeal(buildKey(1));
  const sealed = seal.close('x');
  expect(() => createSeal(buildKey(2)).open(sealed)).toThrow('cannot be opened');
  const change = (bytes: Uint8Array | null) =>
    Uint8Array.from(bytes ?? [], (byte, index) => (index === 13 ? byte ^ 1 : byte));
  expect(() => seal.open({ ...sealed, ciphertext: change(sealed.ciphertext) })).toThrow('cannot be opened');
  expect(() => seal.open({ ...sealed, wrappedKey: change(sealed.wrappedKey) })).toThrow('cannot be opened');
  expect(() => seal.open({ ...sealed, wrappedKey: seal.close('y').wrappedKey })).toThrow('cannot be opened');
});

test('with the seal key alone, a payload whose own key was destroyed cannot be opened', () => {
  const seal = createSeal(buildKey(1));
  const { ciphertext } = seal.close('Zhang San, MRN 4711');
  for (const wrappedKey of [null, new Uint8Array(60), new Uint8Array()])
    expect(() => seal.open({ ciphertext, wrappedKey })).toThrow('cannot be opened');
});

test('a payload of a version without keys of payloads opens', () => {
  // Sealed by that version with a key of 32 bytes 01.
  const ciphertext = Buffer.from(
    '2da4f9a40275be2aedd809243d15012b932b7c1342ab17d8fcd5998950707be97da33d6d948c5ca5c447f6f5261633',
    'hex',
  );
  expect(createSeal(buildKey(1)).open({ ciphertext, wrappedKey: null })).toBe('Zhang San, MRN 4711');
});

test('a patient identifier is found again by a hash that no other key yields', () => {
  const identifier = 'urn:mrn|4711';
  expect(createSeal(buildKey(1)).hash(identifier)).toBe(createSeal(buildKey(1)).hash(identifier));
  expect(createSeal(buildKey(1)).hash(identifier)).not.toBe(createSeal(buildKey(2)).hash(identifier));
  expect(createSeal(buildKey(1)).hash(identifier)).not.toContain('4711');
});
