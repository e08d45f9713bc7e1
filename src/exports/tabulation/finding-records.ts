import { isBeside } from '../../trial/adjudication/investigator-response.ts';
import type { Assessment, InvestigatorAssessment } from '../../trial/assessment.ts';
import type { LabFact, Moment, WeightFact } from '../../trial/facts.ts';
import {
  formatOriginalResult,
  formatStandardResult,
  toCdiscUnit,
  toNumericResult,
  toPlainDecimal,
} from './cdisc-units.ts';
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

/**
 * Whether a finding precedes the first infusion: by the instant where both have one, else by the day. A finding of the
 * same day without a time of day counts as before.
 */
function isBeforeDose(at: Moment, timeline: SubjectTimeline): boolean {
  const { firstDose, dayZero } = timeline;
  if (firstDose === null || dayZero === null) return false;
  if (at.instant !== null && firstDose.instant !== null) return at.instant < firstDose.instant;
  const day = deriveStartDay(at);
  return day !== null && day <= dayZero;
}

/**
 * Whether the first moment is later, by day and then by instant. A moment without a time of day is first on its day.
 */
function isLaterMoment(a: Moment, b: Moment): boolean {
  if (a.earliestDay !== b.earliestDay) return a.earliestDay > b.earliestDay;
  return (a.instant ?? 0) > (b.instant ?? 0);
}

/** Selects the last fact of each test before the first infusion, for --LOBXFL. */
function selectBaselineFacts<F extends { readonly at: Moment; readonly key: string }>(
  facts: readonly F[],
  getTest: (fact: F) => string,
  timeline: SubjectTimeline,
): ReadonlySet<F> {
  const lastByTest = new Map<string, F>();
  const ordered = [...facts].sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const fact of ordered) {
    const last = lastByTest.get(getTest(fact));
    if (isBeforeDose(fact.at, timeline) && (!last || isLaterMoment(fact.at, last.at)))
      lastByTest.set(getTest(fact), fact);
  }
  return new Set(lastByTest.values());
}

function deriveLabResult(fact: LabFact) {
  const { measured, original } = fact;
  if (measured === null) return { LBSTAT: 'NOT DONE', LBREASND: fact.absentReason };
  const unit = fact.analyte === 'hemoglobin' ? 'g/L' : '10^9/L';
  const standard = {
    LBSTRESC: formatStandardResult(measured),
    LBSTRESN: toNumericResult(measured),
    LBSTRESU: unit,
  };
  // Results that contradict each other were sent in units of their own.
  if (fact.unsettled) return { LBORRES: standard.LBSTRESC, LBORRESU: unit, ...standard };
  return {
    LBORRES: formatOriginalResult(original.value, measured.comparator) ?? formatStandardResult(measured),
    LBORRESU: toCdiscUnit(original.unit),
    ...standard,
  };
}

/**
 * Drafts laboratory results (LB): as sent, and in 10^9/L or g/L. A result without a value is NOT DONE, with the reason
 * that was sent.
 */
export function draftLabs(timeline: SubjectTimeline): readonly RecordDraft[] {
  const labs = selectFactsOfKind(timeline.facts, 'lab');
  const valued = labs.filter((lab) => lab.measured !== null);
  const baseline = selectBaselineFacts(valued, (lab) => lab.analyte, timeline);
  return labs.map((lab) => {
    const [LBTESTCD, LBTEST] = LAB_TESTS[lab.analyte];
    const timing = deriveFindingTiming(timeline, 'LB', lab.at);
    return {
      cells: {
        LBTESTCD,
        LBTEST,
        LBCAT: 'HEMATOLOGY',
        ...deriveLabResult(lab),
        LBLOBXFL: baseline.has(lab) ? 'Y' : null,
        ...timing.cells,
      },
      visit: timing.visit,
      ...deriveFactProvenance(lab, lab.analyte),
      qualifiers: {
        LBRSTAT: lab.status === 'final' ? null : lab.status.toUpperCase(),
        LBCNTMTH: lab.method === 'unspecified' ? null : lab.method.toUpperCase(),
      },
    };
  });
}

const [VSTESTCD, VSTEST] = resolveTest('VSTESTCD', 'WEIGHT');

/** Drafts weights (VS), as sent and in kg. */
export function draftVitalSigns(timeline: SubjectTimeline): readonly RecordDraft[] {
  const weights = selectFactsOfKind(timeline.facts, 'weight');
  const baseline = selectBaselineFacts<WeightFact>(weights, () => VSTESTCD, timeline);
  return weights.map((weight) => {
    const timing = deriveFindingTiming(timeline, 'VS', weight.at);
    return {
      cells: {
        VSTESTCD,
        VSTEST,
        VSORRES: weight.original.value ?? weight.kilograms,
        VSORRESU: toCdiscUnit(weight.original.unit) ?? 'kg',
        VSSTRESC: toPlainDecimal(weight.kilograms),
        VSSTRESN: toPlainDecimal(weight.kilograms),
        VSSTRESU: 'kg',
        VSLOBXFL: baseline.has(weight) ? 'Y' : null,
        ...timing.cells,
      },
      visit: timing.visit,
      ...deriveFactProvenance(weight, 'weight'),
    };
  });
}

function selectResponseTest({ kind, scope }: Assessment): TestNames {
  if (kind === 'best-response') return RESPONSE_TESTS.best;
  return RESPONSE_TESTS[scope];
}

/** Drafts the investigator's class of an assessment as a record beside the engine's. */
function draftInvestigatorResponse(
  timeline: SubjectTimeline,
  entry: InvestigatorAssessment,
  engine: RecordDraft,
): RecordDraft {
  const cells = {
    ...engine.cells,
    RSORRES: entry.class,
    RSSTRESC: entry.class,
    RSEVAL: 'INVESTIGATOR',
    EPOCH: findEpoch(timeline, entry.day),
    RSDTC: entry.day,
    RSDY: deriveSdtmStudyDay(timeline, entry.day),
  };
  const qualifiers = { RSASSTAT: null };
  return { ...engine, cells, qualifiers, address: `${engine.address}/investigator`, sources: [entry.source] };
}

/**
 * Marks the accepted one of two evaluations (SDTMIG 3.4, RSACPTFL) by the protocol's choice of assessor. RSEVAL of the engine's
 * record is empty, as for all derived results.
 */
function draftBothResponses(
  timeline: SubjectTimeline,
  assessment: Assessment,
  engine: RecordDraft,
): readonly RecordDraft[] {
  const entry = timeline.record.judgement.investigator?.find((own) => isBeside(own, assessment));
  if (entry === undefined) return [engine];
  const investigator = draftInvestigatorResponse(timeline, entry, engine);
  const accepted = timeline.study.protocol.primaryAssessor === 'engine' ? engine : investigator;
  return [engine, investigator].map((draft) => ({
    ...draft,
    cells: { ...draft.cells, RSACPTFL: draft === accepted ? 'Y' : null },
  }));
}

/** Drafts response classes (RS): overall, by lineage and best. The time to a response is analysis and is in ADTTE. */
export function draftResponses(timeline: SubjectTimeline): readonly RecordDraft[] {
  const visits = new Map(listPlannedVisits(timeline.study.protocol).map((visit) => [visit.id, visit]));
  return timeline.record.judgement.assessments.flatMap((assessment): RecordDraft[] => {
    const { value, criteria, effective, status } = assessment;
    if (value.kind !== 'class') return [];
    const [RSTESTCD, RSTEST] = selectResponseTest(assessment);
    const visit = visits.get(assessment.visit) ?? null;
    const cells = {
      RSTESTCD,
      RSTEST,
      RSCAT: `${criteria.id} ${criteria.version}`,
      RSORRES: value.class,
      RSSTRESC: value.class,
      RSEVAL: null,
      RSACPTFL: null,
      VISITNUM: visit?.number ?? null,
      VISIT: visit?.name ?? null,
      EPOCH: findEpoch(timeline, effective),
      RSDTC: effective,
      RSDY: deriveSdtmStudyDay(timeline, effective),
    };
    const qualifiers = { RSASSTAT: status === 'final' ? null : status.toUpperCase() };
    const engine = { cells, visit, ...deriveAssessmentProvenance(assessment), qualifiers };
    return [...draftBothResponses(timeline, assessment, engine)];
  });
}

const [DDTESTCD, DDTEST] = resolveTest('DDTESTCD', 'PRCDTH');

/**
 * Drafts the cause of death (DD): the term of the adverse event with a fatal outcome. NOT DONE where no event or more than
 * one was fatal.
 */
export function draftDeathDetails(timeline: SubjectTimeline): readonly RecordDraft[] {
  const { death } = timeline;
  if (death === null) return [];
  const fatalEvents = selectFactsOfKind(timeline.facts, 'adverse-event').filter(
    (event) => event.outcome === 'fatal',
  );
  const cause = fatalEvents.length === 1 ? (fatalEvents[0]?.term ?? null) : null;
  const result =
    cause === null
      ? { DDSTAT: 'NOT DONE', DDREASND: 'CAUSE OF DEATH IS NOT COLLECTED' }
      : { DDORRES: cause, DDSTRESC: cause };
  const cells = {
    DDTESTCD,
    DDTEST,
    ...result,
    DDDTC: formatStartDate(death.at),
    DDDY: deriveSdtmStudyDay(timeline, deriveStartDay(death.at)),
  };
  return [{ cells, address: DDTESTCD, sources: [death, ...fatalEvents].flatMap(({ sources }) => sources) }];
}
