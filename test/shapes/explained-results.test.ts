import { expect, test } from '@jest/globals';
import { useService } from '../support/with-service.ts';
import { sendShape } from './send-shape.ts';

/** How `explain` describes results that were derived, reconciled, or completed from a report. */
const adapter = useService('file');

const DAY = '2026-03-02';

function buildObservation(id: string, code: string, value: number, unit: string, more: object = {}): object {
  return {
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code }] },
    subject: { reference: 'Patient/p' },
    effectiveDateTime: `${DAY}T08:00:00Z`,
    valueQuantity: { value, unit },
    ...more,
  };
}

const INFUSION = {
  resourceType: 'MedicationAdministration',
  id: 'infusion',
  status: 'completed',
  medicationCodeableConcept: {
    coding: [{ system: 'https://fhir-trial-adapter.example/fhir/CodeSystem/msc-product', code: 'bm-msc' }],
  },
  subject: { reference: 'Patient/p' },
  effectiveDateTime: '2026-02-01T08:00:00Z',
};

const DIFFERENTIAL = [
  buildObservation('w', '6690-2', 2, 'K/uL'),
  buildObservation('s', '769-0', 38, '%'),
  buildObservation('b', '764-1', 2, '%'),
];

/** Finds the line that lists the count as an input of a criterion. */
function findInputLine(text: string, count: string): string {
  return text.split('\n').find((line) => line.trimStart().startsWith(`- ${count}`)) ?? '';
}

async function explainSubjectAt(site: string, resources: readonly object[]): Promise<string> {
  await adapter.enrol(`${site}-1`, 'Patient/p', { site: site });
  for (const resource of [INFUSION, ...resources]) await sendShape(adapter, site, resource);
  const query = { study: 'msc-aa', subject: `${site}-1`, asOf: null };
  return (await adapter.service.explain(query, 'M1')).text;
}

test('a derived count is shown as derived, with its calculation and sources', async () => {
  const text = await explainSubjectAt('derived', DIFFERENTIAL);
  const line = findInputLine(text, 'neutrophils 0.8 10*9/L');
  expect(line).toContain('derived, not reported');
  expect(line).toContain('2 10*9/L × (38 + 2) % = 0.8 10*9/L');
  for (const id of ['Observation/w', 'Observation/s', 'Observation/b']) expect(line).toContain(id);
});

test('every source of a derived count is evidence of the assessment', async () => {
  const [assessed] = await adapter.service.assess({ study: 'msc-aa', subject: 'derived-1', asOf: null }, []);
  const neutrophil = assessed?.judgement.assessments.find(
    (a) => a.scope === 'neutrophil' && a.visit === 'M1',
  );
  expect(neutrophil?.evidence.map((source) => source.id).sort()).toEqual(['b', 's', 'w']);
  expect(neutrophil?.supporting).toEqual([]);
});

test('a measured count of the day is preferred to a derived one, even if it is earlier', async () => {
  const earlier = { effectiveDateTime: `${DAY}T06:00:00Z` };
  const text = await explainSubjectAt('measured', [
    ...DIFFERENTIAL,
    buildObservation('a', '753-4', 0.6, 'K/uL', earlier),
  ]);
  expect(text).toContain('neutrophils 0.6 10*9/L');
  expect(text).not.toContain('neutrophils 0.8 10*9/L');
});

test('results that contradict each other are named, and the count is their range', async () => {
  const text = await explainSubjectAt('contradicted', [
    buildObservation('auto', '777-3', 24, '10*9/L'),
    buildObservation('hand', '778-1', 160, '10*9/L'),
  ]);
  const line = findInputLine(text, 'platelets 24 to 160 10*9/L');
  expect(line).toContain('Observation/auto');
  expect(line).toContain('Observation/hand');
});

test('a count of a clumped specimen is missing, with the reason', async () => {
  const { valueQuantity: _none, ...clumps } = buildObservation('c', '7796-6', 0, '') as {
    valueQuantity?: unknown;
  };
  const text = await explainSubjectAt('clumped', [
    buildObservation('p', '777-3', 24, '10*9/L'),
    buildObservation('h', '718-7', 80, 'g/L'),
    { ...clumps, valueBoolean: true },
  ]);
  expect(text).toContain('has no value: platelet-clumps');
  expect(text).not.toContain('platelets 24 10*9/L');
});

test('a result that inherits its time from a report names both', async () => {
  const { effectiveDateTime: _time, ...result } = buildObservation('r', '777-3', 24, '10*9/L') as {
    effectiveDateTime?: unknown;
  };
  const text = await explainSubjectAt('reported', [
    {
      resourceType: 'DiagnosticReport',
      id: 'd',
      status: 'final',
      code: { text: 'blood count' },
      subject: { reference: 'Patient/p' },
      effectiveDateTime: `${DAY}T08:00:00Z`,
      result: [{ reference: 'Observation/r' }],
    },
    result,
  ]);
  const line = findInputLine(text, 'platelets 24 10*9/L');
  expect(line).toContain('Observation/r');
  expect(line).toContain('DiagnosticReport/d (no version, DiagnosticReport.effectiveDateTime');
});

test('a total dose is assessed by the nearest weight, and the resource of the weight is evidence', async () => {
  const total = { ...INFUSION, dosage: { dose: { value: 300, unit: '10*6.{cells}' } } };
  await adapter.enrol('weighed-1', 'Patient/p', { site: 'weighed' });
  const weight = (id: string, day: string, kg: number) =>
    buildObservation(id, '29463-7', kg, 'kg', { effectiveDateTime: day });
  for (const resource of [total, weight('far', '2026-01-26', 300), weight('near', '2026-02-02', 60)])
    await sendShape(adapter, 'weighed', resource);
  const [assessed] = await adapter.service.assess({ study: 'msc-aa', subject: 'weighed-1', asOf: null }, []);
  const deviation = assessed?.judgement.deviations.find((d) => d.kind === 'dose-out-of-range');
  expect(deviation?.detail).toContain('5 × 10*6 cells/kg (300 × 10*6 cells in 60 kg)');
  expect(deviation?.evidence.map((source) => `${source.resourceType}/${source.id}`)).toEqual([
    'MedicationAdministration/infusion',
    'Observation/near',
  ]);
});
