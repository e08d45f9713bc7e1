import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type StandInEhr, startStandInEhr } from '../../demo/ehr/stand-in-ehr.ts';

const TOKEN = 'stand-in';
const ASSESSMENT_SYSTEM = 'https://example.org/sid/assessment';

let ehr: StandInEhr;

beforeAll(async () => {
  const patients = [
    { resourceType: 'Patient', id: 'p1', identifier: [{ system: 'https://h.example/mrn', value: '7' }] },
  ];
  ehr = await startStandInEhr({ token: TOKEN, patients });
});
afterAll(() => ehr.stop());

function buildObservation(value: string, text: string, patient = 'p1') {
  return {
    resourceType: 'Observation',
    identifier: [{ system: ASSESSMENT_SYSTEM, value }],
    status: 'final',
    code: { text: 'response' },
    subject: { reference: `Patient/${patient}` },
    valueString: text,
  };
}

function buildEntries(count: number, text: string, prefix = 'a') {
  return Array.from({ length: count }, (_, i) => {
    const fullUrl = `urn:uuid:00000000-0000-4000-8000-0000000000${String(i + 10)}`;
    const value = `${prefix}.${i}`;
    const target = {
      fullUrl,
      resource: buildObservation(value, text),
      request: {
        method: 'PUT',
        url: `Observation?identifier=${encodeURIComponent(`${ASSESSMENT_SYSTEM}|${value}`)}`,
      },
    };
    const provenance = {
      resource: {
        resourceType: 'Provenance',
        target: [{ reference: fullUrl }],
        recorded: '2026-01-01T00:00:00Z',
        agent: [{ who: { display: 'adapter' } }],
      },
      request: { method: 'POST', url: 'Provenance' },
    };
    return [target, provenance];
  }).flat();
}

/** The part of a response Bundle that the tests read. */
interface BundleAnswer {
  readonly type?: string;
  readonly entry?: readonly {
    readonly response?: { readonly status: string; readonly location: string };
    readonly resource?: { readonly valueString?: string };
  }[];
}

const getFirstResponse = ({ entry }: BundleAnswer) => entry?.[0]?.response;
const parseFirstId = (answer: BundleAnswer) => getFirstResponse(answer)?.location.split('/')[1];

async function sendToEhr(method: string, path: string, body?: unknown, token = TOKEN) {
  const response = await fetch(`${ehr.baseUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as BundleAnswer,
  };
}

const buildTransaction = (entry: unknown[]) => ({ resourceType: 'Bundle', type: 'transaction', entry });

describe('the stand-in EHR', () => {
  test('refuses a call without its token', async () => {
    expect((await sendToEhr('GET', '/Observation', undefined, 'other')).status).toBe(401);
  });

  test('a transaction of twenty conditional updates creates, then updates, and never duplicates', async () => {
    const first = await sendToEhr('POST', '', buildTransaction(buildEntries(20, 'one')));
    expect(first.status).toBe(200);
    expect(first.body.type).toBe('transaction-response');
    expect(first.body.entry).toHaveLength(40);
    expect(getFirstResponse(first.body)).toMatchObject({ status: '201' });
    expect(getFirstResponse(first.body)?.location).toMatch(/^Observation\/[^/]+\/_history\/[^/]+$/);

    const second = await sendToEhr('POST', '', buildTransaction(buildEntries(20, 'two')));
    expect(getFirstResponse(second.body)?.status).toBe('200');
    const id = parseFirstId(first.body);
    expect(parseFirstId(second.body)).toBe(id);

    const found = await ehr.search(
      'Observation',
      `identifier=${encodeURIComponent(`${ASSESSMENT_SYSTEM}|a.0`)}`,
    );
    expect(found).toMatchObject([{ id, valueString: 'two' }]);
    const provenances = await ehr.search('Provenance');
    expect(provenances.filter((p) => JSON.stringify(p).includes(`"Observation/${id}"`))).toHaveLength(2);

    for (let i = 0; i < 2; i++) {
      const history = await sendToEhr('GET', `/Observation/${id}/_history`);
      const values = history.body.entry?.map(({ resource }) => resource?.valueString);
      expect(values).toEqual(['two', 'one']);
    }
  });

  test('a transaction with one invalid entry is rolled back', async () => {
    // Updates are processed after creates, so this one fails when another resource is already stored.
    const request = { method: 'PUT', url: 'Observation/nobody', ifMatch: 'W/"1"' };
    const missingTarget = { resource: { ...buildObservation('n', 'x'), id: 'nobody' }, request };
    const missing = await sendToEhr(
      'POST',
      '',
      buildTransaction([...buildEntries(1, 'x', 'b'), missingTarget]),
    );
    expect(missing.status).toBe(404);
    expect(
      await ehr.search('Observation', `identifier=${encodeURIComponent(`${ASSESSMENT_SYSTEM}|b.0`)}`),
    ).toEqual([]);
  });

  test('refuses invalid R4, and a patient that it does not have', async () => {
    const invalid = { ...buildObservation('c', 'x'), status: undefined };
    expect((await sendToEhr('POST', '/Observation', invalid)).status).toBe(400);
    expect((await sendToEhr('POST', '/Observation', buildObservation('c', 'x', 'p2'))).status).toBe(400);
    const created = await sendToEhr('POST', '/Observation', buildObservation('c', 'x'));
    expect(created.status).toBe(201);
    expect(created.headers.get('etag')).toMatch(/^W\/"/);
  });

  test('fails for the requested number of requests', async () => {
    ehr.failNext(1, 503, { 'retry-after': '2' });
    const failed = await sendToEhr('GET', '/Observation');
    expect([failed.status, failed.headers.get('retry-after')]).toEqual([503, '2']);
    expect((await sendToEhr('GET', '/Observation')).status).toBe(200);
  });
});
