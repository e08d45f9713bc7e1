import { buildChartEntries } from './chart-entries.ts';
import type { Dialect } from './dialect.ts';
import { buildDistractorDeliveries, buildDistractorEntries } from './distractors.ts';
import type { CohortResource, HospitalDelivery } from './fhir-elements.ts';
import { buildPlateletsEntry } from './laboratory-entries.ts';
import { disturbOrder, packEntries } from './pack-deliveries.ts';
import {
  buildPatientEntry,
  buildResearchSubjectEntry,
  type ChartEntry,
  createPatientChart,
  formatEnrolmentDay,
  type PatientChart,
} from './patient-chart.ts';
import { createRandom } from './seeded-random.ts';
import { DIALECTS } from './seven-dialects.ts';
import {
  CORRECTED_DAY,
  CORRECTED_PLATELETS,
  type SimulatedCourse,
  simulateCourse,
} from './simulate-course.ts';
import { type CohortSite, planStudy } from './study-plan.ts';

interface CohortEnrolmentRow {
  readonly subject: string;
  readonly site: string;
  readonly patient: string;
  readonly enrolledOn: string;
  readonly consentedOn: string;
}

export interface SiteCohort {
  readonly site: CohortSite;
  readonly timeZone: string;
  /** The subject numbers that the study has given to the site. */
  readonly subjects: readonly string[];
  /** Rows of the trial office's enrolment file; empty where the hospital enrols by ResearchSubject. */
  readonly enrolment: readonly CohortEnrolmentRow[];
  /** The patients as they are in the hospital's EHR. */
  readonly patients: readonly CohortResource[];
  readonly deliveries: readonly HospitalDelivery[];
}

export interface Cohort {
  readonly study: string;
  readonly sites: readonly SiteCohort[];
  /** A corrected platelet count, after which one subject no longer has a response. */
  readonly correction: {
    readonly subject: string;
    readonly site: CohortSite;
    readonly delivery: HospitalDelivery;
  };
  /** The simulated truth, in days after the first infusion, for checks that are independent of FHIR. */
  readonly truth: readonly SimulatedCourse[];
}

/** Generates the study as seven hospitals send it. Equal seeds yield equal bytes. */
export function generateCohort(seed: number): Cohort {
  const truth = planStudy(seed).map((plan) => simulateCourse(plan, seed));
  const charts = truth.map((course, i) => createPatientChart(DIALECTS[course.plan.site], course, i));
  const sites = Object.values(DIALECTS).map((dialect) =>
    generateSiteCohort(
      dialect,
      charts.filter(({ dialect: { site } }) => site === dialect.site),
      seed,
    ),
  );
  return { study: 'msc-aa', sites, correction: buildCorrection(charts), truth };
}

function generateSiteCohort(dialect: Dialect, charts: readonly PatientChart[], seed: number): SiteCohort {
  const random = createRandom(seed, dialect.site);
  const registrations = charts.flatMap(buildRegistrationEntries);
  const chartEntries = [
    ...charts.flatMap((chart) => buildChartEntries(chart, random)),
    ...buildDistractorEntries(charts),
  ];
  const findPatient = indexPatientEntries(charts);
  const first = packEntries(dialect, registrations, findPatient);
  const inOrder = chartEntries.sort((a, b) => a.sentAtMs - b.sentAtMs);
  const rest = packEntries(dialect, inOrder, findPatient);
  return {
    site: dialect.site,
    timeZone: dialect.timeZone,
    subjects: charts.map(({ course }) => course.plan.subject),
    enrolment: dialect.enrolment === 'research-subject' ? [] : charts.map(buildEnrolmentRow),
    patients: charts.map((chart) => buildPatientEntry(chart, false).resource),
    deliveries: [
      ...disturbOrder([...first, ...rest], first.length, random),
      ...buildDistractorDeliveries(charts),
    ],
  };
}

/** Builds the entries that are sent first: the patient, and the enrolment where the hospital sends it. */
function buildRegistrationEntries(chart: PatientChart): readonly ChartEntry[] {
  const patient = buildPatientEntry(chart, false);
  if (chart.dialect.enrolment !== 'research-subject') return [patient];
  return [patient, { ...buildResearchSubjectEntry(chart), sentAtMs: patient.sentAtMs }];
}

function indexPatientEntries(charts: readonly PatientChart[]): (subject: string) => ChartEntry | undefined {
  const bySubject = new Map(
    charts.map((chart) => [chart.course.plan.subject, buildPatientEntry(chart, false)]),
  );
  return (subject) => bySubject.get(subject);
}

function buildEnrolmentRow(chart: PatientChart): CohortEnrolmentRow {
  const { mrnSystem, enrolment, site } = chart.dialect;
  const patient = enrolment === 'csv-by-mrn' ? `${mrnSystem}|${chart.mrn}` : `Patient/${chart.patientId}`;
  const day = formatEnrolmentDay(chart);
  return { subject: chart.course.plan.subject, site, patient, enrolledOn: day, consentedOn: day };
}

function buildCorrection(charts: readonly PatientChart[]): Cohort['correction'] {
  const chart = charts.find(({ course }) => course.plan.isCorrectionSubject);
  const index = chart?.course.counts.findIndex((count) => count.day === CORRECTED_DAY) ?? -1;
  const count = chart?.course.counts[index];
  if (!chart || !count) throw new Error('The plan has no subject whose count is corrected.');
  const corrected = { ...count, platelets: CORRECTED_PLATELETS };
  const entry = buildPlateletsEntry(chart, corrected, index + 1, { version: 2, status: 'corrected' });
  const [delivery] = packEntries(chart.dialect, [entry], indexPatientEntries([chart]));
  if (!delivery) throw new Error('The correction has no delivery.');
  return { subject: chart.course.plan.subject, site: chart.dialect.site, delivery };
}
