import type { Assessment, Judgement, ResponseClass } from '../assessment.ts';
import type { Fact, Lineage, Subject } from '../facts.ts';
import type { Protocol } from '../protocol.ts';
import { factsKnownOn } from '../visits/course.ts';
import { type AdverseEventRow, adverseEventTable } from './adverse-events.ts';
import { eventsAtBaseline } from './cytopenias.ts';
import { DAYS_PER_MONTH, type FollowUp, followUpOf } from './follow-up.ts';
import { type Predictor, predictorsOf } from './predictors.ts';
import { limitsOf } from './proportion.ts';
import { median, percentOf, rounded } from './rounding.ts';
import { kaplanMeier, stepAt } from './survival.ts';

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

/** Days to response among the subjects who reached it; null where nobody did. */
export interface TimeTo {
  readonly median: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly subjects: number;
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
  readonly followUpMonths: {
    readonly median: number;
    readonly exactMonths: number;
    readonly method: string;
  } | null;
  readonly alive: Share & { readonly method: string };
  readonly survival: {
    readonly months: number;
    readonly survival: number;
    readonly ci95: readonly [number, number] | null;
    readonly method: string;
  } | null;
  readonly adverseEvents: readonly AdverseEventRow[];
  readonly predictors: readonly Predictor[];
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

function timeTo(lineage: Lineage, judged: readonly Judged[]): TimeTo {
  const days = judged.flatMap(({ judgement }) =>
    judgement.assessments.flatMap((a) =>
      a.kind === 'time-to-lineage-response' && a.scope === lineage && a.value.kind === 'days'
        ? [a.value.days]
        : [],
    ),
  );
  const sorted = [...days].sort((a, b) => a - b);
  return {
    median: median(sorted),
    min: sorted[0] ?? null,
    max: sorted.at(-1) ?? null,
    subjects: sorted.length,
    method:
      'days from first infusion to the first unconfounded count that meets the lineage criterion; median (range) of responders',
  };
}

function followUpMonths(followed: readonly FollowUp[]): Report['followUpMonths'] {
  const middle = median(followed.map(({ days }) => days));
  if (middle === null) return null;
  const exactMonths = middle / DAYS_PER_MONTH;
  const method = `median of observed times from first infusion to last contact or death, months of ${DAYS_PER_MONTH} days`;
  return { median: rounded(exactMonths, 0), exactMonths: rounded(exactMonths, 3), method };
}

function survivalAtYear(followed: readonly FollowUp[], percent: string): Report['survival'] {
  const months = 12;
  if (followed.length === 0) return null;
  const level = Number(percent) / 100;
  const curve = kaplanMeier(
    followed.map(({ days, died }) => ({ time: days, died })),
    level,
  );
  const step = stepAt(curve, months * DAYS_PER_MONTH);
  const limits = step?.limits ?? null;
  return {
    months,
    survival: rounded((step?.survival ?? 1) * 100, 1),
    ci95: limits && [rounded(limits[0] * 100, 1), rounded(limits[1] * 100, 1)],
    method: 'kaplan-meier from first infusion, greenwood, log-log limits, percent',
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
      neutrophil: timeTo('neutrophil', subjects),
      erythroid: timeTo('erythroid', subjects),
      platelet: timeTo('platelet', subjects),
    },
    followUpMonths: followUpMonths(infused),
    alive: { ...share(of - dead, of), method: 'subjects without a death, of all enrolled' },
    survival: survivalAtYear(infused, protocol.interval.percent),
    adverseEvents: adverseEventTable(
      known.flatMap(({ facts }) => facts),
      new Set(known.flatMap(({ facts }) => [...eventsAtBaseline(facts, protocol)])),
    ),
    predictors: predictorsOf(infused, protocol, today),
    bestResponses: best,
  };
}
