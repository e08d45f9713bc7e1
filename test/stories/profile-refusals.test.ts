import { beforeAll, expect, test } from '@jest/globals';
import { type ServedAdapter, useInstallation } from '../support/with-installation.ts';
import { buildPlateletCount } from './hospital-resources.ts';

/** The service requires its profiles of every resource, whether it arrives alone or in a transaction. */
const installation = useInstallation();
let served: ServedAdapter;

beforeAll(async () => {
  await installation.enrol('P-1,dev,Patient/p1,2026-01-01,2026-01-01');
  served = await installation.startService();
});

const PROFILE_CLAIM = {
  meta: { profile: ['https://fhir-trial-adapter.example/fhir/StructureDefinition/blood-count'] },
};
const CONDITION = {
  resourceType: 'Condition',
  id: 'c1',
  subject: { reference: 'Patient/p1' },
  code: { coding: [{ system: 'http://snomed.info/sct', code: '306058006' }] },
  clinicalStatus: { coding: [{ system: 'urn:ehr:status', code: 'active' }] },
  onsetDateTime: '2025-11',
};

async function readOutcome(answer: Response): Promise<{ status: number; at: string[]; text: string }> {
  const outcome = (await answer.json()) as { issue: { expression?: string[]; diagnostics: string }[] };
  return {
    status: answer.status,
    at: outcome.issue.flatMap(({ expression = [] }) => expression),
    text: outcome.issue.map(({ diagnostics }) => diagnostics).join(' '),
  };
}

test('a code outside a required binding: 422, the element, and the codes that may be sent instead', async () => {
  const refused = await readOutcome(await served.post(CONDITION));
  expect(refused).toMatchObject({ status: 422, at: ['Condition.clinicalStatus'] });
  expect(refused.text).toContain('http://terminology.hl7.org/CodeSystem/condition-clinical|active');
});

test('a text as value is held without a claimed profile, and refused by the profile that is claimed', async () => {
  const { valueQuantity: _value, ...rest } = buildPlateletCount('x', 'Patient/p1', 20, '2026-01-05') as {
    valueQuantity: object;
    resourceType: string;
    id: string;
  };
  const clotted = { ...rest, valueString: 'clotted' };
  expect(await readOutcome(await served.post(clotted))).toMatchObject({
    status: 201,
    at: ['Observation.valueString'],
  });
  const refused = await readOutcome(await served.post({ ...clotted, ...PROFILE_CLAIM }));
  expect(refused.status).toBe(422);
  expect(refused.at).toContain('Observation.valueString');
});

test('an entry that breaks a profile refuses its transaction; the answer names entry and element', async () => {
  const entry = (resource: { resourceType: string; id?: string }) => ({
    resource,
    request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` },
  });
  const good = buildPlateletCount('t1', 'Patient/p1', 20, '2026-01-08') as {
    resourceType: string;
    id: string;
  };
  const bundle = { resourceType: 'Bundle', type: 'transaction', entry: [entry(good), entry(CONDITION)] };
  const refused = await readOutcome(await served.call('POST', '', bundle));
  expect(refused.status).toBe(422);
  expect(refused.at.join()).toContain('Bundle.entry[1].resource.clinicalStatus');
});
