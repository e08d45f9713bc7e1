import type { Assessment } from '../../trial/assessment.ts';
import type { LabFact, Moment, WeightFact } from '../../trial/facts.ts';
import { formatOriginalResult, formatStandardResult, toCdiscUnit, toNumericResult } from './cdisc-units.ts';
import { LAB_TESTS, RESPONSE_TESTS, resolveTest, type TestNames } from './codelists.ts';
import { deriveAssessmentProvenance, deriveFactProvenance, type RecordDraft } from './record-drafts.ts';
import { deriveStartDay, formatStartDate } from './sdtm-dates.ts';
import {
  deriveFindingTiming,
  deriveSdtmStudyDay,
  findEpoch,
  type SubjectTimeline,
  selectFactsOfKind,
} from './subject-timeline.ts';
import { listPlannedVisits } from './visit-numbers.ts';

/** Whether it was found before the first infusion: by the instant where both have one, else by the day. */
function isBeforeDose(at: Moment, timeline: SubjectTimeline): boolean {
  const { firstDose, dayZero } = timeline;
  if (firstDose === null || dayZero === null) return false;
  if (at.instant !== null && firstDose.instant !== null) return at.instant < firstDose.instant;
  const day = deriveStartDay(at);
  return day !== null && day <= dayZero;
}

/** Later of two by day and then by instant; without a time of day it counts as the day's first. */
function isLaterMoment(a: Moment, b: Moment): boolean {
  if (a.earliestDay !== b.earliestDay) return a.earliestDay > b.earliestDay;
  return (a.instant ?? 0) > (b.instant ?? 0);
}

/** The last fact of each test with a value before the first infusion. */
function selectBaselineFacts<F extends { readonly at: Moment; readonly key: string }>(
  facts: readonly F[],
  testOf: (fact: F) => string,
  timeline: SubjectTimeline,
): ReadonlySet<F> {
  const last = new Map<string, F>();
  const ordered = [...facts].sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const fact of ordered) {
    const before = last.get(testOf(fact));
    if (isBeforeDose(fact.at, timeline) && (!before || isLaterMoment(fact.at, before.at)))
      last.set(testOf(fact), fact);
  }
  return new Set(last.values());
}

function deriveLabResult(fact: LabFact) {
  const { measured, original } = fact;
  if (measured === null) return { LBSTAT: 'NOT DONE', LBREASND: fact.absentReason };
  return {
    LBORRES: formatOriginalResult(original.value, measured.comparator) ?? formatStandardResult(measured),
    LBORRESU: toCdiscUnit(original.unit),
    LBSTRESC: formatStandardResult(measured),
    LBSTRESN: toNumericResult(measured),
    LBSTRESU: fact.analyte === 'hemoglobin' ? 'g/L' : '10^9/L',
  };
}

/** Laboratory results (LB): as sent, and in 10^9/L or g/L. A result without a value is NOT DONE with its reason. */
export function draftLabs(timeline: SubjectTimeline): readonly RecordDraft[] {
  const labs = selectFactsOfKind(timeline.facts, 'lab');
  const valued = labs.filter((lab) => lab.measured !== null);
  const baseline = selectBaselineFacts(valued, (lab) => lab.analyte, timeline);
  return labs.map((lab) => {
    const [LBTESTCD, LBTEST] = LAB_TESTS[lab.analyte];
    const flag = baseline.has(lab) ? 'Y' : null;
    const test = { LBTESTCD, LBTEST, LBCAT: 'HEMATOLOGY' };
    return {
      cells: {
        ...test,
        ...deriveLabResult(lab),
        LBLOBXFL: flag,
        ...deriveFindingTiming(timeline, 'LB', lab.at),
      },
      ...deriveFactProvenance(lab, lab.analyte),
      qualifiers: {
        LBRSTAT: lab.status === 'final' ? null : lab.status.toUpperCase(),
        LBCNTMTH: lab.method === 'unspecified' ? null : lab.method.toUpperCase(),
      },
    };
  });
}

const [VSTESTCD, VSTEST] = resolveTest('VSTESTCD', 'WEIGHT');

/** Weights (VS), as sent and in kg. */
export function draftVitalSigns(timeline: SubjectTimeline): readonly RecordDraft[] {
  const weights = selectFactsOfKind(timeline.facts, 'weight');
  const baseline = selectBaselineFacts<WeightFact>(weights, () => VSTESTCD, timeline);
  return weights.map((weight) => ({
    cells: {
      VSTESTCD,
      VSTEST,
      VSORRES: weight.original.value ?? weight.kilograms,
      VSORRESU: toCdiscUnit(weight.original.unit) ?? 'kg',
      VSSTRESC: weight.kilograms,
      VSSTRESN: weight.kilograms,
      VSSTRESU: 'kg',
      VSLOBXFL: baseline.has(weight) ? 'Y' : null,
      ...deriveFindingTiming(timeline, 'VS', weight.at),
    },
    ...deriveFactProvenance(weight, 'weight'),
  }));
}

function selectResponseTest({ kind, scope }: Assessment): TestNames {
  if (kind === 'best-response') return RESPONSE_TESTS.best;
  return RESPONSE_TESTS[scope];
}

/** Classes of response (RS), overall, by lineage and best. The time to a response is analysis: ADTTE has it. */
export function draftResponses(timeline: SubjectTimeline): readonly RecordDraft[] {
  const visits = new Map(listPlannedVisits(timeline.study.protocol).map((visit) => [visit.id, visit]));
  return timeline.record.judgement.assessments.flatMap((assessment): RecordDraft[] => {
    const { value, criteria, visit, effective, status } = assessment;
    if (value.kind !== 'class') return [];
    const [RSTESTCD, RSTEST] = selectResponseTest(assessment);
    const planned = visits.get(visit);
    const timing = { VISITNUM: planned?.number ?? null, VISIT: planned?.name ?? null };
    const day = {
      EPOCH: findEpoch(timeline, effective),
      RSDTC: effective,
      RSDY: deriveSdtmStudyDay(timeline, effective),
    };
    const result = {
      RSCAT: `${criteria.id} ${criteria.version}`,
      RSORRES: value.class,
      RSSTRESC: value.class,
    };
    const more = { RSASSTAT: status === 'final' ? null : status.toUpperCase() };
    const cells = { RSTESTCD, RSTEST, ...result, ...timing, ...day };
    return [{ cells, ...deriveAssessmentProvenance(assessment), qualifiers: more }];
  });
}

const [DDTESTCD, DDTEST] = resolveTest('DDTESTCD', 'PRCDTH');

/** The cause of death (DD), as far as one adverse event had a fatal outcome; else NOT DONE. */
export function draftDeathDetails(timeline: SubjectTimeline): readonly RecordDraft[] {
  const { death } = timeline;
  if (death === null) return [];
  const fatal = selectFactsOfKind(timeline.facts, 'adverse-event').filter(
    (event) => event.outcome === 'fatal',
  );
  const cause = fatal.length === 1 ? (fatal[0]?.term ?? null) : null;
  const result =
    cause === null
      ? { DDSTAT: 'NOT DONE', DDREASND: 'CAUSE OF DEATH IS NOT COLLECTED' }
      : { DDORRES: cause, DDSTRESC: cause };
  const when = {
    DDDTC: formatStartDate(death.at),
    DDDY: deriveSdtmStudyDay(timeline, deriveStartDay(death.at)),
  };
  const cells = { DDTESTCD, DDTEST, ...result, ...when };
  return [{ cells, address: DDTESTCD, sources: [death, ...fatal].flatMap(({ sources }) => sources) }];
}
