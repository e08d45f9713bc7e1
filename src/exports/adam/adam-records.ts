import { findPrimaryBestResponse } from '../../trial/adjudication/investigator-response.ts';
import type { ResponseClass, SubjectAssessment } from '../../trial/assessment.ts';
import { addDays } from '../../trial/calendar-days.ts';
import { type FollowUp, measureFollowUp } from '../../trial/endpoints/follow-up.ts';
import { LINEAGES, type Lineage, type Source } from '../../trial/facts.ts';
import type { Protocol } from '../../trial/protocol.ts';
import {
  type CourseSources,
  collectCourseSources,
  listAssessmentSources,
  listCourseSources,
} from '../lineage/course-sources.ts';
import { RESPONSE_TESTS, type TestNames } from '../tabulation/codelists.ts';
import { deriveAssessmentProvenance, type RecordDraft } from '../tabulation/record-drafts.ts';
import { draftDemographics } from '../tabulation/special-purpose-records.ts';
import { deriveSdtmStudyDay, type SubjectTimeline } from '../tabulation/subject-timeline.ts';
import { listPlannedVisits } from '../tabulation/visit-numbers.ts';

/** AVAL of a response class: the better the response, the smaller the number. */
const RESPONSE_CLASS_NUMBERS: Readonly<Record<ResponseClass, number>> = { CR: 1, PR: 2, NR: 3, NE: 4 };

/** Selects the primary best overall response; NE and preliminary where there is no assessment yet. */
function selectBestResponse(
  judgement: SubjectAssessment,
  { primaryAssessor }: Pick<Protocol, 'primaryAssessor'>,
): { readonly class: ResponseClass; readonly status: string } {
  const best = findPrimaryBestResponse(judgement, primaryAssessor)?.assessment;
  if (best?.value.kind !== 'class') return { class: 'NE', status: 'PRELIMINARY' };
  return { class: best.value.class, status: best.status.toUpperCase() };
}

/**
 * Drafts the subject-level dataset (ADSL), one record for each subject. Every enrolled subject is in the intent-to-treat
 * population, every infused subject in the safety population. Demographics are those of DM.
 */
export function draftSubjectLevel(timeline: SubjectTimeline): readonly RecordDraft[] {
  const { record, dayZero, givenInfusions, death, lastContact } = timeline;
  const { ARM, ACTARM, ...demographics } = draftDemographics(timeline)[0]?.cells ?? {};
  const { AGE, AGEU, SEX, RACE, ETHNIC, COUNTRY, SUBJID, SITEID } = demographics;
  const best = selectBestResponse(record.judgement, timeline.study.protocol);
  const hasResponse = best.class === 'CR' || best.class === 'PR';
  const cells = {
    ...{ SUBJID, SITEID, AGE, AGEU, SEX, RACE, ETHNIC, COUNTRY, ARM },
    TRT01P: ARM,
    TRT01A: ACTARM,
    ITTFL: 'Y',
    SAFFL: dayZero === null ? 'N' : 'Y',
    TRTSDT: dayZero,
    TRTEDT: givenInfusions.at(-1)?.at.earliestDay ?? null,
    INFUSN: givenInfusions.length,
    RFICDT: record.subject.consentedOn,
    AASEV: record.judgement.severity,
    BESTRESP: best.class,
    BRSTAT: best.status,
    RESPFL: hasResponse ? 'Y' : 'N',
    DTHFL: death ? 'Y' : null,
    DTHDT: death?.at.latestDay ?? null,
    LSTALVDT: lastContact,
  };
  const sources = listCourseSources(record, timeline.study.asOf);
  return [{ cells: nullifyMissing(cells), address: '', sources }];
}

function nullifyMissing(cells: Readonly<Record<string, string | number | null | undefined>>) {
  return Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, cell ?? null]));
}

/** Drafts the response analysis dataset (ADRS): every response class, with its number. */
export function draftResponseAnalysis(timeline: SubjectTimeline): readonly RecordDraft[] {
  const visits = new Map(listPlannedVisits(timeline.study.protocol).map((visit) => [visit.id, visit]));
  return timeline.record.judgement.assessments.flatMap((assessment): RecordDraft[] => {
    const { kind, scope, value, criteria, effective, status } = assessment;
    if (value.kind !== 'class') return [];
    const [PARAMCD, PARAM] = kind === 'best-response' ? RESPONSE_TESTS.best : RESPONSE_TESTS[scope];
    const visit = visits.get(assessment.visit) ?? null;
    const cells = {
      PARAMCD,
      PARAM,
      PARCAT1: `${criteria.id} ${criteria.version}`,
      AVISIT: visit?.name ?? 'ALL',
      AVISITN: visit?.number ?? null,
      ADT: effective,
      ADY: deriveSdtmStudyDay(timeline, effective),
      AVAL: RESPONSE_CLASS_NUMBERS[value.class],
      AVALC: value.class,
      ASTAT: status.toUpperCase(),
    };
    return [{ cells, visit, ...deriveAssessmentProvenance(assessment) }];
  });
}

const TIME_TO_RESPONSE_PARAMETERS: Readonly<Record<Lineage, TestNames>> = {
  erythroid: ['TTRERY', 'Time to Erythroid Response'],
  neutrophil: ['TTRNEU', 'Time to Neutrophil Response'],
  platelet: ['TTRPLT', 'Time to Platelet Response'],
};

const OVERALL_SURVIVAL: TestNames = ['OS', 'Overall Survival'];

/** A time from the first infusion to an event, or to the last contact where the subject is censored. */
interface TimeToEvent {
  readonly parameter: TestNames;
  readonly days: number;
  /** What happened; null where the time is censored. */
  readonly event: string | null;
  /** Criteria set and version; null where the event needs none. */
  readonly criteria: string | null;
  readonly sources: readonly Source[];
}

/** Derives the time to the response of a lineage, censored at the end of follow-up. */
function deriveTimeToResponse(
  { record, study }: SubjectTimeline,
  lineage: Lineage,
  followUp: FollowUp,
  { followUpEnd }: CourseSources,
): TimeToEvent {
  const parameter = TIME_TO_RESPONSE_PARAMETERS[lineage];
  const response = record.judgement.assessments.find(
    ({ scope, kind }) => scope === lineage && kind === 'time-to-lineage-response',
  );
  const criteria = response
    ? `${response.criteria.id} ${response.criteria.version}`
    : study.protocol.criteria.lineages;
  if (response?.value.kind !== 'days')
    return { parameter, days: followUp.days, event: null, criteria, sources: followUpEnd };
  const sources = listAssessmentSources(response);
  return { parameter, days: response.value.days, event: 'RESPONSE', criteria, sources };
}

function draftTime(
  dayZero: string,
  { parameter: [PARAMCD, PARAM], days, event, criteria, sources }: TimeToEvent,
  { infusions }: CourseSources,
): RecordDraft {
  const cells = {
    PARAMCD,
    PARAM,
    PARCAT1: criteria,
    STARTDT: dayZero,
    ADT: addDays(dayZero, days),
    AVAL: days,
    AVALU: 'DAYS',
    CNSR: event === null ? 1 : 0,
    EVNTDESC: event ?? 'LAST CONTACT',
  };
  return { cells, address: PARAMCD, sources: [...infusions, ...sources] };
}

/**
 * Drafts the time-to-event dataset (ADTTE): time to response by lineage, and overall survival. Times are days from the
 * first infusion, whose day is 0, as the report counts them. A subject without an infusion has no records.
 */
export function draftTimeToEvent(timeline: SubjectTimeline): readonly RecordDraft[] {
  const { dayZero, record, study } = timeline;
  if (dayZero === null) return [];
  const followUp = measureFollowUp(dayZero, record.facts, study.asOf);
  const courseSources = collectCourseSources(record, study.asOf);
  const survival: TimeToEvent = {
    parameter: OVERALL_SURVIVAL,
    days: followUp.days,
    event: followUp.died ? 'DEATH' : null,
    criteria: null,
    sources: courseSources.followUpEnd,
  };
  return [
    ...LINEAGES.map((lineage) => deriveTimeToResponse(timeline, lineage, followUp, courseSources)),
    survival,
  ].map((time) => draftTime(dayZero, time, courseSources));
}
