import { describe, expect, test } from '@jest/globals';
import { findReferencedEntry, replaceReferences } from '../../src/fhir/bundles/bundle-references.ts';
import {
  locateResourceIssue,
  planBundle,
  refuseLargeTransaction,
} from '../../src/fhir/bundles/plan-bundle.ts';
import { isObject } from '../../src/fhir/resource.ts';

const UUID = '0b7e4d6c-1f2a-4c3d-8e9f-a1b2c3d4e5f6';
const URN = `urn:uuid:${UUID}`;

const buildPost = (resource: { resourceType: string }, fullUrl?: string) => ({
  ...(fullUrl ? { fullUrl } : {}),
  resource,
  request: { method: 'POST', url: resource.resourceType },
});
const buildObservationAbout = (reference: string) => ({
  resourceType: 'Observation',
  subject: { reference },
});
const planEntries = (entry: readonly unknown[], type = 'transaction') =>
  planBundle({ resourceType: 'Bundle', type, entry });

/** Plans a Bundle of these entries, the last of which refers to another; returns that one's resource, by the reference. */
function findTarget(entry: readonly unknown[], reference: string, type?: string): unknown {
  const place = planEntries(entry, type).planned.at(-1)?.interaction.place;
  if (!place) throw new Error('An entry has no place in its Bundle.');
  return findReferencedEntry(place, reference)?.resource ?? null;
}

describe('references between entries', () => {
  const patient = { resourceType: 'Patient', name: [{ text: 'first' }] };
  const result = buildObservationAbout('x');

  test('a fullUrl leads to its entry, with or without a version', () => {
    expect(findTarget([buildPost(patient, URN), buildPost(result)], URN)).toBe(patient);
    const url = 'https://ehr.example/fhir/Patient/p1';
    for (const type of ['transaction', 'collection'])
      for (const reference of [url, `${url}/_history/3`])
        expect(findTarget([buildPost(patient, url), buildPost(result)], reference, type)).toBe(patient);
  });

  test('Type/id is relative to the base of the entry that refers', () => {
    const other = { resourceType: 'Patient', name: [{ text: 'second' }] };
    const entries = (base: string) => [
      buildPost(patient, 'https://a.example/fhir/Patient/1'),
      buildPost(other, 'https://b.example/fhir/Patient/1'),
      buildPost(result, `${base}Observation/9`),
    ];
    expect(findTarget(entries('https://a.example/fhir/'), 'Patient/1')).toBe(patient);
    expect(findTarget(entries('https://b.example/fhir/'), 'Patient/1')).toBe(other);
    expect(findTarget(entries('https://c.example/fhir/'), 'Patient/1')).toBeNull();
  });

  test('without a base, Type/id leads to the only entry with such a fullUrl', () => {
    const first = buildPost(patient, 'https://a.example/fhir/Patient/1');
    expect(findTarget([first, buildPost(result, URN)], 'Patient/1')).toBe(patient);
    const second = buildPost(patient, 'https://b.example/fhir/Patient/1');
    expect(findTarget([first, second, buildPost(result, URN)], 'Patient/1')).toBeNull();
  });

  test('a reference to no entry, and to a contained resource, leads nowhere', () => {
    for (const reference of ['#p', 'Patient/1', 'urn:uuid:11111111-1f2a-4c3d-8e9f-a1b2c3d4e5f6'])
      expect(findTarget([buildPost(patient, URN), buildPost(result)], reference)).toBeNull();
  });

  test('a resolved reference keeps its identifier, and gets one where it has none', () => {
    const identifier = { system: 'urn:mrn', value: '7' };
    const resolved = new Map([[URN, { reference: 'Patient/p1', identifier }]]);
    const own = { reference: URN, identifier: { value: '8' } };
    expect(replaceReferences({ subject: { reference: URN }, focus: [own] }, resolved)).toEqual({
      subject: { reference: 'Patient/p1', identifier },
      focus: [{ reference: 'Patient/p1', identifier: { value: '8' } }],
    });
  });
});

describe('the order of processing', () => {
  test('deletes, patients, research subjects, products, the rest', () => {
    const types = ['Observation', 'Medication', 'ResearchSubject', 'Patient', 'BiologicallyDerivedProduct'];
    const remove = { request: { method: 'DELETE', url: 'Condition/1' } };
    const { planned } = planEntries([...types.map((resourceType) => buildPost({ resourceType })), remove]);
    expect(planned.map(({ index }) => index)).toEqual([5, 3, 2, 1, 4, 0]);
  });
});

describe('entries that are refused', () => {
  const observation = buildObservationAbout('Patient/1');
  test.each<[string, unknown, number, string]>([
    ['no request', { resource: observation }, 422, 'request.method'],
    [
      'an absolute url',
      { resource: observation, request: { method: 'POST', url: 'http://a.example/x' } },
      422,
      'request.url',
    ],
    [
      'a url with ..',
      { resource: observation, request: { method: 'POST', url: '../Observation' } },
      422,
      'request.url',
    ],
    [
      'POST with an id',
      { resource: observation, request: { method: 'POST', url: 'Observation/1' } },
      422,
      'request.url',
    ],
    [
      'an unknown type',
      { resource: { resourceType: 'Toast' }, request: { method: 'POST', url: 'Toast' } },
      404,
      '',
    ],
    [
      'another type',
      { resource: observation, request: { method: 'POST', url: 'Patient' } },
      422,
      'resource.resourceType',
    ],
    [
      'another id',
      { resource: { ...observation, id: 'a' }, request: { method: 'PUT', url: 'Observation/b' } },
      422,
      'resource.id',
    ],
    ['GET', { request: { method: 'GET', url: 'Patient' } }, 405, 'request.method'],
    ['PATCH', { request: { method: 'PATCH', url: 'Patient/1' } }, 405, 'request.method'],
    ['a delete by search', { request: { method: 'DELETE', url: 'Patient?identifier=a|b' } }, 405, ''],
    [
      'an empty ifNoneExist',
      { resource: observation, request: { method: 'POST', url: 'Observation', ifNoneExist: '' } },
      422,
      'request.ifNoneExist',
    ],
    ['no resource', { request: { method: 'POST', url: 'Observation' } }, 422, 'resource'],
  ])('%s', (_name, entry, status, at) => {
    const { planned, refused } = planEntries([buildPost({ resourceType: 'Patient' }), entry], 'batch');
    expect(planned.map(({ index }) => index)).toEqual([0]);
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({ index: 1, status });
    expect(refused[0]?.issue.expression).toBe(`Bundle.entry[1]${at === '' ? '' : `.${at}`}`);
  });

  test('a fullUrl of two entries refuses the Bundle, unless they are two versions', () => {
    const patient = { resourceType: 'Patient', id: 'p1' };
    expect(() => planEntries([buildPost(patient, URN), buildPost(patient, URN)])).toThrow('fullUrl');
    const version = (versionId: string) => ({ fullUrl: URN, resource: { ...patient, meta: { versionId } } });
    expect(planEntries([version('1'), version('2')], 'collection').planned).toHaveLength(2);
  });
});

describe('conditional update', () => {
  const patient = { resourceType: 'Patient', identifier: [{ system: 'urn:mrn', value: 'a b' }] };
  const put = (url: string) => planEntries([{ resource: patient, request: { method: 'PUT', url } }], 'batch');

  test('by an identifier that the resource has', () => {
    const [entry] = put('Patient?identifier=urn:mrn|a%20b').planned;
    expect(entry?.interaction).toMatchObject({ method: 'create', id: null, ifNoneExist: null });
  });

  test.each([
    'Patient?identifier=urn:mrn|c',
    'Patient?name=a',
    'Patient?identifier=a&_id=1',
    'Patient?identifier=%ff',
  ])('not by %s', (url) => {
    expect(put(url).refused).toHaveLength(1);
  });
});

test('an issue of a resource is located in its entry', () => {
  const issue = { severity: 'error', code: 'value', detail: 'fhir-invalid', diagnostics: 'y' } as const;
  const locate = (expression?: string) =>
    locateResourceIssue(3, expression === undefined ? issue : { ...issue, expression }).expression;
  expect(locate('Observation.component[1].code')).toBe('Bundle.entry[3].resource.component[1].code');
  expect(locate('Observation')).toBe('Bundle.entry[3].resource');
  expect(locate()).toBe('Bundle.entry[3]');
});

test('planning does not change the tree that was sent', () => {
  const bundle = {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [buildPost({ resourceType: 'Patient' }, URN), buildPost(buildObservationAbout(URN))],
  };
  const before = JSON.stringify(bundle);
  planBundle(bundle);
  expect(JSON.stringify(bundle)).toBe(before);
  expect(isObject(bundle)).toBe(true);
});

test('a transaction of more entries than are stored in one piece is refused; types of which nothing is kept do not count', () => {
  const buildEntries = (type: string, n: number) =>
    Array.from({ length: n }, (_, i) => ({
      resource: { resourceType: type, id: `${type}${i}` },
      request: { method: 'PUT', url: `${type}/${type}${i}` },
    }));
  const plan = (type: string, entry: unknown[]) => planBundle({ resourceType: 'Bundle', type, entry });
  const many = buildEntries('Observation', 301);
  expect(() => refuseLargeTransaction(plan('transaction', many))).toThrow(
    expect.objectContaining({ code: 'fhir/too-large', at: 'Bundle.entry' }),
  );
  refuseLargeTransaction(plan('batch', many));
  refuseLargeTransaction(plan('transaction', [...many.slice(1), ...buildEntries('Claim', 900)]));
});
