import type { Assessment, ResponseClass, Trace } from '../assessment.ts';
import { countWords } from '../criteria/count-inputs.ts';
import { type CriteriaSet, confirmationDaysOf } from '../criteria/criteria-set.ts';
import type { Severity } from '../protocol.ts';
import { censoredSources, censoredTrace, censoredWords } from './censoring.ts';
import { type Confirmation, confirm, confirmationTrace, confirmationWords } from './confirmation.ts';
import { type Course, splitSources } from './course.ts';
import { classOf, failedWords, type Point, reachesClass, sourcesOf } from './points.ts';
import type { Due } from './schedule.ts';

/** The set by which a subject's overall response is judged, and the severity that chose it. */
export interface Judging {
  readonly set: CriteriaSet;
  readonly severity: Severity;
  readonly severityTrace: readonly Trace[];
}

/** The response at one count with its confirmation; `place` is that of the class in the set's order. */
export interface Settled {
  readonly class: ResponseClass;
  readonly status: Assessment['status'];
  readonly place: number;
  readonly outcome: Confirmation | null;
  /** Days that were asked for between the two counts; null where no confirmation was. */
  readonly days: number | null;
}

/**
 * The class of a point after confirmation. A class that is lost gives way to the next lower one that holds and is not
 * lost; where all are lost the class is NR, not confirmed. Sets without confirmation give the class of the count.
 */
export function settle(point: Point, points: readonly Point[], set: CriteriaSet, ended: boolean): Settled {
  let lost: Pick<Settled, 'place' | 'outcome' | 'days'> | null = null;
  for (const [place, { rule }] of point.answers.entries()) {
    if (!reachesClass(point, place)) continue;
    const days = confirmationDaysOf(set, rule);
    if (days === null) return { class: rule.class, status: 'final', place, outcome: null, days };
    const outcome = confirm(point, place, points, days, ended);
    const status = outcome.kind === 'confirmed' ? 'final' : 'preliminary';
    if (outcome.kind !== 'lost') return { class: rule.class, status, place, outcome, days };
    lost = { place, outcome, days };
  }
  if (lost !== null) return { class: 'NR', status: 'final', ...lost };
  return {
    class: classOf(point),
    status: 'final',
    place: point.answers.length - 1,
    outcome: null,
    days: null,
  };
}

/** The counts of a point in one sentence, and its baseline where that is confounded. */
function countsSentence({ picture, flags }: Point): string {
  const baseline = flags.length > 0 ? ` Baseline: ${flags.join('; ')}.` : '';
  const counts = [...picture.counts.values()]
    .filter(({ fact }) => fact.analyte !== 'wbc')
    .map(countWords)
    .join('; ');
  const tie =
    picture.passedOver.length > 0
      ? ` Equally near the target and earlier, so not taken: ${picture.passedOver.join(', ')}.`
      : '';
  return `Counts: ${counts || 'none'}.${tie}${baseline}`;
}

/** What would decide a point that stays open. */
export function missingAt(point: Point): readonly string[] {
  return [...new Set(point.answers.flatMap((answer) => answer.trace.missing))];
}

const CLASS_WORDS = {
  CR: 'Complete response',
  PR: 'Partial response',
  NR: 'No response',
  NE: 'Not evaluable',
} as const;

/** `Partial response by bsh-saa 1.0.0`. */
export function headline(given: ResponseClass, set: CriteriaSet): string {
  return `${CLASS_WORDS[given]} by ${set.id} ${set.version}`;
}

function nonResponseWords(point: Point, settled: Settled): string {
  if (settled.outcome !== null) return confirmationWords(settled.outcome, settled.days ?? 0);
  const last = point.answers.at(-1);
  return last ? `Not met: ${failedWords(last.trace)}.` : 'Nothing to judge by.';
}

/** A reader in the EHR wants the first few; the trace holds all. */
function briefly(missing: readonly string[]): string {
  const more = missing.length > 3 ? `; and ${missing.length - 3} more of the kind` : '';
  return `${missing.slice(0, 3).join('; ')}${more}`;
}

/** One or two sentences that give the ground of a class. */
export function reasonsOf(point: Point, settled: Settled, set: CriteriaSet): readonly string[] {
  const head = headline(settled.class, set);
  const counts = countsSentence(point);
  if (settled.class === 'NE') return [`${head}: missing ${briefly(missingAt(point))}.`, counts];
  if (settled.class === 'NR') return [`${head}. ${nonResponseWords(point, settled)}`, counts];
  const rule = point.answers[settled.place]?.rule;
  const open = point.answers.slice(0, settled.place).filter((answer) => answer.verdict === 'unknown');
  const better = open
    .map((a) => ` ${a.rule.class} cannot be told: missing ${a.trace.missing.join('; ')}.`)
    .join('');
  const confirmed = settled.outcome ? ` ${confirmationWords(settled.outcome, settled.days ?? 0)}` : '';
  return [`${head}: ${rule?.paragraph ?? ''}.${confirmed}${better}`, counts];
}

/** The traces behind a class: those of the scope's classes, and the confirmation. */
export function tracesOf(point: Point, settled: Settled): readonly Trace[] {
  const own = point.answers.map(({ rule, trace }) => ({
    criterion: `${rule.class}: ${rule.paragraph}`,
    role: { kind: 'class' as const, class: rule.class },
    verdict: trace.verdict,
    inputs: [],
    missing: trace.missing,
    of: [trace],
  }));
  if (settled.outcome === null) return own;
  return [...own, confirmationTrace(settled.outcome, settled.place, settled.days ?? 0)];
}

function blank(course: Course, due: Due, set: CriteriaSet): Omit<Assessment, 'reasons'> {
  const { study, subject } = course.subject;
  return {
    study,
    subject,
    visit: due.visit.id,
    scope: 'overall',
    kind: 'response-at-visit',
    criteria: { id: set.id, version: set.version },
    value: { kind: 'class', class: 'NE' },
    status: 'final',
    effective: due.targetDay,
    trace: [],
    evidence: [],
    supporting: [],
  };
}

/** Why nothing can be said, whatever the counts; null where something can. */
export function obstacle(
  judging: Judging,
): { readonly reason: string; readonly trace: readonly Trace[] } | null {
  const { set, severity, severityTrace } = judging;
  if (set.status === 'undefined') {
    const reason = `criteria-set-undefined: the text of ${set.id} is not at hand, so it gives no class.`;
    return { reason, trace: [] };
  }
  if (severity !== 'unknown') return null;
  const missing = severityTrace.flatMap((trace) => trace.missing);
  const reason = `severity-unknown: the severity before the first infusion is open, missing ${[...new Set(missing)].join('; ')}.`;
  return { reason, trace: severityTrace };
}

/**
 * A visit without a count: missed, or after an event that ended the observation, where the protocol's censoring rule
 * gives the class.
 */
export function withoutCount(
  course: Course,
  due: Due,
  set: CriteriaSet,
): Pick<Assessment, 'value' | 'reasons' | 'trace' | 'supporting'> {
  const { censored } = course;
  if (censored === null || censored.day >= due.to) {
    const window = `no count in window: the visit was missed, no signed blood count between ${due.from} and ${due.to}.`;
    const reasons = [`${headline('NE', set)}: ${window}`];
    return { value: { kind: 'class', class: 'NE' }, reasons, trace: [], supporting: [] };
  }
  const given = course.protocol.censoring.laterVisits;
  const why = `censored: the ${censoredWords(censored)} ended the observation, and no count between ${due.from} and ${due.to} was made before it.`;
  return {
    value: { kind: 'class', class: given },
    reasons: [`${headline(given, set)}: ${why}`],
    trace: [censoredTrace(censored)],
    supporting: censoredSources(censored),
  };
}

/**
 * The overall response at one visit, or null while the window is open and holds no count. NE where no count is in the
 * window, the set is undefined, the severity is unknown, or what is missing could change the class.
 */
export function overallAtVisit(
  course: Course,
  due: Due,
  judging: Judging,
  point: Point,
  points: readonly Point[],
): Assessment | null {
  const { set } = judging;
  const base = blank(course, due, set);
  const isEmpty = due.picture.counts.size === 0;
  if (isEmpty && !due.over) return null;
  const stop = obstacle(judging);
  if (stop) {
    const sources = splitSources(sourcesOf(stop.trace), course.kinds);
    return { ...base, ...sources, trace: stop.trace, reasons: [`${headline('NE', set)}: ${stop.reason}`] };
  }
  if (isEmpty) return { ...base, ...withoutCount(course, due, set) };
  const settled = settle(point, points, set, course.ended);
  const trace = tracesOf(point, settled);
  return {
    ...base,
    value: { kind: 'class', class: settled.class },
    status: settled.status,
    effective: settled.class === 'NE' ? due.targetDay : point.picture.day,
    reasons: reasonsOf(point, settled, set),
    trace,
    ...splitSources(sourcesOf(trace), course.kinds),
  };
}
