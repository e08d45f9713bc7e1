import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { locateEntryResources } from '../../../src/fhir/bundles/locate-entries.ts';

test('the text of each resource is what was sent, spaces and digits included', () => {
  const text = ` { "type":"batch", "entry" : [ { "resource" : {"id":"a",\n "v": 1.50 } , "x":[{"resource":1}] }, {} , 7,
    {"fullUrl":"u\\"}","resource":null}] , "n":{"entry":[]} }`;
  expect(locateEntryResources(text)).toEqual(['{"id":"a",\n "v": 1.50 }', null, null, 'null']);
});

test.each(['[]', '"entry"', '{}', '{"entry":{}}', '{"entry":[]}', ' 1 '])('%s has no entries', (text) => {
  expect(locateEntryResources(text)).toEqual([]);
});

test('a key that is written with escapes is the same key', () => {
  expect(locateEntryResources('{"\\u0065ntry":[{"res\\u006Furce":{}}]}')).toEqual(['{}']);
});

/** JSON in every style: as it is, or with spaces. */
const styles = fc.constantFrom(undefined, 1, '\t', ' \r\n');

test('for any Bundle in any style, the texts are those of the resources', () => {
  const entries = fc.array(
    fc.oneof(fc.record({ fullUrl: fc.string(), resource: fc.jsonValue() }), fc.jsonValue()),
  );
  fc.assert(
    fc.property(
      fc.record({ more: fc.jsonValue(), entry: entries, last: fc.string() }),
      styles,
      (bundle, style) => {
        const text = JSON.stringify(bundle, null, style);
        const parsed = JSON.parse(text) as { entry: readonly unknown[] };
        const wanted = parsed.entry.map((entry) =>
          typeof entry === 'object' &&
          entry !== null &&
          !Array.isArray(entry) &&
          Object.hasOwn(entry, 'resource')
            ? (entry as { resource: unknown }).resource
            : 'none',
        );
        const found = locateEntryResources(text).map((part) => (part === null ? 'none' : JSON.parse(part)));
        expect(found).toEqual(wanted);
      },
    ),
    { numRuns: 500 },
  );
});
