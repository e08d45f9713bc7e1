import type { Assessment, Judgement, ResponseClass } from '../assessment.ts';
import type { Fact, Lineage, Subject } from '../facts.ts';
import type { Protocol } from '../protocol.ts';
import { factsKnownOn } from '../visits/course.ts';
import { type AdverseEventRow, adverseEventTable } from './adverse-events.ts';
import { eventsAtBaseline } from './cytopenias.ts';
import { followUpOf } from './follow-up.ts';
import { type Predictor, type PredictorModel, predictorsOf } from './predictors.ts';
import { limitsOf } from './proportion.ts';
import { percentOf, rounded } from './rounding.ts';
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
export interface Report {
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

/** One subject's best response; NE, preliminary, where none could be given yet. */
export interface BestRow {
  readonly subject: string;
  readonly site: string;
  readonly severity: Judgement['severity'];
  readonly class: ResponseClass;
  readonly status: Assessment['status'];
}

/** One subject with everything the report asks of him. */
export interface Judged {
  readonly subject: Subject;
  readonly facts: readonly Fact[];
  readonly judgement: Judgement;
}

function bestRow({ subject, judgement }: Judged): BestRow {
  const best = judgement.assessments.find((assessment) => assessment.kind === 'best-response');
  return {
    subject: subject.subject,
    site: subject.site,
    severity: judgement.severity,
    class: best?.value.kind === 'class' ? best.value.class : 'NE',
    status: best?.status ?? 'preliminary',
  };
}

function daysOf({ assessments }: Judgement, lineage: Lineage): readonly number[] {
  return assessments.flatMap(({ scope, value }) =>
    scope === lineage && value.kind === 'days' ? [value.days] : [],
  );
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
 * The endpoints of the study as of a day. All enrolled subjects are in the denominators of response and of survival as a
 * share (intention to treat); follow-up, Kaplan-Meier and predictors look at those who were infused.
 */
export function studyReport(input: {
  readonly protocol: Protocol;
  readonly subjects: readonly Judged[];
  readonly today: string;
}): Report {
  const { protocol, subjects, today } = input;
  const of = subjects.length;
  const best = subjects.map(bestRow);
  const count = (...classes: ResponseClass[]): number =>
    best.filter((row) => classes.includes(row.class)).length;
  const known = subjects.map((one) => ({ ...one, facts: factsKnownOn(one.facts, today) }));
  const infused = known.flatMap(({ facts, judgement }, i) => {
    const { dayZero } = judgement;
    const isResponder = best[i]?.class === 'CR' || best[i]?.class === 'PR';
    return dayZero === null ? [] : [{ facts, dayZero, isResponder, ...followUpOf(dayZero, facts, today) }];
  });
  const { statistics } = protocol;
  const level = Number(protocol.interval.percent) / 100;
  const predictors = predictorsOf(infused, protocol, today);
  const daysTo = (lineage: Lineage): readonly number[] =>
    subjects.flatMap(({ judgement }) => daysOf(judgement, lineage));
  const dead = known.filter(({ facts }) => facts.some((fact) => fact.kind === 'death')).length;
  return {
    study: protocol.id,
    asOf: today,
    subjects: of,
    sites: new Set(subjects.map(({ subject }) => subject.site)).size,
    infused: infused.length,
    response: {
      overall: rate(count('CR', 'PR'), of, protocol.interval),
      complete: rate(count('CR'), of, protocol.interval),
      partial: rate(count('PR'), of, protocol.interval),
      none: share(count('NR'), of),
      notEvaluable: share(count('NE'), of),
      definition: `best confirmed response up to the end of the ${protocol.bestResponseBy} window, of all enrolled subjects`,
    },
    timeToResponseDays: {
      neutrophil: timeTo(daysTo('neutrophil'), statistics.quartileType),
      erythroid: timeTo(daysTo('erythroid'), statistics.quartileType),
      platelet: timeTo(daysTo('platelet'), statistics.quartileType),
    },
    followUpMonths: followUpMonths(infused, level),
    alive: {
      ...rate(of - dead, of, protocol.interval),
      method: `subjects without a death, of all enrolled; limits ${protocol.interval.method}`,
    },
    survival: survivalAtYear(infused, level, statistics.survivalLimits),
    adverseEvents: adverseEventTable(
      known.flatMap(({ facts }) => facts),
      new Set(known.flatMap(({ facts }) => [...eventsAtBaseline(facts, protocol)])),
    ),
    predictors: predictors.tables,
    predictorModel: predictors.model,
    bestResponses: best,
  };
}
