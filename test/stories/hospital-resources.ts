/** Resources as a hospital sends them, in R4 unless the name states R5. Results are reported at 08:00 in Shanghai. */

/** A platelet count in 10*9/L; `more` replaces elements. */
export function buildPlateletCount(
  id: string,
  patient: string,
  value: number,
  day: string,
  more: object = {},
): object {
  return {
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
    subject: { reference: patient },
    effectiveDateTime: `${day}T08:00:00+08:00`,
    valueQuantity: { value, unit: '10*9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
    ...more,
  };
}

/** Values in 10*9/L: absolute neutrophil count, platelets, reticulocytes. */
interface BloodCount {
  readonly anc: number;
  readonly platelets: number;
  readonly reticulocytes: number;
}

export const SEVERE_COUNTS: BloodCount = { anc: 0.3, platelets: 8, reticulocytes: 20 };
/** Counts of a partial response. With platelets of 12 the same counts are no response. */
export const BETTER_COUNTS: BloodCount = { anc: 0.9, platelets: 24, reticulocytes: 30 };

const COUNT_CODES = { anc: '751-8', platelets: '777-3', reticulocytes: '60474-4' };

/** The three results of one day. `version` and `status` are those of the platelets. */
export function buildBloodCount(
  patient: string,
  day: string,
  counts: BloodCount,
  { version = 1, status = 'final' }: { version?: number; status?: string } = {},
): readonly object[] {
  const buildResult = (analyte: keyof BloodCount) => {
    const isPlatelets = analyte === 'platelets';
    return buildPlateletCount(`${patient}-${day}-${analyte}`, `Patient/${patient}`, counts[analyte], day, {
      status: isPlatelets ? status : 'final',
      meta: { versionId: String(isPlatelets ? version : 1) },
      code: { coding: [{ system: 'http://loinc.org', code: COUNT_CODES[analyte] }] },
    });
  };
  return [buildResult('anc'), buildResult('platelets'), buildResult('reticulocytes')];
}

/** An infusion of stromal cells, 1.5 × 10*6 cells/kg. */
export function buildInfusion(
  patient: string,
  { version = 1, status = 'completed', day = '2026-01-10' } = {},
): object {
  const system = 'https://fhir-trial-adapter.example/fhir/CodeSystem/msc-product';
  const cells = '10*6.{cells}/kg';
  return {
    resourceType: 'MedicationAdministration',
    id: `${patient}-infusion`,
    meta: { versionId: String(version) },
    status,
    medicationCodeableConcept: { coding: [{ system, code: 'bm-msc' }] },
    subject: { reference: `Patient/${patient}` },
    effectiveDateTime: `${day}T10:00:00+08:00`,
    dosage: { dose: { value: 1.5, unit: cells, system: 'http://unitsofmeasure.org', code: cells } },
  };
}

/** An adverse event in R5, where it has a status. Without `versionId`, the hospital numbers no versions. */
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

/** Severe before the infusion; from M1 on a partial response, which depends on the platelets. */
export const buildRespondingSubject = (patient: string): readonly object[] => [
  ...buildBloodCount(patient, '2026-01-08', SEVERE_COUNTS),
  buildInfusion(patient),
  ...buildBloodCount(patient, '2026-02-09', BETTER_COUNTS),
  ...buildBloodCount(patient, '2026-03-12', BETTER_COUNTS),
];
