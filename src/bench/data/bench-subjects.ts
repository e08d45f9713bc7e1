import { buildCodeSystemUrl } from '../../fhir/canonical-urls.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { EnrolmentRequest } from '../../pipeline/ports.ts';

/** The study, its site and the time zone in which `bench` works. */
export const BENCH_STUDY = 'msc-aa';
export const BENCH_SITE = 'bench';

/** Subjects by number: results are spread over the first, and each of the others gets results of their own. */
export interface BenchSubjects {
  readonly spread: readonly number[];
  readonly singledOut: readonly number[];
}

const SINGLED_OUT = 4;

export const listBenchSubjects = (spread: number): BenchSubjects => ({
  spread: Array.from({ length: spread }, (_, i) => i),
  singledOut: Array.from({ length: SINGLED_OUT }, (_, i) => spread + i),
});

const ENROLLED_ON = '2019-12-01';
const INFUSION_DAYS = ['2020-01-21', '2020-01-28', '2020-02-04', '2020-02-11'];

export const formatBenchPatient = (subject: number): string => `bench-patient-${subject}`;

/** Builds the enrolments of all subjects. */
export const buildEnrolments = ({ spread, singledOut }: BenchSubjects): readonly EnrolmentRequest[] =>
  [...spread, ...singledOut].map((subject) => ({
    subject: `BENCH-${subject}`,
    site: BENCH_SITE,
    patient: `Patient/${formatBenchPatient(subject)}`,
    enrolledOn: ENROLLED_ON,
    consentedOn: ENROLLED_ON,
  }));

const buildInfusion = (subject: number, day: string): Resource => ({
  resourceType: 'MedicationAdministration',
  id: `infusion-${subject}-${day}`,
  status: 'completed',
  medicationCodeableConcept: { coding: [{ system: buildCodeSystemUrl('msc-product'), code: 'bm-msc' }] },
  subject: { reference: `Patient/${formatBenchPatient(subject)}` },
  effectiveDateTime: `${day}T08:00:00Z`,
  dosage: { dose: { value: 1.5, unit: '10*6/kg', system: 'http://unitsofmeasure.org', code: '10*6/kg' } },
});

const buildDiagnosis = (subject: number): Resource => ({
  resourceType: 'Condition',
  id: `diagnosis-${subject}`,
  verificationStatus: {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-ver-status', code: 'confirmed' }],
  },
  code: { coding: [{ system: 'http://snomed.info/sct', code: '306058006' }] },
  severity: { coding: [{ system: buildCodeSystemUrl('disease-severity'), code: 'SAA' }] },
  subject: { reference: `Patient/${formatBenchPatient(subject)}` },
  onsetDateTime: '2019-06-01',
});

/** Builds the course of every subject, so that there is something to assess: a diagnosis and four infusions. */
export const buildCourses = ({ spread, singledOut }: BenchSubjects): readonly Resource[] =>
  [...spread, ...singledOut].flatMap((subject) => [
    buildDiagnosis(subject),
    ...INFUSION_DAYS.map((day) => buildInfusion(subject, day)),
  ]);
