import { addDays, listPossibleAges } from '../../trial/calendar-days.ts';
import type { Ethnicity, PersonFact, Race, Source } from '../../trial/facts.ts';
import { deriveBirthDate, deriveEthnicity, deriveRaces, deriveSex } from '../demographics.ts';
import { listCourseSources } from '../lineage/course-sources.ts';
import type { RecordDraft } from './record-drafts.ts';
import { deriveEndDate, deriveStartDay, formatStartDate } from './sdtm-dates.ts';
import {
  deriveSdtmStudyDay,
  findEpoch,
  type SubjectTimeline,
  selectFactsOfKind,
} from './subject-timeline.ts';
import { getArm } from './trial-elements.ts';
import { listPlannedVisits, type NumberedVisit } from './visit-numbers.ts';

const SEX_TERMS = { male: 'M', female: 'F', other: 'UNDIFFERENTIATED', unknown: 'U' } as const;

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

/**
 * Derives RACE, and for more than one race the qualifiers RACE1 to RACE5 (SDTMIG 3.4, section 5.2, assumption on more
 * than one race). RACE is null where no statement of race was sent.
 */
function deriveRaceCells(persons: readonly PersonFact[]): {
  readonly RACE: string | null;
  readonly qualifiers: Readonly<Record<string, string>>;
} {
  const races = deriveRaces(persons);
  if (races === null) return { RACE: null, qualifiers: {} };
  if (races === 'unknown') return { RACE: 'UNKNOWN', qualifiers: {} };
  const terms = races.map((race) => RACE_TERMS[race]);
  if (terms.length === 1) return { RACE: terms[0] ?? null, qualifiers: {} };
  return {
    RACE: 'MULTIPLE',
    qualifiers: Object.fromEntries(terms.map((term, i) => [`RACE${i + 1}`, term])),
  };
}

/**
 * Derives AGE: whole years at the first infusion, else at consent. Null where no birth date was sent, where statements of
 * it differ, or where a partial birth date allows two ages.
 */
function deriveSdtmAge({ facts, dayZero, record }: SubjectTimeline): number | null {
  const birthDate = deriveBirthDate(selectFactsOfKind(facts, 'person'));
  const ages = listPossibleAges(birthDate, dayZero ?? record.subject.consentedOn);
  return ages?.length === 1 ? (ages[0] ?? null) : null;
}

function deriveArmCells(timeline: SubjectTimeline) {
  const { code, name } = getArm(timeline.study.protocol);
  const planned = { ARMCD: code, ARM: name };
  if (timeline.dayZero === null) return { ...planned, ARMNRS: 'ASSIGNED, NOT TREATED' };
  return { ...planned, ACTARMCD: code, ACTARM: name };
}

/** Derives the reference dates of a subject: treatment, consent, participation and death. */
function deriveReferenceDates(timeline: SubjectTimeline) {
  const { record, firstDose, lastDose, death, lastContact } = timeline;
  const first = firstDose ? formatStartDate(firstDose) : null;
  const last = lastDose ? (deriveEndDate(lastDose).text ?? formatStartDate(lastDose)) : null;
  return {
    RFSTDTC: first,
    RFENDTC: last,
    RFXSTDTC: first,
    RFXENDTC: last,
    RFICDTC: record.subject.consentedOn,
    RFPENDTC: death ? formatStartDate(death.at) : lastContact,
    DTHDTC: death ? formatStartDate(death.at) : null,
    DTHFL: death ? 'Y' : null,
  };
}

/** Drafts demographics (DM): one record. It has no birth date, because the age is enough. */
export function draftDemographics(timeline: SubjectTimeline): readonly RecordDraft[] {
  const { record, study } = timeline;
  const { subject, judgement } = record;
  const AGE = deriveSdtmAge(timeline);
  const persons = selectFactsOfKind(timeline.facts, 'person');
  const { RACE, qualifiers } = deriveRaceCells(persons);
  const ethnicity = deriveEthnicity(persons);
  const cells = {
    SUBJID: subject.subject,
    ...deriveReferenceDates(timeline),
    SITEID: subject.site,
    AGE,
    AGEU: AGE === null ? null : 'YEARS',
    SEX: SEX_TERMS[deriveSex(persons) ?? 'unknown'],
    RACE,
    ETHNIC: ethnicity && ETHNIC_TERMS[ethnicity],
    ...deriveArmCells(timeline),
    COUNTRY: record.country ?? null,
  };
  const AASEV = judgement.severity === 'unknown' ? null : judgement.severity;
  const sources = listCourseSources(record, study.asOf);
  return [{ cells, address: '', sources, qualifiers: { AASEV, ...qualifiers } }];
}

/** Drafts subject elements (SE), one record for each element that the subject entered. */
export function draftSubjectElements(timeline: SubjectTimeline): readonly RecordDraft[] {
  const { givenInfusions, death } = timeline;
  const sources = [...givenInfusions, ...(death === null ? [] : [death])].flatMap((fact) => fact.sources);
  return timeline.elements.map(({ code, name, epoch, order, startDay, endDay }) => ({
    cells: { ETCD: code, ELEMENT: name, TAETORD: order, EPOCH: epoch, SESTDTC: startDay, SEENDTC: endDay },
    address: code,
    sources,
  }));
}

/** A visit with the days of its findings, earliest first, and their sources. */
interface OccurredVisit {
  readonly visit: NumberedVisit;
  readonly days: readonly string[];
  readonly sources: readonly Source[];
}

/** Groups laboratory results and weights by visit; facts with a partial date have no visit. */
function listOccurredVisits(timeline: SubjectTimeline): readonly OccurredVisit[] {
  const visits = new Map<string, OccurredVisit>();
  const findings = [
    ...selectFactsOfKind(timeline.facts, 'lab'),
    ...selectFactsOfKind(timeline.facts, 'weight'),
  ];
  for (const { at, sources } of findings) {
    const day = deriveStartDay(at);
    const visit = timeline.visits.findOn(day);
    if (day === null || visit === null) continue;
    const before = visits.get(visit.number);
    visits.set(visit.number, {
      visit,
      days: [...(before?.days ?? []), day].sort(),
      sources: [...(before?.sources ?? []), ...sources],
    });
  }
  return [...visits.values()];
}

/** Drafts the planned visits without a finding whose window passed while the subject was in the study. */
function draftMissedVisits(
  timeline: SubjectTimeline,
  occurred: readonly OccurredVisit[],
): readonly RecordDraft[] {
  const { dayZero, study, death, lastContact } = timeline;
  if (dayZero === null) return [];
  const until = [study.asOf, death?.at.latestDay ?? study.asOf].sort()[0] ?? study.asOf;
  const hasLeft = timeline.record.subject.status !== 'on-study';
  const lastDay = hasLeft && lastContact < until ? lastContact : until;
  const occurredNumbers = new Set(occurred.map(({ visit }) => visit.number));
  const missed = listPlannedVisits(study.protocol).filter(
    ({ number, to }) => !occurredNumbers.has(number) && addDays(dayZero, to) < lastDay,
  );
  return missed.map((visit) => ({
    cells: { VISITNUM: visit.number, VISIT: visit.name, SVPRESP: 'Y', SVOCCUR: 'N' },
    visit,
    address: visit.name,
    sources: [],
  }));
}

function draftOccurredVisit(timeline: SubjectTimeline, { visit, days, sources }: OccurredVisit): RecordDraft {
  const first = days[0] ?? null;
  const last = days.at(-1) ?? null;
  const isPlanned = visit.kind !== 'unscheduled';
  const cells = {
    VISITNUM: visit.number,
    VISIT: visit.name,
    ...(isPlanned ? { SVPRESP: 'Y', SVOCCUR: 'Y' } : {}),
    EPOCH: findEpoch(timeline, first),
    SVSTDTC: first,
    SVENDTC: last,
    SVSTDY: deriveSdtmStudyDay(timeline, first),
    SVENDY: deriveSdtmStudyDay(timeline, last),
  };
  return { cells, visit, address: isPlanned ? visit.name : `UNSCHEDULED ${first}`, sources };
}

/** Drafts subject visits (SV): visits that occurred, planned or not, and planned visits that were missed. */
export function draftSubjectVisits(timeline: SubjectTimeline): readonly RecordDraft[] {
  const occurred = listOccurredVisits(timeline);
  return [
    ...occurred.map((visit) => draftOccurredVisit(timeline, visit)),
    ...draftMissedVisits(timeline, occurred),
  ];
}
