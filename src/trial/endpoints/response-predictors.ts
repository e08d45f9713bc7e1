import { runFisherTest } from '../../statistics/fisher-test.ts';
import { fitLogistic, type LogisticData } from '../../statistics/logistic-regression.ts';
import { computeProfileLimits } from '../../statistics/profile-limits.ts';
import { roundToSignificant } from '../../statistics/rounding.ts';
import { runLogRankGroupsTest } from '../../statistics/survival-comparison/log-rank-groups.ts';
import { computeWaldLimits } from '../../statistics/wald-limits.ts';
import { applyInfectionAdjudications } from '../adjudication/adjudicated-infections.ts';
import { addDays, resolveDay } from '../calendar-days.ts';
import type { Fact } from '../facts.ts';
import type { Protocol } from '../protocol.ts';
import { findCensoring } from '../visits/censoring.ts';
import { findDeathDay } from '../visits/clinical-course.ts';
import { findTransplantConditionedBy } from '../visits/conditioning.ts';

/** Limits of an odds ratio; an upper limit of null is infinite. */
type OddsLimits = readonly [low: number | null, high: number | null];

/** A 2×2 table: responders among subjects with and without a property, with Fisher's exact test. */
export interface PredictorTable {
  readonly name: 'previous-atg' | 'infection-during-treatment';
  readonly says: string;
  /** First and last day after the first infusion that are looked at; null for a property known before it. */
  readonly days: readonly [from: number, to: number] | null;
  /** What a reader must know before they believe the association; null where there is nothing. */
  readonly caveat: string | null;
  readonly with: { readonly responders: number; readonly of: number };
  readonly without: { readonly responders: number; readonly of: number };
  readonly p: number;
  /** Odds of a response with the property against those without it; null where infinite or not determinable. */
  readonly oddsRatio: number | null;
  readonly ci95: OddsLimits;
  readonly method: 'fisher-exact-two-sided';
  readonly oddsRatioMethod: string;
  /**
   * Survival compared between the two groups, for a property known before the first infusion; null for other
   * properties, and where it cannot be determined.
   */
  readonly survival: { readonly chiSquare: number; readonly p: number; readonly method: string } | null;
}

/** The response regressed on both predictors at once. */
export interface PredictorModel {
  /** False where the maximum likelihood estimate is not finite, or a predictor does not vary. */
  readonly estimable: boolean;
  readonly coefficients: readonly {
    readonly name: string;
    readonly oddsRatio: number;
    readonly ci95Wald: OddsLimits;
    readonly ci95Profile: OddsLimits;
    readonly p: number;
  }[];
  readonly deviance: number | null;
  readonly nullDeviance: number | null;
  readonly method: string;
}

/** A subject who was infused, with the possible predictors of a response. */
export interface InfusedSubject {
  readonly isResponder: boolean;
  /** Days from the first infusion to death or last contact. */
  readonly days: number;
  readonly died: boolean;
  /** Whether they had the protocol's previous agent before the first infusion. */
  readonly hadPreviousAgent: boolean;
  /** Whether an infection was active in the protocol's infection period (up to death, censoring, or today). */
  readonly hadInfection: boolean;
}

/** The tables one by one, and all predictors in one model. */
interface PredictorAnalysis {
  readonly tables: readonly PredictorTable[];
  readonly model: PredictorModel;
}

interface PredictorDefinition {
  readonly name: PredictorTable['name'];
  readonly label: string;
  readonly days: PredictorTable['days'];
  readonly caveat: string | null;
  /**
   * Known before the first infusion: only then can survival be compared by it without favouring subjects who lived
   * longer.
   */
  readonly isBaseline: boolean;
  readonly isPresent: (candidate: InfusedSubject) => boolean;
}

/**
 * Whether the agent was surely started before the first infusion, as a treatment: a partial date must lie wholly
 * before it, and the conditioning of a transplant does not count.
 */
function hadAgentBefore(facts: readonly Fact[], dayZero: string, protocol: Protocol): boolean {
  const { conditioningDays } = protocol.censoring;
  return facts.some((fact) => {
    if (fact.kind !== 'medication' || fact.agent !== protocol.predictors.previousAgent) return false;
    if ((resolveDay(fact.at) ?? fact.at.latestDay) >= dayZero) return false;
    return findTransplantConditionedBy(fact, facts, conditioningDays) === null;
  });
}

/**
 * Whether an infection was active between two days: it had begun by the end, and had not ended before the start. One
 * that is over without a date counts only where it began within them.
 */
function hadInfection(facts: readonly Fact[], from: string, to: string): boolean {
  return facts.some((fact) => {
    if (fact.kind !== 'condition' || fact.condition !== 'infection' || fact.at.earliestDay > to) return false;
    if (fact.abated !== null) return (resolveDay(fact.abated) ?? fact.abated.latestDay) >= from;
    return fact.active || fact.at.latestDay >= from;
  });
}

/**
 * Selects the days after the first infusion in which an infection counts: the protocol's period, or up to the end of the
 * last visit window where it states none.
 */
function selectInfectionDays({ predictors, visits }: Protocol): readonly [from: number, to: number] {
  const { infection } = predictors;
  return infection === null ? [0, visits.at(-1)?.to ?? 0] : [infection.from, infection.to];
}

/** Derives the two predictors from a subject's facts as known on a day. */
export function deriveInfusedSubject(
  infused: Pick<InfusedSubject, 'isResponder' | 'days' | 'died'> & {
    readonly facts: readonly Fact[];
    readonly dayZero: string;
  },
  protocol: Protocol,
  today: string,
): InfusedSubject {
  const { facts, dayZero, isResponder, days, died } = infused;
  const [first, last] = selectInfectionDays(protocol);
  const ends = [findDeathDay(facts), findCensoring(facts, protocol, dayZero)?.day ?? null];
  const until = [addDays(dayZero, last), today, ...ends].filter((day) => day !== null).sort()[0] ?? today;
  return {
    isResponder,
    days,
    died,
    hadPreviousAgent: hadAgentBefore(facts, dayZero, protocol),
    hadInfection: hadInfection(applyInfectionAdjudications(facts), addDays(dayZero, first), until),
  };
}

function compareSurvival(
  exposed: readonly InfusedSubject[],
  unexposed: readonly InfusedSubject[],
): PredictorTable['survival'] {
  const listObservations = (group: readonly InfusedSubject[]) =>
    group.map(({ days, died }) => ({ time: days, died }));
  const test = runLogRankGroupsTest([listObservations(exposed), listObservations(unexposed)]);
  if (test === null) return null;
  return { chiSquare: roundToSignificant(test.chiSquare), p: roundToSignificant(test.p), method: 'log-rank' };
}

function buildPredictorTable(
  predictor: PredictorDefinition,
  candidates: readonly InfusedSubject[],
  level: number,
): PredictorTable {
  const { name, label, days, caveat, isBaseline, isPresent } = predictor;
  const countResponders = (group: readonly InfusedSubject[]) => ({
    responders: group.filter((candidate) => candidate.isResponder).length,
    of: group.length,
  });
  const [exposed, unexposed] = [
    candidates.filter(isPresent),
    candidates.filter((candidate) => !isPresent(candidate)),
  ];
  const [withProperty, without] = [countResponders(exposed), countResponders(unexposed)];
  const cells = [
    withProperty.responders,
    withProperty.of - withProperty.responders,
    without.responders,
    without.of - without.responders,
  ] as const;
  const test = runFisherTest(cells, level);
  return {
    name,
    says: label,
    days,
    caveat,
    with: withProperty,
    without,
    p: roundToSignificant(test.p),
    oddsRatio: roundNullable(test.oddsRatio),
    ci95: [roundNullable(test.limits[0]), roundNullable(test.limits[1])],
    method: 'fisher-exact-two-sided',
    oddsRatioMethod: 'conditional maximum likelihood, exact limits',
    survival: isBaseline ? compareSurvival(exposed, unexposed) : null,
  };
}

function roundNullable(value: number | null): number | null {
  return value === null ? null : roundToSignificant(value);
}

/** Converts a limit on the logit scale to one of the odds ratio. */
function toOddsRatio(limit: number | null): number | null {
  return limit === null ? null : roundNullable(Math.exp(limit));
}

/**
 * Groups subjects with the same outcome and predictors into one row with their number: the work then grows with the
 * patterns, not the subjects.
 */
function groupByPattern(
  predictors: readonly PredictorDefinition[],
  candidates: readonly InfusedSubject[],
): LogisticData {
  const patterns = new Map<string, { outcome: 0 | 1; row: readonly number[]; count: number }>();
  for (const candidate of candidates) {
    const outcome = candidate.isResponder ? 1 : 0;
    const row = predictors.map(({ isPresent }) => (isPresent(candidate) ? 1 : 0));
    const key = `${outcome} ${row.join('')}`;
    patterns.set(key, { outcome, row, count: (patterns.get(key)?.count ?? 0) + 1 });
  }
  // Sorted, because sums of floating-point numbers depend on the order.
  const sorted = [...patterns].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pattern]) => pattern);
  return {
    names: predictors.map(({ name }) => name),
    outcomes: sorted.map(({ outcome }) => outcome),
    rows: sorted.map(({ row }) => row),
    counts: sorted.map(({ count }) => count),
  };
}

function fitPredictorModel(
  predictors: readonly PredictorDefinition[],
  candidates: readonly InfusedSubject[],
  level: number,
): PredictorModel {
  const data = groupByPattern(predictors, candidates);
  const method = 'logistic regression, maximum likelihood, Wald and profile likelihood limits';
  const fit = fitLogistic(data);
  if (fit === null) return { estimable: false, coefficients: [], deviance: null, nullDeviance: null, method };
  const coefficients = fit.coefficients.map((coefficient, i) => {
    const [waldLow, waldHigh] = computeWaldLimits(coefficient, level);
    const [low, high] = computeProfileLimits(data, fit, i, level);
    return {
      name: coefficient.name,
      oddsRatio: roundToSignificant(Math.exp(coefficient.estimate)),
      ci95Wald: [toOddsRatio(waldLow), toOddsRatio(waldHigh)] as const,
      ci95Profile: [toOddsRatio(low), toOddsRatio(high)] as const,
      p: roundToSignificant(coefficient.p),
    };
  });
  const { deviance, nullDeviance } = fit;
  return {
    estimable: true,
    coefficients,
    deviance: roundToSignificant(deviance),
    nullDeviance: roundToSignificant(nullDeviance),
    method,
  };
}

/**
 * Analyses the two predictors that the publication reports, among subjects who were infused: the protocol's previous
 * agent before the first infusion, and an infection in the protocol's infection period, cut short by what ended the
 * observation. Each as a 2×2 table, and both in one logistic regression.
 */
export function analysePredictors(
  candidates: readonly InfusedSubject[],
  protocol: Protocol,
): PredictorAnalysis {
  const infectionDays = selectInfectionDays(protocol);
  const predictors: readonly PredictorDefinition[] = [
    {
      name: 'previous-atg',
      label: `${protocol.predictors.previousAgent} before the first infusion`,
      days: null,
      caveat: null,
      isBaseline: true,
      isPresent: (candidate) => candidate.hadPreviousAgent,
    },
    {
      name: 'infection-during-treatment',
      label: `infection active on days ${infectionDays[0]} to ${infectionDays[1]} after the first infusion`,
      days: infectionDays,
      caveat:
        'Known only after the first infusion: subjects whose neutrophils recover have fewer infections, so the response may explain the infection and not the reverse.',
      isBaseline: false,
      isPresent: (candidate) => candidate.hadInfection,
    },
  ];
  const level = Number(protocol.interval.percent) / 100;
  const tables = predictors.map((predictor) => buildPredictorTable(predictor, candidates, level));
  return { tables, model: fitPredictorModel(predictors, candidates, level) };
}
