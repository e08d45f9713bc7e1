import { describe, expect, test } from '@jest/globals';
import { locateResourceIssue, planBundle } from '../../src/fhir/plan-bundle.ts';
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

function planSubject(entry: readonly unknown[], type?: string): unknown {
  const observation = planEntries(entry, type).planned.find(
    ({ interaction }) => interaction.resourceType === 'Observation',
  );
  return observation?.interaction.resource?.subject;
}

describe('references between entries', () => {
  test('a urn:uuid becomes Type/id of an entry without id', () => {
    const entries = [buildPost({ resourceType: 'Patient' }, URN), buildPost(buildObservationAbout(URN))];
    expect(planSubject(entries)).toEqual({ reference: `Patient/${UUID}` });
    expect(planEntries(entries).planned[0]?.interaction).toMatchObject({ method: 'create', id: UUID });
  });

  test('a fullUrl becomes Type/id of an entry with an id, in the URL or the resource', () => {
    const patient = { resourceType: 'Patient', id: 'p1' };
    const url = 'https://ehr.example/fhir/Patient/p1';
    expect(planSubject([buildPost(patient, url), buildPost(buildObservationAbout(url))])).toEqual({
      reference: 'Patient/p1',
    });
    const put = { fullUrl: URN, resource: patient, request: { method: 'PUT', url: 'Patient/p1' } };
    expect(planSubject([put, buildPost(buildObservationAbout(URN))])).toEqual({ reference: 'Patient/p1' });
    expect(
      planSubject(
        [{ fullUrl: url, resource: patient }, { resource: buildObservationAbout(url) }],
        'collection',
      ),
    ).toEqual({
      reference: 'Patient/p1',
    });
  });

  test('a resource with a business identifier has the same id under any urn:uuid', () => {
    const patient = { resourceType: 'Patient', identifier: [{ system: 'urn:mrn', value: '7' }] };
    const subject = planSubject([buildPost(patient, URN), buildPost(buildObservationAbout(URN))]);
    const otherUrn = 'urn:uuid:99999999-1f2a-4c3d-8e9f-a1b2c3d4e5f6';
    expect(planSubject([buildPost(patient, otherUrn), buildPost(buildObservationAbout(otherUrn))])).toEqual(
      subject,
    );
    expect(subject).toMatchObject({ identifier: { system: 'urn:mrn', value: '7' } });
    const otherPatient = { resourceType: 'Patient', identifier: [{ system: 'urn:mrn', value: '8' }] };
    expect(planSubject([buildPost(otherPatient, URN), buildPost(buildObservationAbout(URN))])).not.toEqual(
      subject,
    );
  });

  test('results of a panel that share a number get different ids', () => {
    const identifier = [{ system: 'urn:lab', value: 'A1' }];
    const buildResult = (code: string) => ({
      resourceType: 'Observation',
      identifier,
      code: { coding: [{ code }] },
    });
    const [a, b] = ['urn:uuid:a', 'urn:uuid:b'];
    const panel = { resourceType: 'DiagnosticReport', result: [{ reference: a }, { reference: b }] };
    const { planned } = planEntries([
      buildPost(buildResult('777-3'), a),
      buildPost(buildResult('718-7'), b),
      buildPost(panel),
    ]);
    expect(new Set(planned.map(({ interaction }) => interaction.id)).size).toBe(3);
  });

  test('an entry without references to it gets no id from its fullUrl', () => {
    expect(
      planEntries([buildPost(buildObservationAbout('Patient/1'), URN)]).planned[0]?.interaction.id,
    ).toBeNull();
  });

  test('a reference to no entry, and to a contained resource, is not changed', () => {
    const patient = buildPost({ resourceType: 'Patient' }, URN);
    for (const reference of ['#p', 'Patient/1', 'urn:uuid:11111111-1f2a-4c3d-8e9f-a1b2c3d4e5f6']) {
      expect(planSubject([patient, buildPost(buildObservationAbout(reference))])).toEqual({ reference });
    }
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
