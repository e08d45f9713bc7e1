import { beforeAll, describe, expect, test } from '@jest/globals';
import { type ServedAdapter, useInstallation } from '../support/with-installation.ts';
import { buildPlateletCount } from './hospital-resources.ts';

/** The real service, one process for the whole file, used as a hospital's integration engineer uses it. */
const installation = useInstallation();
let served: ServedAdapter;

beforeAll(async () => {
  await installation.enrol(
    'D-1,dev,Patient/p1,2026-01-01,2026-01-01',
    'D-2,dev,Patient/p2,2026-01-01,2026-01-01',
    'D-3,dev,urn:mrn|3003,2026-01-01,2026-01-01',
  );
  served = await installation.startService();
});

interface OutcomeSummary {
  status: number;
  etag: string | null;
  /** Work item reason, `mapped`, `unchanged`, … */
  detail: string[];
  expression: string[];
  text: string;
}

interface OutcomeIssue {
  details: { coding: { code: string }[] };
  expression?: string[];
  diagnostics: string;
}

async function readOutcome(answer: Response): Promise<OutcomeSummary> {
  const outcome = (await answer.json()) as { issue: OutcomeIssue[] };
  return {
    status: answer.status,
    etag: answer.headers.get('etag'),
    detail: outcome.issue.flatMap((issue) => issue.details.coding.map((coding) => coding.code)),
    expression: outcome.issue.flatMap((issue) => issue.expression ?? []),
    text: outcome.issue.map((issue) => issue.diagnostics).join('\n'),
  };
}

const pushResource = async (resource: object) => readOutcome(await served.post(resource));

/** Reads the day of the subject's first infusion; null before it. */
async function readDayZero(subject: string): Promise<string | null> {
  const explained = await installation.runJson<{ judgement: { dayZero: string | null } }>('explain', subject);
  return explained.judgement.dayZero;
}

interface ListedWorkItem {
  id: string;
  reason: string;
  fix: string;
}

describe('a resource that is sent twice', () => {
  test('the same version again changes nothing, a newer one takes effect, an older one does not', async () => {
    const version = (n: number, value: number) =>
      pushResource(
        buildPlateletCount('v', 'Patient/p1', value, '2026-01-05', { meta: { versionId: String(n) } }),
      );
    expect(await version(2, 20)).toMatchObject({ status: 201, detail: ['mapped'], etag: 'W/"1"' });
    expect(await version(2, 20)).toMatchObject({ status: 200, detail: ['unchanged'], etag: 'W/"1"' });
    expect(await version(1, 10)).toMatchObject({ status: 200, detail: ['older-version'], etag: 'W/"1"' });
    expect(await version(3, 30)).toMatchObject({ detail: ['mapped'], etag: 'W/"3"' });
    expect(await version(3, 31)).toMatchObject({ status: 409, detail: ['version-conflict'] });
  });

  test('without an id, the business identifier and the code identify the resource', async () => {
    const send = (value: number, code = '777-3') => {
      const { id: _none, ...rest } = buildPlateletCount('', 'Patient/p1', value, '2026-01-06') as {
        id: string;
      };
      const identifier = [{ system: 'urn:lab', value: 'A-1' }];
      return pushResource({
        ...rest,
        resourceType: 'Observation',
        identifier,
        code: { coding: [{ system: 'http://loinc.org', code }] },
      } as object);
    };
    expect(await send(40)).toMatchObject({ status: 201 });
    expect(await send(40)).toMatchObject({ status: 200, detail: ['unchanged'] });
    expect(await send(41)).toMatchObject({ detail: ['mapped'], etag: 'W/"2"' });
    expect(await send(6, '6690-2')).toMatchObject({ detail: ['mapped'], etag: 'W/"1"' });
  });

  test('If-None-Exist and If-Match are honoured', async () => {
    const resource = buildPlateletCount('c', 'Patient/p1', 20, '2026-01-07', {
      identifier: [{ system: 'urn:c', value: '1' }],
    });
    await served.post(resource);
    const again = { ...resource, id: 'c-other' };
    const existing = await served.call('POST', '/Observation', again, {
      'if-none-exist': 'identifier=urn:c|1',
    });
    expect(existing.status).toBe(200);
    expect(existing.headers.get('location')).toContain('/Observation/c/_history/1');
    expect((await served.call('PUT', '/Observation/c', resource, { 'if-match': 'W/"7"' })).status).toBe(412);
    expect((await served.call('PUT', '/Observation/c', resource, { 'if-match': 'W/"1"' })).status).toBe(200);
  });

  test('a transaction is stored whole or not at all', async () => {
    const entry = (resource: object & { id?: string }) => ({
      resource,
      request: { method: 'PUT', url: `Observation/${resource.id}` },
    });
    const good = buildPlateletCount('t1', 'Patient/p1', 20, '2026-01-08');
    const bad = { ...buildPlateletCount('t2', 'Patient/p1', 20, '2026-01-08'), status: 'fynal' };
    const bundle = (...resources: object[]) => ({
      resourceType: 'Bundle',
      type: 'transaction',
      entry: resources.map(entry),
    });
    const refused = await readOutcome(await served.call('POST', '', bundle(good, bad)));
    expect(refused.status).toBe(422);
    expect(refused.expression.join()).toContain('Bundle.entry[1]');
    expect((await served.call('POST', '', bundle(good))).status).toBe(200);
    expect(await pushResource(good)).toMatchObject({ detail: ['unchanged'], etag: 'W/"1"' });
  });
});

describe('retraction', () => {
  test('a deletion withdraws the resource, a late repeat changes nothing, a newer version restores it', async () => {
    const version = (n: string) =>
      buildPlateletCount('del', 'Patient/p1', 20, '2026-01-09', { meta: { versionId: n } });
    await pushResource(version('1'));
    expect(await readOutcome(await served.call('DELETE', '/Observation/del'))).toMatchObject({
      status: 200,
      detail: ['withdrawn'],
    });
    expect(await pushResource(version('1'))).toMatchObject({ detail: ['older-version'] });
    expect(await pushResource(version('2'))).toMatchObject({ detail: ['mapped'] });
  });

  test('a resource entered in error states no fact', async () => {
    await pushResource(buildPlateletCount('eie', 'Patient/p1', 20, '2026-01-10'));
    const answer = await pushResource({
      ...buildPlateletCount('eie', 'Patient/p1', 20, '2026-01-10'),
      status: 'entered-in-error',
    });
    expect(answer).toMatchObject({ status: 201, detail: ['entered-in-error'] });
  });
});

describe('the patient of a resource', () => {
  test('a payload about a patient who is not enrolled is sealed, and unsealed on enrolment', async () => {
    const early = await pushResource(buildPlateletCount('early', 'Patient/late', 12, '2026-01-02'));
    expect(early).toMatchObject({
      status: 200,
      detail: ['unknown-patient'],
      expression: ['Observation.subject'],
    });
    const subject = {
      resourceType: 'ResearchSubject',
      id: 'rs-late',
      identifier: [{ system: 'https://fhir-trial-adapter.example/fhir/sid/subject/msc-aa', value: 'D-9' }],
      status: 'on-study',
      period: { start: '2026-01-03' },
      study: { reference: 'ResearchStudy/msc-aa' },
      individual: { reference: 'Patient/late' },
    };
    expect((await pushResource(subject)).status).toBe(201);
    expect(await pushResource(buildPlateletCount('early', 'Patient/late', 12, '2026-01-02'))).toMatchObject({
      detail: ['unchanged'],
    });
  });

  test('a patient enrolled by identifier is recognised by id once the Patient has been received', async () => {
    expect(await pushResource(buildPlateletCount('i1', 'Patient/p3', 12, '2026-01-02'))).toMatchObject({
      detail: ['unknown-patient'],
    });
    const patient = {
      resourceType: 'Patient',
      id: 'p3',
      identifier: [{ system: 'urn:mrn', value: '3003' }],
      gender: 'female',
    };
    expect((await pushResource(patient)).detail).toContain('mapped');
    expect(await pushResource(buildPlateletCount('i1', 'Patient/p3', 12, '2026-01-02'))).toMatchObject({
      detail: ['unchanged'],
    });
  });

  test('a reference that contradicts itself is held for a person', async () => {
    const resource = buildPlateletCount('amb', 'Patient/p1', 12, '2026-01-02', {
      subject: { reference: 'Patient/p1', identifier: { system: 'urn:mrn', value: '3003' } },
    });
    expect(await pushResource(resource)).toMatchObject({
      status: 201,
      detail: ['ambiguous-patient'],
      expression: ['Observation.subject'],
    });
  });

  test('withdrawn from the study: no further resource is kept', async () => {
    const subject = (status: string) => ({
      resourceType: 'ResearchSubject',
      id: 'rs-w',
      identifier: [{ system: 'https://fhir-trial-adapter.example/fhir/sid/subject/msc-aa', value: 'D-2' }],
      status,
      study: { reference: 'ResearchStudy/msc-aa' },
      individual: { reference: 'Patient/p2' },
    });
    expect((await pushResource(subject('on-study'))).status).toBe(201);
    expect((await pushResource(buildPlateletCount('w1', 'Patient/p2', 12, '2026-01-05'))).detail).toEqual([
      'mapped',
    ]);
    expect((await pushResource(subject('withdrawn'))).status).toBe(201);
    expect((await pushResource(buildPlateletCount('w2', 'Patient/p2', 12, '2026-01-06'))).detail).toEqual([
      'dropped',
    ]);
  });
});

describe('a reference to a resource that is received later', () => {
  test('an infusion is held until its Medication is received, and is then a fact', async () => {
    const infusion = {
      resourceType: 'MedicationAdministration',
      id: 'ma1',
      status: 'completed',
      medicationReference: { reference: 'Medication/msc-lot-1' },
      subject: { reference: 'Patient/p1' },
      effectiveDateTime: '2026-01-12T10:00:00+08:00',
      dosage: {
        dose: {
          value: 1.5,
          unit: '10*6.{cells}/kg',
          system: 'http://unitsofmeasure.org',
          code: '10*6.{cells}/kg',
        },
      },
    };
    expect(await pushResource(infusion)).toMatchObject({
      detail: ['unmapped-code'],
      expression: ['MedicationAdministration.medicationReference'],
    });
    expect(await readDayZero('D-1')).toBeNull();
    const system = 'https://fhir-trial-adapter.example/fhir/CodeSystem/msc-product';
    const medication = {
      resourceType: 'Medication',
      id: 'msc-lot-1',
      code: { coding: [{ system, code: 'bm-msc' }] },
    };
    expect((await pushResource(medication)).status).toBe(201);
    expect(await readDayZero('D-1')).toBe('2026-01-12');
  });
});

describe('the answer to faulty input names the element and the fix', () => {
  const buildFaulty = (overrides: object) =>
    buildPlateletCount('bad', 'Patient/p1', 20, '2026-01-11', overrides);
  const quantity = (value: object) => buildFaulty({ valueQuantity: value });
  const { valueQuantity: _value, ...valueless } = buildFaulty({}) as { valueQuantity: object };

  test.each([
    [
      'an unknown unit',
      quantity({ value: 20, unit: 'Kilo/uL' }),
      'unmapped-unit',
      'Observation.valueQuantity',
    ],
    ['no unit', quantity({ value: 20 }), 'unmapped-unit', 'Observation.valueQuantity'],
    [
      'a unit of another kind',
      quantity({ value: 20, unit: 'mmol/L' }),
      'unit-property-conflict',
      'Observation.valueQuantity',
    ],
    [
      'an impossible value',
      quantity({ value: 20_000, unit: '10*9/L' }),
      'implausible-value',
      'Observation.valueQuantity',
    ],
    [
      'an unknown code',
      buildFaulty({ code: { coding: [{ system: 'urn:lab', code: 'PLTX' }] } }),
      'unmapped-code',
      'Observation.code',
    ],
    ['clotted', { ...valueless, valueString: 'clotted' }, 'unparseable-value', 'Observation.valueString'],
    ['<5 as text', { ...valueless, valueString: '<5' }, 'unparseable-value', 'Observation.valueString'],
  ])('%s is held', async (_name, resource, reason, element) => {
    const answer = await pushResource(resource);
    expect(answer).toMatchObject({ detail: [reason] });
    expect(answer.expression[0]).toContain(element);
    const items = await installation.runJson<readonly ListedWorkItem[]>('work', 'list');
    const item = items.find(({ id }) => answer.text.includes(id));
    expect(item?.reason).toBe(reason);
    expect(answer.text).toContain(item?.fix);
  });

  test('an unusual value counts, and the sender is warned', async () => {
    const answer = await pushResource(quantity({ value: 700, unit: '10*9/L' }));
    expect(answer).toMatchObject({ detail: ['mapped', 'unusual-value'] });
    expect(answer.expression).toContain('Observation.valueQuantity');
  });

  test('a comparator is kept', async () => {
    expect(await pushResource(quantity({ value: 5, comparator: '<', unit: '10*9/L' }))).toMatchObject({
      detail: ['mapped'],
    });
  });

  test.each([
    ['malformed JSON', '{"resourceType":"Observation",', 400, ''],
    ['a number where text belongs', JSON.stringify(buildFaulty({ status: 5 })), 422, 'Observation.status'],
    [
      'text where a number belongs',
      JSON.stringify(quantity({ value: '20' })),
      422,
      'Observation.valueQuantity.value',
    ],
    [
      'a time without a zone',
      JSON.stringify(buildFaulty({ effectiveDateTime: '2026-01-11T08:00:00' })),
      422,
      'Observation.effectiveDateTime',
    ],
    [
      'an impossible day',
      JSON.stringify(buildFaulty({ effectiveDateTime: '2026-02-30' })),
      422,
      'Observation.effectiveDateTime',
    ],
  ])('%s is refused', async (_name, body, status, element) => {
    const answer = await readOutcome(await served.call('POST', '/Observation', body));
    expect(answer.status).toBe(status);
    expect(answer.expression.join()).toContain(element);
    expect(answer.text.length).toBeGreaterThan(20);
  });
});
