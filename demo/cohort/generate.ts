import {
  type Bedside,
  bedsideOf,
  type Entry,
  enrolledOn,
  patientEntry,
  researchSubjectEntry,
} from './bedside.ts';
import { chartOf } from './chart.ts';
import { CORRECTED_DAY, CORRECTED_PLATELETS, courseOf, type SubjectCourse } from './course.ts';
import type { Dialect } from './dialect.ts';
import { DIALECTS } from './dialects.ts';
import { extraDeliveries, extraEntries } from './extras.ts';
import { plateletsEntry } from './laboratory.ts';
import { planStudy, type Site } from './plan.ts';
import { disturb, pack } from './post.ts';
import { randomOf } from './random.ts';
import type { Delivery, Resource } from './wire.ts';

export interface EnrolmentRow {
  readonly subject: string;
  readonly site: string;
  readonly patient: string;
  readonly enrolledOn: string;
  readonly consentedOn: string;
}

export interface SiteCohort {
  readonly site: Site;
  readonly timeZone: string;
  /** Rows of the trial office's file; empty where the hospital enrols by ResearchSubject. */
  readonly enrolment: readonly EnrolmentRow[];
  /** The patients as the hospital's own EHR has them. */
  readonly patients: readonly Resource[];
  readonly deliveries: readonly Delivery[];
}

export interface Cohort {
  readonly study: string;
  readonly sites: readonly SiteCohort[];
  /** A corrected platelet count, which takes one subject's response away. */
  readonly correction: { readonly subject: string; readonly site: Site; readonly delivery: Delivery };
  /** What really happened, in day offsets, for checks that know nothing of FHIR. */
  readonly truth: readonly SubjectCourse[];
}

/** The study as seven hospitals would send it. Equal seeds give equal bytes. */
export function generateCohort(seed: number): Cohort {
  const truth = planStudy(seed).map((plan) => courseOf(plan, seed));
  const beds = truth.map((course, i) => bedsideOf(DIALECTS[course.plan.site], course, i));
  const sites = Object.values(DIALECTS).map((dialect) =>
    siteCohort(
      dialect,
      beds.filter((bed) => bed.dialect.site === dialect.site),
      seed,
    ),
  );
  return { study: 'msc-aa', sites, correction: correctionOf(beds), truth };
}

function siteCohort(dialect: Dialect, beds: readonly Bedside[], seed: number): SiteCohort {
  const random = randomOf(seed, dialect.site);
  const registered = beds.flatMap(registration);
  const charts = [...beds.flatMap((bed) => chartOf(bed, random)), ...extraEntries(beds)];
  const patientOf = patientsOf(beds);
  const first = pack(dialect, registered, patientOf);
  const inOrder = charts.sort((a, b) => a.at - b.at);
  const rest = pack(dialect, inOrder, patientOf);
  return {
    site: dialect.site,
    timeZone: dialect.timeZone,
    enrolment: dialect.enrolment === 'research-subject' ? [] : beds.map(enrolmentRow),
    patients: beds.map((bed) => patientEntry(bed, false).resource),
    deliveries: [...disturb([...first, ...rest], first.length, random), ...extraDeliveries(beds)],
  };
}

/** Patients come first, with their enrolment where the hospital says it. */
function registration(bed: Bedside): readonly Entry[] {
  const patient = patientEntry(bed, false);
  if (bed.dialect.enrolment !== 'research-subject') return [patient];
  return [patient, { ...researchSubjectEntry(bed), at: patient.at }];
}

function patientsOf(beds: readonly Bedside[]): (subject: string) => Entry | undefined {
  const bySubject = new Map(beds.map((bed) => [bed.course.plan.subject, patientEntry(bed, false)]));
  return (subject) => bySubject.get(subject);
}

function enrolmentRow(bed: Bedside): EnrolmentRow {
  const { mrnSystem, enrolment, site } = bed.dialect;
  const patient = enrolment === 'csv-by-mrn' ? `${mrnSystem}|${bed.mrn}` : `Patient/${bed.patientId}`;
  const day = enrolledOn(bed);
  return { subject: bed.course.plan.subject, site, patient, enrolledOn: day, consentedOn: day };
}

function correctionOf(beds: readonly Bedside[]): Cohort['correction'] {
  const bed = beds.find((one) => one.course.plan.correction);
  const index = bed?.course.counts.findIndex((count) => count.day === CORRECTED_DAY) ?? -1;
  const count = bed?.course.counts[index];
  if (!bed || !count) throw new Error('the plan names no subject whose count is corrected');
  const corrected = { ...count, platelets: CORRECTED_PLATELETS };
  const entry = plateletsEntry(bed, corrected, index + 1, { version: 2, status: 'corrected' });
  const [delivery] = pack(bed.dialect, [entry], patientsOf([bed]));
  if (!delivery) throw new Error('nothing to deliver');
  return { subject: bed.course.plan.subject, site: bed.dialect.site, delivery };
}
