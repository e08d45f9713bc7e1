import { buildPlateletCount } from './adapter-installation.ts';

const COUNT_CODES = { anc: '751-8', platelets: '777-3', reticulocytes: '60474-4' };
const SEVERE_COUNTS = { anc: 0.3, platelets: 8, reticulocytes: 20 };
const BETTER_COUNTS = { anc: 0.9, platelets: 24, reticulocytes: 30 };

function buildBloodCount(patient: string, day: string, counts: typeof SEVERE_COUNTS): readonly object[] {
  return Object.entries(counts).map(([analyte, value]) =>
    buildPlateletCount(`${patient}-${day}-${analyte}`, `Patient/${patient}`, value, day, {
      meta: { versionId: '1' },
      code: {
        coding: [{ system: 'http://loinc.org', code: COUNT_CODES[analyte as keyof typeof COUNT_CODES] }],
      },
    }),
  );
}

function buildInfusion(patient: string): object {
  const system = 'https://fhir-trial-adapter.example/fhir/CodeSystem/msc-product';
  const cells = '10*6.{cells}/kg';
  return {
    resourceType: 'MedicationAdministration',
    id: `${patient}-infusion`,
    meta: { versionId: '1' },
    status: 'completed',
    medicationCodeableConcept: { coding: [{ system, code: 'bm-msc' }] },
    subject: { reference: `Patient/${patient}` },
    effectiveDateTime: '2026-01-10T10:00:00+08:00',
    dosage: { dose: { value: 1.5, unit: cells, system: 'http://unitsofmeasure.org', code: cells } },
  };
}

/** In R5, where an adverse event has a status; `versionId` absent: the hospital numbers no versions. */
export const buildR5AdverseEvent = (
  patient: string,
  term: string,
  status: string,
  versionId?: string,
): object => ({
  resourceType: 'AdverseEvent',
  id: `${patient}-${term.toLowerCase()}`,
  ...(versionId ? { meta: { versionId } } : {}),
  status,
  actuality: 'actual',
  code: { text: term },
  subject: { reference: `Patient/${patient}` },
  occurrenceDateTime: '2026-01-12T10:00:00+08:00',
});

/** Severe before the infusion, responding after it. */
export const buildRespondingSubject = (patient: string): readonly object[] => [
  ...buildBloodCount(patient, '2026-01-08', SEVERE_COUNTS),
  buildInfusion(patient),
  ...buildBloodCount(patient, '2026-02-09', BETTER_COUNTS),
  ...buildBloodCount(patient, '2026-03-12', BETTER_COUNTS),
];
