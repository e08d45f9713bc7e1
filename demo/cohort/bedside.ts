import { instantOf, later, plusDays } from './calendar.ts';
import type { SubjectCourse } from './course.ts';
import type { Dialect } from './dialect.ts';
import { type Resource, STUDY_BASE } from './wire.ts';

/** One subject at his hospital: everything that its records about him have in common. */
export interface Bedside {
  readonly dialect: Dialect;
  readonly course: SubjectCourse;
  readonly patientId: string;
  readonly mrn: string;
}

/** One version of a resource, with the moment at which the hospital would send it. */
export interface Entry {
  readonly subject: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly resource: Resource;
}

export function bedsideOf(dialect: Dialect, course: SubjectCourse, ordinal: number): Bedside {
  const patientId = `${dialect.patientPrefix}${String(1001 + ordinal * 7)}`;
  return { dialect, course, patientId, mrn: String(40_100_000 + ordinal * 3331) };
}

export function instant(bed: Bedside, day: number, minutes: number): string {
  const { offset, clock } = bed.dialect;
  return instantOf(plusDays(bed.course.plan.dayZero, day), minutes, offset, clock);
}

export function calendarDay(bed: Bedside, day: number): string {
  return plusDays(bed.course.plan.dayZero, day);
}

export function subjectOf(bed: Bedside): unknown {
  return { reference: `Patient/${bed.patientId}` };
}

/** The record's id: the patient's, what it is, and a running number. */
export function idOf(bed: Bedside, what: string, n: number): string {
  return `${bed.patientId}-${what}-${n}`;
}

/** A version of a record of what happened `at`; the first is sent three hours after it, each next one a day later. */
export function entryOf(bed: Bedside, at: string, resource: Resource, version = 1): Entry {
  const updated = later(at, 3 + 24 * (version - 1));
  const numbered = bed.dialect.versions === 'numbers' ? { versionId: String(version) } : {};
  const { resourceType, id, ...content } = resource;
  const versioned = { resourceType, id, meta: { ...numbered, lastUpdated: updated }, ...content };
  return { subject: bed.course.plan.subject, at: Date.parse(updated), resource: versioned };
}

const FAMILIES = [
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
const GIVEN = [
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
function originOf({ origin }: Dialect): readonly unknown[] {
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
export function patientEntry(bed: Bedside, died: boolean): Entry {
  const { plan } = bed.course;
  const n = Number(plan.subject.slice(-3));
  const name = { family: FAMILIES[n % FAMILIES.length], given: [GIVEN[n % GIVEN.length]] };
  const day = died ? plan.lastDay : bed.course.diagnosedDay;
  const at = instant(bed, day, 9 * 60);
  const extension = originOf(bed.dialect);
  return entryOf(
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
      ...(died ? { deceasedDateTime: calendarDay(bed, plan.lastDay) } : {}),
    },
    died ? 2 : 1,
  );
}

const ENROLLED_DAYS_BEFORE = 28;

export function enrolledOn(bed: Bedside): string {
  return calendarDay(bed, -ENROLLED_DAYS_BEFORE);
}

/** The enrolment as FHIR, where the hospital sends it itself. */
export function researchSubjectEntry(bed: Bedside): Entry {
  const at = instant(bed, -ENROLLED_DAYS_BEFORE, 10 * 60);
  return entryOf(bed, at, {
    resourceType: 'ResearchSubject',
    id: idOf(bed, 'msc-aa', 1),
    identifier: [{ system: `${STUDY_BASE}/sid/subject/msc-aa`, value: bed.course.plan.subject }],
    status: 'on-study',
    period: { start: enrolledOn(bed) },
    study: { reference: 'ResearchStudy/msc-aa' },
    individual: subjectOf(bed),
    consent: { reference: `Consent/${idOf(bed, 'consent', 1)}` },
  });
}
