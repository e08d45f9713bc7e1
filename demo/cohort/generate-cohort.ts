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

export interface CohortEnrolmentRow {
  readonly subject: string;
  readonly site: string;
  readonly patient: string;
  readonly enrolledOn: string;
  readonly consentedOn: string;
}

export interface SiteCohort {
  readonly site: CohortSite;
  readonly timeZone: string;
  /** Rows of the trial office's file; empty where the hospital enrols by ResearchSubject. */
  readonly enrolment: readonly CohortEnrolmentRow[];
  /** The patients as the hospital's own EHR has them. */
  readonly patients: readonly CohortResource[];
  readonly deliveries: readonly HospitalDelivery[];
}

export interface Cohort {
  readonly study: string;
  readonly sites: readonly SiteCohort[];
  /** A corrected platelet count, which takes one subject's response away. */
  readonly correction: {
    readonly subject: string;
    readonly site: CohortSite;
    readonly delivery: HospitalDelivery;
  };
  /** What really happened, in day offsets, for checks that know nothing of FHIR. */
  readonly truth: readonly SimulatedCourse[];
}

/** The study as seven hospitals would send it. Equal seeds give equal bytes. */
export function generateCohort(seed: number): Cohort {
  const truth = planStudy(seed).map((plan) => simulateCourse(plan, seed));
  const beds = truth.map((course, i) => createPatientChart(DIALECTS[course.plan.site], course, i));
  const sites = Object.values(DIALECTS).map((dialect) =>
    generateSiteCohort(
      dialect,
      beds.filter((bed) => bed.dialect.site === dialect.site),
      seed,
    ),
  );
  return { study: 'msc-aa', sites, correction: buildCorrection(beds), truth };
}

function generateSiteCohort(dialect: Dialect, beds: readonly PatientChart[], seed: number): SiteCohort {
  const random = createRandom(seed, dialect.site);
  const registered = beds.flatMap(buildRegistrationEntries);
  const charts = [...beds.flatMap((bed) => buildChartEntries(bed, random)), ...buildDistractorEntries(beds)];
  const patientOf = indexPatientEntries(beds);
  const first = packEntries(dialect, registered, patientOf);
  const inOrder = charts.sort((a, b) => a.sentAtMs - b.sentAtMs);
  const rest = packEntries(dialect, inOrder, patientOf);
  return {
    site: dialect.site,
    timeZone: dialect.timeZone,
    enrolment: dialect.enrolment === 'research-subject' ? [] : beds.map(buildEnrolmentRow),
    patients: beds.map((bed) => buildPatientEntry(bed, false).resource),
    deliveries: [
      ...disturbOrder([...first, ...rest], first.length, random),
      ...buildDistractorDeliveries(beds),
    ],
  };
}

/** Patients come first, with their enrolment where the hospital says it. */
function buildRegistrationEntries(bed: PatientChart): readonly ChartEntry[] {
  const patient = buildPatientEntry(bed, false);
  if (bed.dialect.enrolment !== 'research-subject') return [patient];
  return [patient, { ...buildResearchSubjectEntry(bed), sentAtMs: patient.sentAtMs }];
}

function indexPatientEntries(beds: readonly PatientChart[]): (subject: string) => ChartEntry | undefined {
  const bySubject = new Map(beds.map((bed) => [bed.course.plan.subject, buildPatientEntry(bed, false)]));
  return (subject) => bySubject.get(subject);
}

function buildEnrolmentRow(bed: PatientChart): CohortEnrolmentRow {
  const { mrnSystem, enrolment, site } = bed.dialect;
  const patient = enrolment === 'csv-by-mrn' ? `${mrnSystem}|${bed.mrn}` : `Patient/${bed.patientId}`;
  const day = formatEnrolmentDay(bed);
  return { subject: bed.course.plan.subject, site, patient, enrolledOn: day, consentedOn: day };
}

function buildCorrection(beds: readonly PatientChart[]): Cohort['correction'] {
  const bed = beds.find((one) => one.course.plan.isCorrectionSubject);
  const index = bed?.course.counts.findIndex((count) => count.day === CORRECTED_DAY) ?? -1;
  const count = bed?.course.counts[index];
  if (!bed || !count) throw new Error('the plan names no subject whose count is corrected');
  const corrected = { ...count, platelets: CORRECTED_PLATELETS };
  const entry = buildPlateletsEntry(bed, corrected, index + 1, { version: 2, status: 'corrected' });
  const [delivery] = packEntries(bed.dialect, [entry], indexPatientEntries([bed]));
  if (!delivery) throw new Error('nothing to deliver');
  return { subject: bed.course.plan.subject, site: bed.dialect.site, delivery };
}
