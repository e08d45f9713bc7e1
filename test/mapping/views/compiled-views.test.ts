import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringifyJson } from '../../../src/fhir/lossless-json.ts';
import { compileTwice, findEvaluatorDifference } from './compare-evaluators.ts';
import { createDraw } from './draw.ts';
import { DRAWN_RESOURCE_TYPES, drawResource } from './draw-resource.ts';
import { drawView } from './draw-view.ts';

/** Pairs of a view and a resource; a view is drawn once for several resources, as parsing it takes longest. */
const PAIRS = Number(process.env.VIEW_PAIRS ?? 1_500);
const RESOURCES_PER_VIEW = 10;
/** The same pairs each time; another number draws others. */
const SEED = Number(process.env.VIEW_SEED ?? 1);

test('a compiled view and the engine say the same of any resource', () => {
  fc.assert(
    fc.property(fc.gen(), (generate) => {
      const draw = createDraw(generate);
      const type = draw.pick(DRAWN_RESOURCE_TYPES);
      const view = drawView(draw, type);
      const pair = compileTwice(view);
      if (!pair) return;
      for (let i = 0; i < RESOURCES_PER_VIEW; i++) {
        const resource = drawResource(draw, type);
        const { text } = findEvaluatorDifference(pair, resource);
        if (text !== null) throw new Error(`${stringifyJson(view)}\n${stringifyJson(resource)}\n${text}`);
      }
    }),
    { numRuns: Math.ceil(PAIRS / RESOURCES_PER_VIEW), seed: SEED, endOnFailure: true },
  );
  expect.assertions(0);
});

/** What generated pairs seldom meet: an expression, a Patient, and the values that it selects there. */
const RARE: readonly (readonly [path: string, patient: object, values: readonly unknown[]])[] = [
  ['$this.where(active).id', { id: 'a', active: false }, ['a']],
  ['$this.where(active = true).id', { id: 'a', active: false }, []],
  ['name.where(use = family).use', { name: [{ use: 'a', family: 'a' }] }, ['a']],
  ['name.where(use = family).use', { name: [{ use: 'a', _use: { id: 'x' }, family: 'a' }] }, []],
  ['gender.extension.url', { _gender: { extension: [{ url: 'urn:a' }] } }, ['urn:a']],
  ['contact.extension.url', { contact: {}, _contact: { extension: [{ url: 'urn:a' }] } }, ['urn:a']],
  ["gender.extension('urn:a').value", { _gender: { extension: [{ url: 'urn:a', valueCode: 'x' }] } }, ['x']],
  [
    "name.where(use != 'a').family",
    { name: [{ use: 'a', family: 'b' }, { use: 'c', family: 'd' }, { family: 'e' }] },
    ['d'],
  ],
  ['birthDate = @2020-01', { birthDate: '2020' }, []],
  ['birthDate < @2020-01', { birthDate: '2019' }, [true]],
  [
    'deceased.ofType(dateTime) = @2020-01-01T10:00:00Z',
    { deceasedDateTime: '2020-01-01T11:00:00+01:00' },
    [true],
  ],
  ['multipleBirth.ofType(integer) = 2.0', { multipleBirthInteger: 2 }, [true]],
  ['Patient.name.family', { name: [{ family: 'a' }] }, ['a']],
  ['contained.id', { contained: [{ resourceType: 'Observation', id: 'o' }] }, ['o']],
  ["name.given.join('-')", { name: [{ given: ['a', 'b'] }] }, ['a-b']],
  [
    'managingOrganization.getReferenceKey(Organization)',
    { managingOrganization: { reference: 'Organization/1/_history/2' } },
    ['Organization/1'],
  ],
];

test.each(RARE)('%s of %j is %j', (path, patient, values) => {
  const select = [{ column: [{ name: 'a', path, collection: true }] }];
  const pair = compileTwice({ resource: 'Patient', status: 'active', select });
  const resource = { resourceType: 'Patient', ...patient };
  expect(pair?.compiled.listRows(resource).map((row) => row.getValue('a'))).toEqual([values]);
  expect(pair && findEvaluatorDifference(pair, resource).text).toBe(null);
});
