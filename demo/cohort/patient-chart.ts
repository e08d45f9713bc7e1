import { addCalendarDays, addHours, formatLocalInstant } from './calendar.ts';
import type { Dialect } from './dialect.ts';
import { ADAPTER_BASE, type CohortResource } from './fhir-elements.ts';
import type { SimulatedCourse } from './simulate-course.ts';

/** One subject at his hospital: everything that its records about him have in common. */
export interface PatientChart {
  readonly dialect: Dialect;
  readonly course: SimulatedCourse;
  readonly patientId: string;
  readonly mrn: string;
}

/** One version of a resource, with the moment at which the hospital would send it. */
export interface ChartEntry {
  readonly subject: string;
  /** Milliseconds since 1970. */
  readonly sentAtMs: number;
  readonly resource: CohortResource;
}

export function createPatientChart(dialect: Dialect, course: SimulatedCourse, ordinal: number): PatientChart {
  const patientId = `${dialect.patientPrefix}${String(1001 + ordinal * 7)}`;
  return { dialect, course, patientId, mrn: String(40_100_000 + ordinal * 3331) };
}

export function formatChartInstant(bed: PatientChart, day: number, minutes: number): string {
  const { offset, instantStyle: clock } = bed.dialect;
  return formatLocalInstant(addCalendarDays(bed.course.plan.dayZero, day), minutes, offset, clock);
}

export function formatChartDay(bed: PatientChart, day: number): string {
  return addCalendarDays(bed.course.plan.dayZero, day);
}

export function buildChartReference(bed: PatientChart): unknown {
  return { reference: `Patient/${bed.patientId}` };
}

/** The record's id: the patient's, what it is, and a running number. */
export function formatRecordId(bed: PatientChart, what: string, n: number): string {
  return `${bed.patientId}-${what}-${n}`;
}

/** A version of a record of what happened `at`; the first is sent three hours after it, each next one a day later. */
export function buildChartEntry(
  bed: PatientChart,
  at: string,
  resource: CohortResource,
  version = 1,
): ChartEntry {
  const updated = addHours(at, 3 + 24 * (version - 1));
  const numbered = bed.dialect.versioning === 'numbers' ? { versionId: String(version) } : {};
  const { resourceType, id, ...content } = resource;
  const versioned = { resourceType, id, meta: { ...numbered, lastUpdated: updated }, ...content };
  return { subject: bed.course.plan.subject, sentAtMs: Date.parse(updated), resource: versioned };
}

const FAMILY_NAMES = [
  'Li',
  'Wang',
  'Zhao',
  'Chen',
  'Huang',
  'Zhou',
  'Wu',
  'Xu',
  'Sun',
  'Hu',
  'Zhu',
  'Gao',
  'Lin',
];
const GIVEN_NAMES = [
  'Wei',
  'Fang',
  'Min',
  'Jing',
  'Lei',
  'Qiang',
  'Yan',
  'Jun',
  'Xia',
  'Bo',
  'Ning',
  'Tao',
  'Mei',
  'Rui',
];

const US_CORE = 'http://hl7.org/fhir/us/core/StructureDefinition';
const RACE_AND_ETHNICITY = 'urn:oid:2.16.840.1.113883.6.238';

/** Race and ethnicity as US Core has them, with the text that it asks for. */
function buildOriginExtensions({ raceFormat: origin }: Dialect): readonly unknown[] {
  const said = (what: string, code: string, text: string) => ({
    url: `${US_CORE}/us-core-${what}`,
    extension: [
      ...(origin === 'categories'
        ? [{ url: 'ombCategory', valueCoding: { system: RACE_AND_ETHNICITY, code, display: text } }]
        : []),
      { url: 'text', valueString: text },
    ],
  });
  if (origin === 'none') return [];
  const race = said('race', '2028-9', 'Asian');
  return origin === 'text' ? [race] : [race, said('ethnicity', '2186-5', 'Not Hispanic or Latino')];
}

/** The patient, with the day of death once he has died. */
export function buildPatientEntry(bed: PatientChart, died: boolean): ChartEntry {
  const { plan } = bed.course;
  const n = Number(plan.subject.slice(-3));
  const name = {
    family: FAMILY_NAMES[n % FAMILY_NAMES.length],
    given: [GIVEN_NAMES[n % GIVEN_NAMES.length]],
  };
  const day = died ? plan.lastDay : bed.course.diagnosedDay;
  const at = formatChartInstant(bed, day, 9 * 60);
  const extension = buildOriginExtensions(bed.dialect);
  return buildChartEntry(
    bed,
    at,
    {
      resourceType: 'Patient',
      id: bed.patientId,
      ...(extension.length > 0 ? { extension } : {}),
      identifier: [{ use: 'official', system: bed.dialect.mrnSystem, value: bed.mrn }],
      name: [name],
      gender: plan.sex,
      birthDate: `${plan.birthYear}-${String((n % 12) + 1).padStart(2, '0')}-${String((n % 28) + 1).padStart(2, '0')}`,
      ...(died ? { deceasedDateTime: formatChartDay(bed, plan.lastDay) } : {}),
    },
    died ? 2 : 1,
  );
}

const DAYS_FROM_ENROLMENT = 28;

export function formatEnrolmentDay(bed: PatientChart): string {
  return formatChartDay(bed, -DAYS_FROM_ENROLMENT);
}

/** The enrolment as FHIR, where the hospital sends it itself. */
export function buildResearchSubjectEntry(bed: PatientChart): ChartEntry {
  const at = formatChartInstant(bed, -DAYS_FROM_ENROLMENT, 10 * 60);
  return buildChartEntry(bed, at, {
    resourceType: 'ResearchSubject',
    id: formatRecordId(bed, 'msc-aa', 1),
    identifier: [{ system: `${ADAPTER_BASE}/sid/subject/msc-aa`, value: bed.course.plan.subject }],
    status: 'on-study',
    period: { start: formatEnrolmentDay(bed) },
    study: { reference: 'ResearchStudy/msc-aa' },
    individual: buildChartReference(bed),
    consent: { reference: `Consent/${formatRecordId(bed, 'consent', 1)}` },
  });
}
