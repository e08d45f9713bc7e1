import { describe, expect, test } from '@jest/globals';
import {
  decodeUtf8,
  parseJson,
  readDigits,
  stringifyJson,
  toCanonicalJson,
} from '../../src/fhir/lossless-json.ts';

const toBytes = (...values: number[]) => Uint8Array.from(values);

describe('decimals keep their digits', () => {
  test.each([
    '1.50',
    '0.010',
    '100',
    '100.0',
    '1E-22',
    '-0',
    '-0.0',
    '0.12345678901234567890',
    '123456789012345678',
  ])('%s', (text) => {
    const tree = parseJson(`{"value":${text}}`) as { value: unknown };
    expect(readDigits(tree.value)).toBe(text);
    expect(stringifyJson(tree)).toBe(`{"value":${text}}`);
  });
});

describe('refused as malformed', () => {
  test.each([
    ['broken JSON', '{"a":'],
    ['trailing garbage', '{"a":1} x'],
    ['only white space', '  '],
    ['a key that occurs twice with two values', '{"value":1,"value":2}'],
    ['a key that reaches the prototype', '{"__proto__":{"isAdmin":true}}'],
    ['the same key spelt with an escape', '{"\\u005f_proto__":{}}'],
    ['a NUL in a string', '{"a":"\\u0000"}'],
    ['a lone surrogate', '{"a":"\\ud800"}'],
    ['nesting deeper than any FHIR resource', `${'['.repeat(200)}${']'.repeat(200)}`],
    ['a number of a thousand digits', `{"a":${'9'.repeat(1000)}}`],
  ])('%s', (_name, text) => {
    expect(() => parseJson(text)).toThrow(expect.objectContaining({ code: 'fhir/malformed' }));
  });

  test('a million brackets do not overflow the stack', () => {
    expect(() => parseJson('['.repeat(1_000_000))).toThrow('nested deeper');
  });

  test('the message never quotes the payload', () => {
    expect(() => parseJson('{"name":"Zhang San" oops}')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('Zhang') }),
    );
  });
});

test('escaped characters that FHIR allows are accepted', () => {
  expect(parseJson('{"a":"\\u00b5\\n\\ud83d\\ude00"}')).toEqual({ a: 'µ\n😀' });
});

test('invalid UTF-8 is refused, not repaired', () => {
  expect(() => decodeUtf8(toBytes(0x22, 0xff, 0x22))).toThrow('not valid UTF-8');
  expect(decodeUtf8(toBytes(0x22, 0xc2, 0xb5, 0x22))).toBe('"µ"');
});

test('a byte order mark is not JSON', () => {
  expect(() => parseJson(decodeUtf8(toBytes(0xef, 0xbb, 0xbf, 0x7b, 0x7d)))).toThrow('not valid JSON');
});

test('canonical JSON is the same for any order of properties, and differs where digits differ', () => {
  expect(toCanonicalJson(parseJson('{"b":{"d":1.50,"c":[2,1]},"a":1}'))).toBe(
    '{"a":1,"b":{"c":[2,1],"d":1.50}}',
  );
  expect(toCanonicalJson(parseJson('{"a":1.5}'))).not.toBe(toCanonicalJson(parseJson('{"a":1.50}')));
});
