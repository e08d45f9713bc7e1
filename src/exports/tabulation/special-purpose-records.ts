import { addDays, listPossibleAges } from '../../trial/calendar-days.ts';
import type { Ethnicity, PersonFact, Race, Source } from '../../trial/facts.ts';
import { listCourseSources } from '../lineage/course-sources.ts';
import { deriveEthnicity, deriveRaces } from '../race-and-ethnicity.ts';
import type { RecordDraft } from './record-drafts.ts';
import { deriveEndDate, deriveStartDay, formatStartDate } from './sdtm-dates.ts';
import {
  deriveSdtmStudyDay,
  findEpoch,
  type SubjectTimeline,
  selectFactsOfKind,
} from './subject-timeline.ts';
import { listPlannedVisits } from './visit-numbers.ts';

const SEX_TERMS = { male: 'M', female: 'F', other: 'UNDIFFERENTIATED', unknown: 'U' } as const;

/** The sex that all statements agree on; U where none was sent or they differ. */
function deriveSexTerm(persons: readonly PersonFact[]): string {
  const said = new Set(
    persons.flatMap(({ sex }) => (sex === null || sex === 'unknown' ? [] : [SEX_TERMS[sex]])),
  );
  const [only] = said;
  return said.size === 1 && only !== undefined ? only : 'U';
}

const RACE_TERMS: Readonly<Record<Race, string>> = {
  'american-indian-or-alaska-native': 'AMERICAN INDIAN OR ALASKA NATIVE',
  asian: 'ASIAN',
  'black-or-african-american': 'BLACK OR AFRICAN AMERICAN',
  'native-hawaiian-or-other-pacific-islander': 'NATIVE HAWAIIAN OR OTHER PACIFIC ISLANDER',
  white: 'WHITE',
};

const ETHNIC_TERMS: Readonly<Record<Ethnicity | 'unknown', string>> = {
  'hispanic-or-latino': 'HISPANIC OR LATINO',
  'not-hispanic-or-latino': 'NOT HISPANIC OR LATINO',
  unknown: 'UNKNOWN',
};

/** RACE, and for more than one RACE1 to RACE5 (SDTMIG 3.4, section 5.2, assumption on more than one race). */
function deriveRaceCells(persons: readonly PersonFact[]): {
  readonly RACE: string | null;
  readonly each: Readonly<Record<string, string>>;
} {
  const races = deriveRaces(persons);
  if (races === null) return { RACE: null, each: {} };
  if (races === 'unknown') return { RACE: 'UNKNOWN', each: {} };
  const terms = races.map((race) => RACE_TERMS[race]);
  if (terms.length === 1) return { RACE: terms[0] ?? null, each: {} };
  return { RACE: 'MULTIPLE', each: Object.fromEntries(terms.map((term, i) => [`RACE${i + 1}`, term])) };
}

/** Whole years at the first infusion, else at consent; null where a partial birth date allows two ages. */
export function deriveSdtmAge(timeline: SubjectTimeline): number | null {
  const persons = selectFactsOfKind(timeline.facts, 'person');
  const born = new Set(persons.flatMap(({ birthDate }) => birthDate ?? []));
  const [only] = born;
  if (born.size !== 1 || only === undefined) return null;
  const ages = listPossibleAges(only, timeline.dayZero ?? timeline.record.subject.consentedOn);
  return ages?.length === 1 ? (ages[0] ?? null) : null;
}

/** Code and description of the one arm. */
export function deriveArm(timeline: Pick<SubjectTimeline, 'study'>): {
  readonly code: string;
  readonly name: string;
} {
  const { product } = timeline.study.protocol.dosing;
  return { code: product.toUpperCase().slice(0, 20), name: `${product.toUpperCase()} infusions` };
}

function deriveArmCells(timeline: SubjectTimeline) {
  const { code, name } = deriveArm(timeline);
  const planned = { ARMCD: code, ARM: name };
  if (timeline.dayZero === null) return { ...planned, ARMNRS: 'ASSIGNED, NOT TREATED' };
  return { ...planned, ACTARMCD: code, ACTARM: name };
}

/** Demographics (DM): one record. No birth date: the age is enough. */
export function draftDemographics(timeline: SubjectTimeline): readonly RecordDraft[] {
  const { record, firstDose, lastDose, death } = timeline;
  const { subject, judgement } = record;
  const first = firstDose ? formatStartDate(firstDose) : null;
  const last = lastDose ? (deriveEndDate(lastDose).text ?? formatStartDate(lastDose)) : null;
  const AGE = deriveSdtmAge(timeline);
  const persons = selectFactsOfKind(timeline.facts, 'person');
  const { RACE, each } = deriveRaceCells(persons);
  const ethnicity = deriveEthnicity(persons);
  const cells = {
    SUBJID: subject.subject,
    RFSTDTC: first,
    RFENDTC: last,
    RFXSTDTC: first,
    RFXENDTC: last,
    RFICDTC: subject.consentedOn,
    RFPENDTC: death ? formatStartDate(death.at) : timeline.lastContact,
    DTHDTC: death ? formatStartDate(death.at) : null,
    DTHFL: death ? 'Y' : null,
    SITEID: subject.site,
    AGE,
    AGEU: AGE === null ? null : 'YEARS',
    SEX: deriveSexTerm(persons),
    RACE,
    ETHNIC: ethnicity && ETHNIC_TERMS[ethnicity],
    ...deriveArmCells(timeline),
    COUNTRY: record.country ?? null,
  };
  const AASEV = judgement.severity === 'unknown' ? null : judgement.severity;
  const from = listCourseSources(record, timeline.study.asOf);
  return [{ cells, address: '', sources: from, qualifiers: { AASEV, ...each } }];
}

/** Subject elements (SE). */
export function draftSubjectElements(timeline: SubjectTimeline): readonly RecordDraft[] {
  const { givenInfusions: given, death } = timeline;
  const bounds = [...given, ...(death === null ? [] : [death])].flatMap(({ sources }) => sources);
  return timeline.elements.map(({ code, name, epoch, order, startDay: from, endDay: to }) => ({
    cells: { ETCD: code, ELEMENT: name, TAETORD: order, EPOCH: epoch, SESTDTC: from, SEENDTC: to },
    address: code,
    sources: bounds,
  }));
}

interface VisitDays {
  readonly name: string;
  readonly planned: boolean;
  readonly days: readonly string[];
  readonly sources: readonly Source[];
}

function groupDaysByVisit(timeline: SubjectTimeline): ReadonlyMap<string, VisitDays> {
  const found = new Map<string, VisitDays>();
  for (const { at, sources } of [
    ...selectFactsOfKind(timeline.facts, 'lab'),
    ...selectFactsOfKind(timeline.facts, 'weight'),
  ]) {
    const day = deriveStartDay(at);
    const visit = timeline.visits.findOn(day);
    if (day === null || visit === null) continue;
    const { name, planned } = visit;
    const known = found.get(visit.number) ?? { days: [], sources: [] };
    const [days, from] = [
      [...known.days, day],
      [...known.sources, ...sources],
    ];
    found.set(visit.number, { name, planned, days, sources: from });
  }
  return found;
}

/** Planned visits whose window passed, while the subject was in the study, without any finding. */
function draftMissedVisits(
  timeline: SubjectTimeline,
  found: ReadonlyMap<string, VisitDays>,
): readonly RecordDraft[] {
  const { dayZero, study: head, death } = timeline;
  if (dayZero === null) return [];
  const until = [head.asOf, death?.at.latestDay ?? head.asOf].sort()[0] ?? head.asOf;
  const off = timeline.record.subject.status !== 'on-study';
  const last = off && timeline.lastContact < until ? timeline.lastContact : until;
  const missed = listPlannedVisits(head.protocol).filter(
    ({ number, to }) => !found.has(number) && addDays(dayZero, to) < last,
  );
  return missed.map(({ number, name }) => ({
    cells: { VISITNUM: number, VISIT: name, SVPRESP: 'Y', SVOCCUR: 'N' },
    address: name,
    sources: [],
  }));
}

/** Visits (SV): what took place, planned or not, and planned visits that were missed. */
export function draftSubjectVisits(timeline: SubjectTimeline): readonly RecordDraft[] {
  const found = groupDaysByVisit(timeline);
  const occurred = [...found].map(([number, { name, planned, days, sources: from }]): RecordDraft => {
    const sorted = [...days].sort();
    const first = sorted[0] ?? null;
    const last = sorted.at(-1) ?? null;
    const when = {
      SVSTDTC: first,
      SVENDTC: last,
      SVSTDY: deriveSdtmStudyDay(timeline, first),
      SVENDY: deriveSdtmStudyDay(timeline, last),
    };
    const asked = planned ? { SVPRESP: 'Y', SVOCCUR: 'Y' } : {};
    const cells = { VISITNUM: number, VISIT: name, ...asked, EPOCH: findEpoch(timeline, first), ...when };
    return { cells, address: planned ? name : `UNSCHEDULED ${first}`, sources: from };
  });
  return [...occurred, ...draftMissedVisits(timeline, found)];
}
