import { addCalendarDays, addHours, formatLocalInstant } from './calendar.ts';
import type { Dialect } from './dialect.ts';
import { ADAPTER_BASE, type CohortResource } from './fhir-elements.ts';
import type { SimulatedCourse } from './simulate-course.ts';

/** One subject at a hospital: the data that all of the hospital's records of the subject share. */
export interface PatientChart {
  readonly dialect: Dialect;
  readonly course: SimulatedCourse;
  readonly patientId: string;
  readonly mrn: string;
}

/** One version of a resource, and the time at which the hospital sends it. */
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

export function formatChartInstant(chart: PatientChart, day: number, minutes: number): string {
  const { offset, instantStyle } = chart.dialect;
  return formatLocalInstant(addCalendarDays(chart.course.plan.dayZero, day), minutes, offset, instantStyle);
}

export function formatChartDay(chart: PatientChart, day: number): string {
  return addCalendarDays(chart.course.plan.dayZero, day);
}

export function buildChartReference(chart: PatientChart): unknown {
  return { reference: `Patient/${chart.patientId}` };
}

/** Formats a record's id: the patient's id, the kind of record, and a running number. */
export function formatRecordId(chart: PatientChart, kind: string, ordinal: number): string {
  return `${chart.patientId}-${kind}-${ordinal}`;
}

/** Builds a version of a record. The first is sent three hours after the event at `at`, each later one a day after that. */
export function buildChartEntry(
  chart: PatientChart,
  at: string,
  resource: CohortResource,
  version = 1,
): ChartEntry {
  const updated = addHours(at, 3 + 24 * (version - 1));
  const versionNumber = chart.dialect.versioning === 'numbers' ? { versionId: String(version) } : {};
  const { resourceType, id, ...content } = resource;
  const versioned = { resourceType, id, meta: { ...versionNumber, lastUpdated: updated }, ...content };
  return { subject: chart.course.plan.subject, sentAtMs: Date.parse(updated), resource: versioned };
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

/** Builds race and ethnicity by the US Core extensions, whose text is required. */
function buildOriginExtensions({ raceFormat }: Dialect): readonly unknown[] {
  const buildExtension = (name: string, code: string, text: string) => ({
    url: `${US_CORE}/us-core-${name}`,
    extension: [
      ...(raceFormat === 'categories'
        ? [{ url: 'ombCategory', valueCoding: { system: RACE_AND_ETHNICITY, code, display: text } }]
        : []),
      { url: 'text', valueString: text },
    ],
  });
  if (raceFormat === 'none') return [];
  const race = buildExtension('race', '2028-9', 'Asian');
  return raceFormat === 'text'
    ? [race]
    : [race, buildExtension('ethnicity', '2186-5', 'Not Hispanic or Latino')];
}

/** Builds the Patient; the second version has the day of death. */
export function buildPatientEntry(chart: PatientChart, hasDied: boolean): ChartEntry {
  const { plan } = chart.course;
  const ordinal = Number(plan.subject.slice(-3));
  const name = {
    family: FAMILY_NAMES[ordinal % FAMILY_NAMES.length],
    given: [GIVEN_NAMES[ordinal % GIVEN_NAMES.length]],
  };
  const day = hasDied ? plan.lastDay : chart.course.diagnosedDay;
  const at = formatChartInstant(chart, day, 9 * 60);
  const extension = buildOriginExtensions(chart.dialect);
  return buildChartEntry(
    chart,
    at,
    {
      resourceType: 'Patient',
      id: chart.patientId,
      ...(extension.length > 0 ? { extension } : {}),
      identifier: [{ use: 'official', system: chart.dialect.mrnSystem, value: chart.mrn }],
      name: [name],
      gender: plan.sex,
      birthDate: `${plan.birthYear}-${String((ordinal % 12) + 1).padStart(2, '0')}-${String((ordinal % 28) + 1).padStart(2, '0')}`,
      ...(hasDied ? { deceasedDateTime: formatChartDay(chart, plan.lastDay) } : {}),
    },
    hasDied ? 2 : 1,
  );
}

/** Days from enrolment to the first infusion. */
const DAYS_FROM_ENROLMENT = 28;

export function formatEnrolmentDay(chart: PatientChart): string {
  return formatChartDay(chart, -DAYS_FROM_ENROLMENT);
}

/** Builds the enrolment as a ResearchSubject, for a hospital that sends it. */
export function buildResearchSubjectEntry(chart: PatientChart): ChartEntry {
  const at = formatChartInstant(chart, -DAYS_FROM_ENROLMENT, 10 * 60);
  return buildChartEntry(chart, at, {
    resourceType: 'ResearchSubject',
    id: formatRecordId(chart, 'msc-aa', 1),
    identifier: [{ system: `${ADAPTER_BASE}/sid/subject/msc-aa`, value: chart.course.plan.subject }],
    status: 'on-study',
    period: { start: formatEnrolmentDay(chart) },
    study: { reference: 'ResearchStudy/msc-aa' },
    individual: buildChartReference(chart),
    consent: { reference: `Consent/${formatRecordId(chart, 'consent', 1)}` },
  });
}
