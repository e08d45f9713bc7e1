import { describe, expect, test } from '@jest/globals';
import { toCanonicalJson } from '../../src/fhir/canonical-json.ts';
import { decodeUtf8 } from '../../src/fhir/decode-text.ts';
import { parseJson, readDigits, stringifyJson } from '../../src/fhir/lossless-json.ts';

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

test('a byte order mark before the text is skipped; elsewhere it is a character', () => {
  expect(parseJson(decodeUtf8(toBytes(0xef, 0xbb, 0xbf, 0x7b, 0x7d)))).toEqual({});
  expect(() => parseJson(decodeUtf8(toBytes(0x7b, 0xef, 0xbb, 0xbf, 0x7d)))).toThrow('not valid JSON');
  expect(decodeUtf8(toBytes(0x22, 0xef, 0xbb, 0xbf, 0x22))).toBe('"\ufeff"');
});

describe('UTF-16 and UTF-32 are refused by name', () => {
  const encode = (text: string, width: number, isBigEndian: boolean, mark = '') =>
    Uint8Array.from(
      [...(mark + text)].flatMap((character) => {
        const code = character.codePointAt(0) ?? 0;
        const bytes = [...Array.from({ length: width - 2 }, () => 0), code >> 8, code & 0xff];
        return isBigEndian ? bytes : bytes.reverse();
      }),
    );

  test.each([
    ['UTF-16 (little endian)', 2, false, '\ufeff'],
    ['UTF-16 (big endian)', 2, true, '\ufeff'],
    ['UTF-16 (little endian)', 2, false, ''],
    ['UTF-16 (big endian)', 2, true, ''],
    ['UTF-32 (little endian)', 4, false, '\ufeff'],
    ['UTF-32 (big endian)', 4, true, '\ufeff'],
  ])('%s, %i bytes a character, with the mark "%s"', (encoding, width, isBigEndian, mark) => {
    expect(() => decodeUtf8(encode('{"a":1}', width, isBigEndian, mark))).toThrow(encoding);
  });
});

test('canonical JSON is the same for any order of properties, and differs where digits differ', () => {
  expect(toCanonicalJson(parseJson('{"b":{"d":1.50,"c":[2,1]},"a":1}'))).toBe(
    '{"a":1,"b":{"c":[2,1],"d":1.50}}',
  );
  expect(toCanonicalJson(parseJson('{"a":1.5}'))).not.toBe(toCanonicalJson(parseJson('{"a":1.50}')));
});
