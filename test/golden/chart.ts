/** A small hospital's way to write what happens to one patient, as FHIR. */
export interface Sent {
  readonly resourceType: string;
  readonly id: string;
  readonly [element: string]: unknown;
}

const OURS = 'https://fhir-trial-adapter.example/fhir';
const LOINC = 'http://loinc.org';
const SNOMED = 'http://snomed.info/sct';
const RXNORM = 'http://www.nlm.nih.gov/research/umls/rxnorm';
const UCUM = 'http://unitsofmeasure.org';

/** Units of a hospital: counts by its own unit, haemoglobin by code and unit. */
export interface Units {
  readonly counts: string;
  readonly haemoglobin: readonly [code: string, unit: string];
}

/** The site's clock as its EHR writes it: the offset may change over the year. */
export interface Patient {
  readonly id: string;
  readonly units: Units;
  readonly offset: (day: string) => string;
}

/** Digits of neutrophils, haemoglobin, platelets and reticulocytes; a limit such as `<5` is one; null: not counted. */
export type Counts = readonly [
  anc: string | null,
  hb: string | null,
  platelets: string | null,
  reticulocytes: string | null,
];

const coded = (system: string, code: string, display?: string) => ({
  coding: [{ system, code, ...(display ? { display } : {}) }],
});
const about = ({ id }: Patient) => ({ reference: `Patient/${id}` });
const versioned = (version: number) => ({ meta: { versionId: String(version) } });

/** Digits stay digits: the reader of the JSON keeps `1.50` apart from `1.5`. */
function quantity(digits: string, unit: string): object {
  const [, comparator = '', value = ''] = /^([<>]=?)?(.*)$/.exec(digits) ?? [];
  const said = { rawValue: value, unit, system: UCUM, code: unit };
  return comparator === '' ? said : { ...said, comparator };
}

function count(patient: Patient, n: number, at: string, what: readonly [string, string, string]): Sent {
  const [code, digits, unit] = what;
  return {
    resourceType: 'Observation',
    id: `${patient.id}-${code}-${n}`,
    ...versioned(1),
    status: 'final',
    code: coded(LOINC, code),
    subject: about(patient),
    effectiveDateTime: at,
    valueQuantity: quantity(digits, unit),
  };
}

/** The counts of one sample; `at` is a day (then eight o'clock there) or a whole instant. */
export function counts(patient: Patient, n: number, at: string, digits: Counts): readonly Sent[] {
  const { counts: cells, haemoglobin } = patient.units;
  const when = at.length > 10 ? at : `${at}T08:00:00${patient.offset(at)}`;
  const codes = [['751-8', cells], haemoglobin, ['777-3', cells], ['60474-4', cells]] as const;
  return codes.flatMap(([code, unit], i) => {
    const value = digits[i];
    return value ? [count(patient, n, when, [code, value, unit])] : [];
  });
}

/** A later version of a result, as a laboratory corrects it. */
export function corrected(result: Sent, digits: string): Sent {
  const { unit } = result.valueQuantity as { unit: string };
  return {
    ...result,
    ...versioned(2),
    status: 'corrected',
    valueQuantity: quantity(digits, unit),
  };
}

export function infusion(patient: Patient, n: number, day: string, dose: string | null): Sent {
  const given = dose === null ? {} : { dosage: { dose: quantity(dose, '10*6.{cells}/kg') } };
  return {
    resourceType: 'MedicationAdministration',
    id: `${patient.id}-infusion-${n}`,
    ...versioned(1),
    status: dose === null ? 'not-done' : 'completed',
    medicationCodeableConcept: coded(`${OURS}/CodeSystem/msc-product`, 'bm-msc'),
    subject: about(patient),
    effectiveDateTime: `${day}T10:30:00${patient.offset(day)}`,
    ...given,
  };
}

export function redCells(patient: Patient, day: string): Sent {
  return {
    resourceType: 'Procedure',
    id: `${patient.id}-red-cells-${day}`,
    ...versioned(1),
    status: 'completed',
    code: coded(SNOMED, '116863004', 'Transfusion of red blood cells'),
    subject: about(patient),
    performedDateTime: day,
  };
}

export function medication(patient: Patient, code: string, display: string, period: object): Sent {
  return {
    resourceType: 'MedicationAdministration',
    id: `${patient.id}-${display}`,
    ...versioned(1),
    status: 'completed',
    medicationCodeableConcept: coded(RXNORM, code, display),
    subject: about(patient),
    effectivePeriod: period,
  };
}

export function weight(patient: Patient, day: string, kilograms: string): Sent {
  return {
    ...count(patient, 0, day, ['29463-7', kilograms, 'kg']),
    id: `${patient.id}-weight`,
  };
}

/** An adverse event; `more` is what only some events say. */
export function event(
  patient: Patient,
  term: string,
  date: string,
  serious: boolean,
  more: object = {},
): Sent {
  const word = serious ? 'Serious' : 'Non-serious';
  return {
    resourceType: 'AdverseEvent',
    id: `${patient.id}-${term.toLowerCase()}`,
    ...versioned(1),
    actuality: 'actual',
    event: { text: term },
    subject: about(patient),
    date,
    seriousness: coded('http://terminology.hl7.org/CodeSystem/adverse-event-seriousness', word),
    ...more,
  };
}

export function person(patient: Patient, more: object): Sent {
  return { resourceType: 'Patient', id: patient.id, ...versioned(1), ...more };
}

const US_CORE = 'http://hl7.org/fhir/us/core/StructureDefinition/us-core';

/** Race (none, one, or several categories) or ethnicity as US Core has it. */
export function category(what: 'race' | 'ethnicity', ...codes: readonly string[]) {
  const system = 'urn:oid:2.16.840.1.113883.6.238';
  const categories = codes.map((code) => ({ url: 'ombCategory', valueCoding: { system, code } }));
  return { url: `${US_CORE}-${what}`, extension: [...categories, { url: 'text', valueString: 'as told' }] };
}

export function withdrawal(patient: Patient, subject: string): Sent {
  return {
    resourceType: 'ResearchSubject',
    id: `${patient.id}-study`,
    ...versioned(1),
    identifier: [{ system: `${OURS}/sid/subject/msc-aa`, value: subject }],
    status: 'withdrawn',
    study: { reference: 'ResearchStudy/msc-aa' },
    individual: about(patient),
  };
}
