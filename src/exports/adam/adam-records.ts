import type { Assessment, ResponseClass } from '../../trial/assessment.ts';
import { addDays } from '../../trial/calendar-days.ts';
import { measureFollowUp } from '../../trial/endpoints/follow-up.ts';
import { LINEAGES, type Lineage, type Source } from '../../trial/facts.ts';
import { collectCourseSources, listAssessmentSources, listCourseSources } from '../lineage/course-sources.ts';
import { RESPONSE_TESTS } from '../tabulation/codelists.ts';
import { deriveAssessmentProvenance, type RecordDraft } from '../tabulation/record-drafts.ts';
import { draftDemographics } from '../tabulation/special-purpose-records.ts';
import { deriveSdtmStudyDay, type SubjectTimeline } from '../tabulation/subject-timeline.ts';
import { listPlannedVisits } from '../tabulation/visit-numbers.ts';

/** The number that stands for a class: the better the smaller. */
const RESPONSE_CLASS_NUMBERS: Readonly<Record<ResponseClass, number>> = { CR: 1, PR: 2, NR: 3, NE: 4 };

function selectBestResponse(assessments: readonly Assessment[]): {
  readonly class: ResponseClass;
  readonly status: string;
} {
  const best = assessments.find(({ kind }) => kind === 'best-response');
  if (best?.value.kind !== 'class') return { class: 'NE', status: 'PRELIMINARY' };
  return { class: best.value.class, status: best.status.toUpperCase() };
}

/** One record a subject (ADSL). Everybody enrolled is in the intent-to-treat, everybody infused in the safety set. */
export function draftSubjectLevel(timeline: SubjectTimeline): readonly RecordDraft[] {
  const { record, dayZero, givenInfusions: given, death, lastContact } = timeline;
  const { ARM, ACTARM, ...demographics } = draftDemographics(timeline)[0]?.cells ?? {};
  const { AGE, AGEU, SEX, RACE, ETHNIC, COUNTRY, SUBJID, SITEID } = demographics;
  const best = selectBestResponse(record.judgement.assessments);
  const responded = best.class === 'CR' || best.class === 'PR';
  const cells = {
    ...{ SUBJID, SITEID, AGE, AGEU, SEX, RACE, ETHNIC, COUNTRY, ARM },
    TRT01P: ARM,
    TRT01A: ACTARM,
    ITTFL: 'Y',
    SAFFL: dayZero === null ? 'N' : 'Y',
    TRTSDT: dayZero,
    TRTEDT: given.at(-1)?.at.earliestDay ?? null,
    INFUSN: given.length,
    RFICDT: record.subject.consentedOn,
    AASEV: record.judgement.severity,
    BESTRESP: best.class,
    BRSTAT: best.status,
    RESPFL: responded ? 'Y' : 'N',
    DTHFL: death ? 'Y' : null,
    DTHDT: death?.at.latestDay ?? null,
    LSTALVDT: lastContact,
  };
  return [
    { cells: nullifyMissing(cells), address: '', sources: listCourseSources(record, timeline.study.asOf) },
  ];
}

function nullifyMissing(cells: Readonly<Record<string, string | number | null | undefined>>) {
  return Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, cell ?? null]));
}

/** Classes of response (ADRS), with a number for each. */
export function draftResponseAnalysis(timeline: SubjectTimeline): readonly RecordDraft[] {
  const visits = new Map(listPlannedVisits(timeline.study.protocol).map((visit) => [visit.id, visit]));
  return timeline.record.judgement.assessments.flatMap((assessment): RecordDraft[] => {
    const { kind, scope, value, visit, criteria, effective, status } = assessment;
    if (value.kind !== 'class') return [];
    const [PARAMCD, PARAM] = kind === 'best-response' ? RESPONSE_TESTS.best : RESPONSE_TESTS[scope];
    const at = visits.get(visit);
    const timing = { AVISIT: at?.name ?? 'ALL', AVISITN: at?.number ?? null, ADT: effective };
    const result = {
      AVAL: RESPONSE_CLASS_NUMBERS[value.class],
      AVALC: value.class,
      ASTAT: status.toUpperCase(),
    };
    const what = { PARAMCD, PARAM, PARCAT1: `${criteria.id} ${criteria.version}` };
    const cells = { ...what, ...timing, ADY: deriveSdtmStudyDay(timeline, effective), ...result };
    return [{ cells, ...deriveAssessmentProvenance(assessment) }];
  });
}

const TIME_TO_RESPONSE_PARAMETERS: Readonly<Record<Lineage, readonly [string, string]>> = {
  erythroid: ['TTRERY', 'Time to Erythroid Response'],
  neutrophil: ['TTRNEU', 'Time to Neutrophil Response'],
  platelet: ['TTRPLT', 'Time to Platelet Response'],
};

/** A time: the event that ended it, or null where the last contact did, and what says so. */
interface TimeToEvent {
  readonly days: number;
  readonly event: string | null;
  readonly criteria: string | null;
  readonly sources: readonly Source[];
}

/**
 * Times from the first infusion (ADTTE), in days as the report counts them: the day of the first infusion is 0. Response
 * by lineage, censored at the end of follow-up; overall survival. A subject never infused has none.
 */
export function draftTimeToEvent(timeline: SubjectTimeline): readonly RecordDraft[] {
  const { dayZero, record, study: head } = timeline;
  if (dayZero === null) return [];
  const follow = measureFollowUp(dayZero, record.facts, head.asOf);
  const { infusions, followUpEnd: end } = collectCourseSources(record, head.asOf);
  const row = (
    [PARAMCD, PARAM]: readonly [string, string],
    { days, event, criteria, sources: from }: TimeToEvent,
  ): RecordDraft => {
    const when = { STARTDT: dayZero, ADT: addDays(dayZero, days), AVAL: days, AVALU: 'DAYS' };
    const EVNTDESC = event ?? 'LAST CONTACT';
    const cells = { PARAMCD, PARAM, PARCAT1: criteria, ...when, CNSR: event === null ? 1 : 0, EVNTDESC };
    return { cells, address: PARAMCD, sources: [...infusions, ...from] };
  };
  const times = LINEAGES.map((lineage) => {
    const met = record.judgement.assessments.find(
      (a) => a.scope === lineage && a.kind === 'time-to-lineage-response',
    );
    const criteria = met ? `${met.criteria.id} ${met.criteria.version}` : head.protocol.criteria.lineages;
    if (met?.value.kind !== 'days')
      return row(TIME_TO_RESPONSE_PARAMETERS[lineage], {
        days: follow.days,
        event: null,
        criteria,
        sources: end,
      });
    const from = listAssessmentSources(met);
    return row(TIME_TO_RESPONSE_PARAMETERS[lineage], {
      days: met.value.days,
      event: 'RESPONSE',
      criteria,
      sources: from,
    });
  });
  const survival = { days: follow.days, event: follow.died ? 'DEATH' : null, criteria: null, sources: end };
  return [...times, row(['OS', 'Overall Survival'], survival)];
}
