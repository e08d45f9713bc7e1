import { toPercent } from '../../statistics/percent.ts';
import { computeProportionLimits } from '../../statistics/proportion-interval.ts';
import { roundHalfUp } from '../../statistics/rounding.ts';
import type { ResponseClass } from '../assessment.ts';
import type { Lineage } from '../facts.ts';
import type { Protocol } from '../protocol.ts';
import { type AdverseEventRow, buildAdverseEventTable } from './adverse-event-table.ts';
import { countLateEvents, type LateEventFigures } from './late-events.ts';
import { buildReportTables, type ReportTables } from './report-tables.ts';
import { analysePredictors, type PredictorModel, type PredictorTable } from './response-predictors.ts';
import {
  type AssessedSubject,
  type BestResponseRow,
  deriveSubjectFigures,
  type SubjectFigures,
} from './subject-figures.ts';
import {
  estimateSurvivalAtYear,
  type FollowUpFigures,
  type SurvivalFigures,
  summariseFollowUp,
  summariseTimeToResponse,
  type TimeToResponse,
} from './time-summaries.ts';

/** A share of all subjects; percent with one decimal place. */
export interface Share {
  readonly count: number;
  readonly of: number;
  readonly percent: number;
}

/** A share with its 95 % limits in percent: rounded to one decimal place, and exact. */
export interface Rate extends Share {
  readonly ci95: readonly [number, number];
  readonly ci95Exact: readonly [number, number];
  readonly method: string;
}

/** The study's endpoints, each figure with its method. Subjects who were never infused stay in the denominators. */
export interface StudyReport extends LateEventFigures {
  readonly study: string;
  readonly asOf: string;
  readonly subjects: number;
  readonly sites: number;
  readonly infused: number;
  readonly response: {
    readonly overall: Rate;
    readonly complete: Rate;
    readonly partial: Rate;
    readonly none: Share;
    readonly notEvaluable: Share;
    /** Whose class counts by the protocol; where the investigator states none, the engine's does and its row is marked. */
    readonly primaryAssessor: Protocol['primaryAssessor'];
    readonly definition: string;
  };
  readonly timeToResponseDays: Readonly<Record<Lineage, TimeToResponse>>;
  readonly followUpMonths: FollowUpFigures | null;
  /** Survival as a crude share of all enrolled; `survival` is the Kaplan-Meier estimate of those infused. */
  readonly alive: Rate;
  readonly survival: SurvivalFigures | null;
  readonly adverseEvents: readonly AdverseEventRow[];
  readonly predictors: readonly PredictorTable[];
  readonly predictorModel: PredictorModel;
  readonly bestResponses: readonly BestResponseRow[];
  readonly tables: ReportTables;
}

function buildShare(count: number, of: number): Share {
  return { count, of, percent: toPercent(count, of) };
}

function buildRate(count: number, of: number, interval: Protocol['interval']): Rate {
  const [low, high] = computeProportionLimits(interval.method, count, of, Number(interval.percent) / 100);
  const exact = [low * 100, high * 100] as const;
  return {
    ...buildShare(count, of),
    ci95: [roundHalfUp(exact[0], 1), roundHalfUp(exact[1], 1)],
    ci95Exact: exact,
    method: interval.method,
  };
}

function buildResponseFigures(
  bestResponses: readonly BestResponseRow[],
  { interval, bestResponseBy, primaryAssessor }: Protocol,
): StudyReport['response'] {
  const enrolled = bestResponses.length;
  const count = (...classes: ResponseClass[]): number =>
    bestResponses.filter((row) => classes.includes(row.class)).length;
  return {
    overall: buildRate(count('CR', 'PR'), enrolled, interval),
    complete: buildRate(count('CR'), enrolled, interval),
    partial: buildRate(count('PR'), enrolled, interval),
    none: buildShare(count('NR'), enrolled),
    notEvaluable: buildShare(count('NE'), enrolled),
    primaryAssessor,
    definition: `best confirmed response up to the end of the ${bestResponseBy} window, of all enrolled subjects`,
  };
}

/**
 * Builds the endpoints of the study as of a day, from its subjects in the order of their numbers. All enrolled
 * subjects are in the denominators of response and of survival as a share (intention to treat); follow-up, Kaplan-
 * Meier and predictors are of those who were infused.
 */
export function buildStudyReport(
  subjects: readonly SubjectFigures[],
  protocol: Protocol,
  today: string,
): StudyReport {
  const enrolled = subjects.length;
  const bestResponses = subjects.map(({ best }) => best);
  const infused = subjects.flatMap(({ infused }) => infused ?? []);
  const { statistics, interval } = protocol;
  const level = Number(interval.percent) / 100;
  const predictors = analysePredictors(infused, protocol);
  const summariseLineage = (lineage: Lineage): TimeToResponse =>
    summariseTimeToResponse(
      subjects.flatMap(({ daysToResponse }) => daysToResponse[lineage]),
      statistics.quartileType,
    );
  const alive = subjects.filter(({ isDead }) => !isDead).length;
  return {
    study: protocol.id,
    asOf: today,
    subjects: enrolled,
    sites: new Set(bestResponses.map(({ site }) => site)).size,
    infused: infused.length,
    response: buildResponseFigures(bestResponses, protocol),
    timeToResponseDays: {
      neutrophil: summariseLineage('neutrophil'),
      erythroid: summariseLineage('erythroid'),
      platelet: summariseLineage('platelet'),
    },
    followUpMonths: summariseFollowUp(infused, level),
    alive: {
      ...buildRate(alive, enrolled, interval),
      method: `subjects without a death, of all enrolled; limits ${interval.method}`,
    },
    ...countLateEvents(subjects.map(({ lateEvents }) => lateEvents)),
    survival: estimateSurvivalAtYear(infused, level, statistics.survivalLimits),
    adverseEvents: buildAdverseEventTable(subjects.map(({ eventsByTerm }) => eventsByTerm)),
    predictors: predictors.tables,
    predictorModel: predictors.model,
    bestResponses,
    tables: buildReportTables(subjects, protocol),
  };
}

/**
 * Builds the report from subjects who are all in memory. A caller with many subjects reduces them one by one:
 * `deriveSubjectFigures`, then `buildStudyReport`.
 */
export function reportOnSubjects(input: {
  readonly protocol: Protocol;
  readonly subjects: readonly AssessedSubject[];
  readonly today: string;
}): StudyReport {
  const { protocol, subjects, today } = input;
  return buildStudyReport(
    subjects.map((subject) => deriveSubjectFigures(subject, protocol, today)),
    protocol,
    today,
  );
}
