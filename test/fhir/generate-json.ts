import fc from 'fast-check';

const oddNumbers = fc.constantFrom(
  ...['0', '-0', '1.10', '1e3', '1E400', '-1e-400', '0.1e-7', '0.0000001', '0.000001', '100', '-7', '0.10'],
  ...['12345678901234567890', '123456789012345', '0.1234567890123456', '9007199254740993', '1e21', '1.0'],
  ...['999999999999999', '99999999999999.9', '5e-324', '2.5E+3', '0e0', '-1.50', '0.30000000000000004'],
);
const numbers = fc.oneof(
  oddNumbers,
  fc.tuple(fc.nat(), fc.nat({ max: 999 })).map(([whole, part]) => `${whole}.${part}`),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
);
/** Texts that look like JSON inside, with escapes of their own and with none. */
const strings = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text.replace(/\p{Cc}/gu, ''))),
  fc.constantFrom(
    '""',
    '"1.50"',
    '"{\\"a\\": 1.0, [\\\\"',
    '"\\\\"',
    '"\\u00b5"',
    '"µ 0.10"',
    '"\\n", "😀"}',
  ),
  fc.constantFrom('"a:1.50,]"', '"\\\\\\""', '"\\ud83d\\ude00"'),
);
/** Keys that return in one object, differ only in what a digest of them leaves out, or need escapes. */
const keys = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom('"a"', '"b"', '"value"', '"axbxc"', '"aybyc"', '"10"', '"2"', '"µ"'),
  },
  { weight: 1, arbitrary: fc.constantFrom('""', '"\\u0061"', '"a\\"b"') },
);
const spaces = fc.constantFrom('', '', '', ' ', '\n\t', '\r\n  ');

/** Texts of any JSON value: odd numbers, strings that look like JSON, keys that return in one object. */
export const { text: jsonTexts } = fc.letrec<{ text: string; list: string; object: string }>((tie) => {
  const value = fc.oneof(
    { depthSize: 'medium' },
    numbers,
    strings,
    fc.constantFrom('true', 'null'),
    tie('list'),
    tie('object'),
  );
  const padded = fc.tuple(spaces, value, spaces).map((parts) => parts.join(''));
  const property = fc.tuple(keys, spaces, padded).map(([key, space, inner]) => `${key}${space}:${inner}`);
  return {
    text: fc.oneof({ weight: 1, arbitrary: value }, { weight: 5, arbitrary: tie('object') }),
    list: fc.array(padded, { maxLength: 5 }).map((items) => `[${items.join(',')}]`),
    object: fc.array(property, { maxLength: 7 }).map((properties) => `{${properties.join(', ')}}`),
  };
});
