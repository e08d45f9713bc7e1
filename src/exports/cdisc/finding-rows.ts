import type { Assessment } from '../../trial/assessment.ts';
import type { LabFact, Moment, WeightFact } from '../../trial/facts.ts';
import { RESPONSES, TESTS } from './codelists.ts';
import { assessed, type Draft, stated } from './draft.ts';
import { startDay, startText } from './iso-dates.ts';
import { epochOn, factsOf, findingCells, studyDay, type Timeline } from './timeline.ts';
import { cdiscUnit, measuredNumber, measuredText, originalText } from './units.ts';
import { plannedVisits } from './visits.ts';

/** Whether it was found before the first infusion: by the instant where both have one, else by the day. */
function isBeforeDose(at: Moment, timeline: Timeline): boolean {
  const { firstDose, dayZero } = timeline;
  if (firstDose === null || dayZero === null) return false;
  if (at.instant !== null && firstDose.instant !== null) return at.instant < firstDose.instant;
  const day = startDay(at);
  return day !== null && day <= dayZero;
}

/** Later of two by day and then by instant; without a time of day it counts as the day's first. */
function isLater(a: Moment, b: Moment): boolean {
  if (a.earliestDay !== b.earliestDay) return a.earliestDay > b.earliestDay;
  return (a.instant ?? 0) > (b.instant ?? 0);
}

/** The last fact of each test with a value before the first infusion. */
function lastBeforeDose<F extends { readonly at: Moment; readonly key: string }>(
  facts: readonly F[],
  testOf: (fact: F) => string,
  timeline: Timeline,
): ReadonlySet<F> {
  const last = new Map<string, F>();
  const ordered = [...facts].sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const fact of ordered) {
    const before = last.get(testOf(fact));
    if (isBeforeDose(fact.at, timeline) && (!before || isLater(fact.at, before.at)))
      last.set(testOf(fact), fact);
  }
  return new Set(last.values());
}

function labCells(fact: LabFact) {
  const { measured, original } = fact;
  if (measured === null) return { LBSTAT: 'NOT DONE', LBREASND: fact.absentReason };
  return {
    LBORRES: originalText(original.value, measured.comparator) ?? measuredText(measured),
    LBORRESU: cdiscUnit(original.unit),
    LBSTRESC: measuredText(measured),
    LBSTRESN: measuredNumber(measured),
    LBSTRESU: fact.analyte === 'hemoglobin' ? 'g/L' : '10^9/L',
  };
}

/** Laboratory results (LB): as sent, and in 10^9/L or g/L. A result without a value is NOT DONE with its reason. */
export function labDrafts(timeline: Timeline): readonly Draft[] {
  const labs = factsOf(timeline.facts, 'lab');
  const valued = labs.filter((lab) => lab.measured !== null);
  const baseline = lastBeforeDose(valued, (lab) => lab.analyte, timeline);
  return labs.map((lab) => {
    const [LBTESTCD, LBTEST] = TESTS[lab.analyte];
    const flag = baseline.has(lab) ? 'Y' : null;
    const test = { LBTESTCD, LBTEST, LBCAT: 'HEMATOLOGY' };
    return {
      cells: { ...test, ...labCells(lab), LBLOBXFL: flag, ...findingCells(timeline, 'LB', lab.at) },
      ...stated(lab, lab.analyte),
      more: {
        LBRSTAT: lab.status === 'final' ? null : lab.status.toUpperCase(),
        LBCNTMTH: lab.method === 'unspecified' ? null : lab.method.toUpperCase(),
      },
    };
  });
}

/** Weights (VS), as sent and in kg. */
export function vitalDrafts(timeline: Timeline): readonly Draft[] {
  const weights = factsOf(timeline.facts, 'weight');
  const baseline = lastBeforeDose<WeightFact>(weights, () => 'WEIGHT', timeline);
  return weights.map((weight) => ({
    cells: {
      VSTESTCD: 'WEIGHT',
      VSTEST: 'Weight',
      VSORRES: weight.original.value ?? weight.kilograms,
      VSORRESU: cdiscUnit(weight.original.unit) ?? 'kg',
      VSSTRESC: weight.kilograms,
      VSSTRESN: weight.kilograms,
      VSSTRESU: 'kg',
      VSLOBXFL: baseline.has(weight) ? 'Y' : null,
      ...findingCells(timeline, 'VS', weight.at),
    },
    ...stated(weight, 'weight'),
  }));
}

function responseOf({ kind, scope }: Assessment): readonly [string, string] {
  if (kind === 'best-response') return RESPONSES.best;
  return RESPONSES[scope];
}

/** Classes of response (RS), overall, by lineage and best. The time to a response is analysis: ADTTE has it. */
export function responseDrafts(timeline: Timeline): readonly Draft[] {
  const visits = new Map(plannedVisits(timeline.head.protocol).map((visit) => [visit.id, visit]));
  return timeline.record.judgement.assessments.flatMap((assessment): Draft[] => {
    const { value, criteria, visit, effective, status } = assessment;
    if (value.kind !== 'class') return [];
    const [RSTESTCD, RSTEST] = responseOf(assessment);
    const planned = visits.get(visit);
    const timing = { VISITNUM: planned?.number ?? null, VISIT: planned?.name ?? null };
    const day = {
      EPOCH: epochOn(timeline, effective),
      RSDTC: effective,
      RSDY: studyDay(timeline, effective),
    };
    const result = {
      RSCAT: `${criteria.id} ${criteria.version}`,
      RSORRES: value.class,
      RSSTRESC: value.class,
    };
    const more = { RSASSTAT: status === 'final' ? null : status.toUpperCase() };
    const cells = { RSTESTCD, RSTEST, ...result, ...timing, ...day };
    return [{ cells, ...assessed(assessment), more }];
  });
}

/** The cause of death (DD), as far as one adverse event had a fatal outcome; else NOT DONE. */
export function deathDrafts(timeline: Timeline): readonly Draft[] {
  const { death } = timeline;
  if (death === null) return [];
  const fatal = factsOf(timeline.facts, 'adverse-event').filter((event) => event.outcome === 'fatal');
  const cause = fatal.length === 1 ? (fatal[0]?.term ?? null) : null;
  const result =
    cause === null
      ? { DDSTAT: 'NOT DONE', DDREASND: 'CAUSE OF DEATH IS NOT COLLECTED' }
      : { DDORRES: cause, DDSTRESC: cause };
  const when = { DDDTC: startText(death.at), DDDY: studyDay(timeline, startDay(death.at)) };
  const cells = { DDTESTCD: 'PRCDTH', DDTEST: 'Primary Cause of Death', ...result, ...when };
  return [{ cells, at: 'PRCDTH', from: [death, ...fatal].flatMap(({ sources }) => sources) }];
}
