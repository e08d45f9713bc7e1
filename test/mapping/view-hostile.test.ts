import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Failure } from '../../src/errors.ts';
import { toCanonicalJson } from '../../src/fhir/canonical-json.ts';
import { parseJson } from '../../src/fhir/lossless-json.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { compileView } from '../../src/mapping/view/compile-view.ts';

const view = compileView({
  resource: 'Observation',
  select: [
    {
      column: [
        { name: 'key', path: 'getResourceKey()' },
        { name: 'subject', path: 'subject.getReferenceKey(Patient)' },
        { name: 'time', path: 'effective.ofType(dateTime)' },
        {
          name: 'codes',
          path: 'code.coding.where(system.exists() and code.exists()).code',
          collection: true,
        },
        { name: 'note', path: "extension('urn:x').value.ofType(string).first()" },
      ],
    },
    {
      forEachOrNull: 'component',
      column: [
        { name: 'value', path: 'value.ofType(Quantity).value' },
        { name: 'large', path: 'value.ofType(Quantity).value > 5' },
      ],
    },
  ],
});

const elementNames = [
  'id',
  'subject',
  'effectiveDateTime',
  'code',
  'coding',
  'system',
  'component',
  'valueQuantity',
  'value',
];
const otherNames = [
  'extension',
  'url',
  'reference',
  'resourceType',
  '_id',
  '_valueQuantity',
  'valueString',
  'contained',
];
const leaf = fc.oneof(
  fc.string(),
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.constantFrom('urn:x', 'Patient/1'),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, depthSize: 'medium' },
    leaf,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...elementNames, ...otherNames), tie('tree'), { maxKeys: 6 }),
  ),
}));

test('a resource of any shape yields rows or a failure with a place, and is not changed', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...elementNames, ...otherNames), tree), (body) => {
      const resource = parseJson(JSON.stringify({ ...body, resourceType: 'Observation' })) as Resource;
      const before = toCanonicalJson(resource);
      try {
        for (const row of view.listRows(resource)) {
          expect(Object.keys(row.values)).toEqual(view.columns.map((column) => column.name));
          for (const element of Object.values(row.elements)) expect(element).toMatch(/^Observation/);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(Failure);
        expect((error as Failure).code).toBe('fhir/invalid');
      }
      expect(toCanonicalJson(resource)).toBe(before);
    }),
    { numRuns: 400 },
  );
});
