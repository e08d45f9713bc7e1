import type { ResponseClass } from '../assessment.ts';
import type { Lineage } from '../facts.ts';
import type { Protocol } from '../protocol.ts';
import { type AdverseEventRow, adverseEventTable } from './adverse-events.ts';
import { type LaterEvents, laterEventsOf } from './later-events.ts';
import { type Predictor, type PredictorModel, predictorsOf } from './predictors.ts';
import { limitsOf } from './proportion.ts';
import { percentOf, rounded } from './rounding.ts';
import { type BestRow, type Judged, type SubjectFigures, subjectFigures } from './subject-figures.ts';
import {
  type FollowUpFigures,
  followUpMonths,
  type SurvivalFigures,
  survivalAtYear,
  type TimeTo,
  timeTo,
} from './times.ts';

/** How many of all subjects; percent with one decimal place. */
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

/** The study's endpoints, every figure with its method. Subjects that were never infused stay in the denominators. */
export interface Report extends LaterEvents {
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
    readonly definition: string;
  };
  readonly timeToResponseDays: Readonly<Record<Lineage, TimeTo>>;
  readonly followUpMonths: FollowUpFigures | null;
  /** Survival as a crude share of all enrolled; `survival` is the Kaplan-Meier estimate of those infused. */
  readonly alive: Rate;
  readonly survival: SurvivalFigures | null;
  readonly adverseEvents: readonly AdverseEventRow[];
  readonly predictors: readonly Predictor[];
  readonly predictorModel: PredictorModel;
  readonly bestResponses: readonly BestRow[];
}

function share(count: number, of: number): Share {
  return { count, of, percent: percentOf(count, of) };
}

function rate(count: number, of: number, interval: Protocol['interval']): Rate {
  const [low, high] = limitsOf(interval.method, count, of, Number(interval.percent) / 100);
  const exact = [low * 100, high * 100] as const;
  return {
    ...share(count, of),
    ci95: [rounded(exact[0], 1), rounded(exact[1], 1)],
    ci95Exact: exact,
    method: interval.method,
  };
}

/**
 * The endpoints of the study as of a day, from its subjects in the order of their numbers. All enrolled subjects are in
 * the denominators of response and of survival as a share (intention to treat); follow-up, Kaplan-Meier and predictors
 * look at those who were infused.
 */
export function reportOf(subjects: readonly SubjectFigures[], protocol: Protocol, today: string): Report {
  const of = subjects.length;
  const best = subjects.map((one) => one.best);
  const count = (...classes: ResponseClass[]): number =>
    best.filter((row) => classes.includes(row.class)).length;
  const infused = subjects.flatMap((one) => one.infused ?? []);
  const { statistics, interval } = protocol;
  const level = Number(interval.percent) / 100;
  const predictors = predictorsOf(infused, protocol);
  const timeToResponse = (lineage: Lineage): TimeTo =>
    timeTo(
      subjects.flatMap(({ daysTo }) => daysTo[lineage]),
      statistics.quartileType,
    );
  const dead = subjects.filter(({ isDead }) => isDead).length;
  return {
    study: protocol.id,
    asOf: today,
    subjects: of,
    sites: new Set(best.map(({ site }) => site)).size,
    infused: infused.length,
    response: {
      overall: rate(count('CR', 'PR'), of, interval),
      complete: rate(count('CR'), of, interval),
      partial: rate(count('PR'), of, interval),
      none: share(count('NR'), of),
      notEvaluable: share(count('NE'), of),
      definition: `best confirmed response up to the end of the ${protocol.bestResponseBy} window, of all enrolled subjects`,
    },
    timeToResponseDays: {
      neutrophil: timeToResponse('neutrophil'),
      erythroid: timeToResponse('erythroid'),
      platelet: timeToResponse('platelet'),
    },
    followUpMonths: followUpMonths(infused, level),
    alive: {
      ...rate(of - dead, of, interval),
      method: `subjects without a death, of all enrolled; limits ${interval.method}`,
    },
    ...laterEventsOf(subjects.map(({ later }) => later)),
    survival: survivalAtYear(infused, level, statistics.survivalLimits),
    adverseEvents: adverseEventTable(subjects.map(({ events }) => events)),
    predictors: predictors.tables,
    predictorModel: predictors.model,
    bestResponses: best,
  };
}

/** The endpoints of subjects who are all at hand. Who has many reduces them one by one: subjectFigures, reportOf. */
export function studyReport(input: {
  readonly protocol: Protocol;
  readonly subjects: readonly Judged[];
  readonly today: string;
}): Report {
  const { protocol, subjects, today } = input;
  return reportOf(
    subjects.map((one) => subjectFigures(one, protocol, today)),
    protocol,
    today,
  );
}
