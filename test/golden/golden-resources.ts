/** Builds one patient's data as FHIR, in the way of a small hospital. */
export interface GoldenResource {
  readonly resourceType: string;
  readonly id: string;
  readonly [element: string]: unknown;
}

const ADAPTER_SYSTEM = 'https://fhir-trial-adapter.example/fhir';
const LOINC = 'http://loinc.org';
const SNOMED = 'http://snomed.info/sct';
const RXNORM = 'http://www.nlm.nih.gov/research/umls/rxnorm';
const UCUM = 'http://unitsofmeasure.org';

/** Units of a hospital: counts by its own unit, haemoglobin by code and unit. */
export interface HospitalUnits {
  readonly counts: string;
  readonly haemoglobin: readonly [code: string, unit: string];
}

/** The site's clock as its EHR writes it: the offset may change over the year. */
export interface GoldenPatient {
  readonly id: string;
  readonly units: HospitalUnits;
  readonly offset: (day: string) => string;
}

/** Digits of neutrophils, haemoglobin, platelets and reticulocytes; a limit such as `<5` is one; null: not counted. */
export type CountDigits = readonly [
  anc: string | null,
  hb: string | null,
  platelets: string | null,
  reticulocytes: string | null,
];

const buildConcept = (system: string, code: string, display?: string) => ({
  coding: [{ system, code, ...(display ? { display } : {}) }],
});
const buildPatientReference = ({ id }: GoldenPatient) => ({ reference: `Patient/${id}` });
const buildVersionMeta = (version: number) => ({ meta: { versionId: String(version) } });

/** Builds a quantity that keeps its digits: the JSON distinguishes `1.50` from `1.5`. */
function buildQuantity(digits: string, unit: string): object {
  const [, comparator = '', value = ''] = /^([<>]=?)?(.*)$/.exec(digits) ?? [];
  const quantity = { rawValue: value, unit, system: UCUM, code: unit };
  return comparator === '' ? quantity : { ...quantity, comparator };
}

function buildCount(
  patient: GoldenPatient,
  n: number,
  at: string,
  what: readonly [string, string, string],
): GoldenResource {
  const [code, digits, unit] = what;
  return {
    resourceType: 'Observation',
    id: `${patient.id}-${code}-${n}`,
    ...buildVersionMeta(1),
    status: 'final',
    code: buildConcept(LOINC, code),
    subject: buildPatientReference(patient),
    effectiveDateTime: at,
    valueQuantity: buildQuantity(digits, unit),
  };
}

/** The counts of one sample; `at` is a day (then at eight o'clock local time) or an instant. */
export function buildGoldenCounts(
  patient: GoldenPatient,
  n: number,
  at: string,
  digits: CountDigits,
): readonly GoldenResource[] {
  const { counts: cells, haemoglobin } = patient.units;
  const when = at.length > 10 ? at : `${at}T08:00:00${patient.offset(at)}`;
  const codes = [['751-8', cells], haemoglobin, ['777-3', cells], ['60474-4', cells]] as const;
  return codes.flatMap(([code, unit], i) => {
    const value = digits[i];
    return value ? [buildCount(patient, n, when, [code, value, unit])] : [];
  });
}

/** A later version of a result, as a laboratory corrects it. */
export function correctGoldenResult(result: GoldenResource, digits: string): GoldenResource {
  const { unit } = result.valueQuantity as { unit: string };
  return {
    ...result,
    ...buildVersionMeta(2),
    status: 'corrected',
    valueQuantity: buildQuantity(digits, unit),
  };
}

export function buildGoldenInfusion(
  patient: GoldenPatient,
  n: number,
  day: string,
  dose: string | null,
): GoldenResource {
  const given = dose === null ? {} : { dosage: { dose: buildQuantity(dose, '10*6.{cells}/kg') } };
  return {
    resourceType: 'MedicationAdministration',
    id: `${patient.id}-infusion-${n}`,
    ...buildVersionMeta(1),
    status: dose === null ? 'not-done' : 'completed',
    medicationCodeableConcept: buildConcept(`${ADAPTER_SYSTEM}/CodeSystem/msc-product`, 'bm-msc'),
    subject: buildPatientReference(patient),
    effectiveDateTime: `${day}T10:30:00${patient.offset(day)}`,
    ...given,
  };
}

export function buildGoldenTransfusion(patient: GoldenPatient, day: string): GoldenResource {
  return {
    resourceType: 'Procedure',
    id: `${patient.id}-red-cells-${day}`,
    ...buildVersionMeta(1),
    status: 'completed',
    code: buildConcept(SNOMED, '116863004', 'Transfusion of red blood cells'),
    subject: buildPatientReference(patient),
    performedDateTime: day,
  };
}

export function buildGoldenMedication(
  patient: GoldenPatient,
  code: string,
  display: string,
  period: object,
): GoldenResource {
  return {
    resourceType: 'MedicationAdministration',
    id: `${patient.id}-${display}`,
    ...buildVersionMeta(1),
    status: 'completed',
    medicationCodeableConcept: buildConcept(RXNORM, code, display),
    subject: buildPatientReference(patient),
    effectivePeriod: period,
  };
}

export function buildGoldenWeight(patient: GoldenPatient, day: string, kilograms: string): GoldenResource {
  return {
    ...buildCount(patient, 0, day, ['29463-7', kilograms, 'kg']),
    id: `${patient.id}-weight`,
  };
}

/** An adverse event; `more` has the elements that only some events have. */
export function buildGoldenEvent(
  patient: GoldenPatient,
  term: string,
  date: string,
  serious: boolean,
  more: object = {},
): GoldenResource {
  const word = serious ? 'Serious' : 'Non-serious';
  return {
    resourceType: 'AdverseEvent',
    id: `${patient.id}-${term.toLowerCase()}`,
    ...buildVersionMeta(1),
    actuality: 'actual',
    event: { text: term },
    subject: buildPatientReference(patient),
    date,
    seriousness: buildConcept('http://terminology.hl7.org/CodeSystem/adverse-event-seriousness', word),
    ...more,
  };
}

export function buildGoldenPatient(patient: GoldenPatient, more: object): GoldenResource {
  return { resourceType: 'Patient', id: patient.id, ...buildVersionMeta(1), ...more };
}

const US_CORE = 'http://hl7.org/fhir/us/core/StructureDefinition/us-core';

/** Race (none, one, or several categories) or ethnicity as US Core has it. */
export function buildUsCoreCategory(what: 'race' | 'ethnicity', ...codes: readonly string[]) {
  const system = 'urn:oid:2.16.840.1.113883.6.238';
  const categories = codes.map((code) => ({ url: 'ombCategory', valueCoding: { system, code } }));
  return { url: `${US_CORE}-${what}`, extension: [...categories, { url: 'text', valueString: 'as told' }] };
}

export function buildGoldenWithdrawal(patient: GoldenPatient, subject: string): GoldenResource {
  return {
    resourceType: 'ResearchSubject',
    id: `${patient.id}-study`,
    ...buildVersionMeta(1),
    identifier: [{ system: `${ADAPTER_SYSTEM}/sid/subject/msc-aa`, value: subject }],
    status: 'withdrawn',
    study: { reference: 'ResearchStudy/msc-aa' },
    individual: buildPatientReference(patient),
  };
}

/** Builds what the investigator states: a topic of adjudications, its value or focus, and its parts by code. */
export function buildGoldenAdjudication(
  patient: GoldenPatient,
  topic: string,
  on: string,
  elements: Readonly<Record<string, unknown>>,
  parts: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): GoldenResource {
  return {
    resourceType: 'Observation',
    id: `${patient.id}-${topic}`,
    ...buildVersionMeta(1),
    status: 'final',
    code: buildConcept(`${ADAPTER_SYSTEM}/CodeSystem/adjudication`, topic),
    subject: buildPatientReference(patient),
    effectiveDateTime: on,
    issued: `${on}T10:00:00${patient.offset(on)}`,
    performer: [{ display: 'Dr A. Novak' }],
    ...elements,
    component: Object.entries(parts).map(([code, value]) => ({
      code: buildConcept(`${ADAPTER_SYSTEM}/CodeSystem/adjudication-part`, code),
      ...value,
    })),
  };
}

/** Builds a concept of one of the adapter's own code systems. */
export const buildOwnConcept = (system: string, code: string): object =>
  buildConcept(`${ADAPTER_SYSTEM}/CodeSystem/${system}`, code);
