import type { Fact, Lineage, Subject } from '../../src/trial/facts.ts';
import { decideAnyPair, decideConfirmation, listRungs, type Rung } from './confirm-class.ts';
import { type Course, readCourse } from './course.ts';
import { listSeverities, type Severity } from './derive-severity.ts';
import {
  buildVisitPoint,
  type Frame,
  listCountDays,
  listDayPoints,
  listScopeClasses,
  type Point,
} from './points.ts';
import { findRawSet, type RawCriteriaSet, type RawRules, type RawVisit } from './raw-rules.ts';
import { markConfounded, type SeenCount, selectBaselineCounts, selectVisitCounts } from './seen-counts.ts';

/** Classes and days by name (`overall M3`: `PR final`), as the product's are summarised; `severity` with them. */
export type Answers = Readonly<Record<string, string | number>>;

interface Study extends Frame {
  readonly counts: readonly SeenCount[];
  /** The last day whose counts are assessed. */
  readonly lastDay: number;
  readonly canCountsCome: boolean;
}

interface VisitPoint {
  readonly visit: RawVisit;
  /** Null: no count in the window. */
  readonly point: Point | null;
}

const OWN_ANALYTE = { erythroid: 'hemoglobin', neutrophil: 'anc', platelet: 'platelets' } as const;
const LINEAGE_SCOPES = Object.keys(OWN_ANALYTE) as readonly Lineage[];

function buildStudy(rules: RawRules, course: Course): Study {
  const counts = markConfounded(course, rules.protocol);
  return {
    rules,
    course,
    counts,
    baseline: selectBaselineCounts(counts, course, rules.protocol),
    lastDay: Math.min(course.end?.day ?? Number.POSITIVE_INFINITY, course.today),
    canCountsCome: course.status === 'on-study' && course.end === null,
  };
}

/** The visits that are assessed: the window has begun in the subject's life, and has a count or can have none any more. */
function listVisitPoints({ rules, course, counts, canCountsCome }: Study): readonly VisitPoint[] {
  return rules.protocol.visits.flatMap((visit): readonly VisitPoint[] => {
    const [from, to] = visit.window;
    if (from > course.today || (course.deathDay !== null && course.deathDay < from)) return [];
    const selected = selectVisitCounts(counts, visit, course.end?.day ?? Number.POSITIVE_INFINITY);
    if (selected === null && canCountsCome && course.today <= to) return [];
    return [{ visit, point: selected === null ? null : buildVisitPoint(selected) }];
  });
}

/** The class at a visit without a count. */
function deriveMissedClass({ course, rules }: Study, { window: [, to] }: RawVisit): string {
  const isAfterTreatment = course.end?.isByDeath === false && course.end.isSure && course.end.day < to;
  return `${isAfterTreatment ? rules.protocol.censoring.laterVisits : 'NE'} final`;
}

function deriveCountClass(
  study: Study,
  rungs: readonly Rung[],
  points: readonly Point[],
  point: Point,
): string {
  const reached = rungs
    .filter((rung) => rung.reaches(point))
    .map((rung) => ({ rung, state: decideConfirmation(rung, points, point, study.canCountsCome) }));
  const best = reached.find(({ state }) => state === 'confirmed' || state === 'pending');
  if (best) return `${best.rung.name} ${best.state === 'confirmed' ? 'final' : 'preliminary'}`;
  if (reached.some(({ state }) => state === 'open')) return 'NE final';
  if (reached.length > 0) return 'NR final';
  return rungs.every((rung) => rung.reaches(point) === false) ? 'NR final' : 'NE final';
}

function deriveBest(study: Study, rungs: readonly Rung[], points: readonly Point[], visits: Answers): string {
  const { protocol } = study.rules;
  const deadline = protocol.visits.find(({ id }) => id === protocol.bestResponseBy)?.window[1] ?? 0;
  const status = study.course.today > deadline || !study.canCountsCome ? 'final' : 'preliminary';
  const truths = rungs.map((rung) => ({ rung, truth: decideAnyPair(rung, points, deadline) }));
  const met = truths.find(({ truth }) => truth);
  if (met) return `${met.rung.name} ${status}`;
  if (truths.some(({ truth }) => truth === null)) return `NE ${status}`;
  const isAnyAssessed = Object.values(visits).some((value) => !String(value).startsWith('NE'));
  return `${isAnyAssessed ? 'NR' : 'NE'} ${status}`;
}

/** The overall classes by one set. */
function deriveBySet(study: Study, visits: readonly VisitPoint[], set: RawCriteriaSet): Answers {
  if (visits.length === 0) return {};
  const rungs = listRungs(study, set, listScopeClasses(set, 'overall'));
  const dayPoints = listDayPoints(study.counts, study.lastDay);
  const mixed = visits.flatMap(({ point }) => (point && !point.isOneDay ? [point] : []));
  const points = [...dayPoints, ...mixed].sort((a, b) => a.first - b.first || a.last - b.last);
  const classes: Record<string, string> = {};
  for (const { visit, point } of visits) {
    const name = `overall ${visit.id}`;
    if (!point) classes[name] = deriveMissedClass(study, visit);
    else if (set.status === 'undefined') classes[name] = 'NE final';
    else classes[name] = deriveCountClass(study, rungs, points, point);
  }
  return { ...classes, best: deriveBest(study, rungs, points, classes) };
}

/** One class of each name where the sets agree, else NE; final where every set's is. */
function mergeSets(bySet: readonly Answers[]): Answers {
  const [first = {}] = bySet;
  const names = Object.keys(first);
  return Object.fromEntries(
    names.map((name) => {
      const values = bySet.map((answers) => String(answers[name]).split(' '));
      const isOne = values.every(([className]) => className === values[0]?.[0]);
      const isFinal = values.every(([, status]) => status === 'final');
      return [name, `${isOne ? values[0]?.[0] : 'NE'} ${isFinal ? 'final' : 'preliminary'}`];
    }),
  );
}

/** The point of one lineage: its own count, with the transfusions of its own day. */
function buildLineagePoint({ counts, ...point }: Point, lineage: Lineage): Point {
  const own = counts[OWN_ANALYTE[lineage]];
  return own ? { ...point, counts, transfusionDays: listCountDays(own) } : { ...point, counts };
}

/** The class of a lineage at a visit; null while the window is open and its own count may come. */
function deriveLineageClass(
  study: Study,
  { visit, point }: VisitPoint,
  rungs: readonly Rung[],
  lineage: Lineage,
): string | null {
  if (point === null) return deriveMissedClass(study, visit);
  const isOpen = study.canCountsCome && study.course.today <= visit.window[1];
  if (isOpen && point.counts[OWN_ANALYTE[lineage]] === undefined) return null;
  const own = buildLineagePoint(point, lineage);
  const truths = rungs.map((rung) => ({ rung, truth: rung.reaches(own) }));
  const met = truths.find(({ truth }) => truth);
  if (met) return `${met.rung.name} final`;
  return truths.every(({ truth }) => truth === false) ? 'NR final' : 'NE final';
}

function deriveLineage(study: Study, visits: readonly VisitPoint[], lineage: Lineage): Answers {
  const set = findRawSet(study.rules, study.rules.protocol.criteria.lineages);
  const rungs = listRungs(study, set, listScopeClasses(set, lineage));
  const classes = visits.flatMap((one) => {
    const value = deriveLineageClass(study, one, rungs, lineage);
    return value === null ? [] : [[`${lineage} ${one.visit.id}`, value] as const];
  });
  const day = listDayPoints(study.counts, study.lastDay).find(
    (point) => point.counts[OWN_ANALYTE[lineage]] !== undefined && rungs.some((rung) => rung.reaches(point)),
  );
  const days = day === undefined ? [] : [[`days ${lineage}`, day.first] as const];
  return Object.fromEntries([...classes, ...days]);
}

/** The set for the severity; where it is unknown, the protocol's set for that, else every set that could apply. */
function listOverallSets({ rules }: Study, severities: readonly Severity[]): readonly RawCriteriaSet[] {
  const { overall } = rules.protocol.criteria;
  const could = severities.map((one) => overall[one]);
  const ids = severities.length > 1 && overall.unknown !== undefined ? [overall.unknown] : could;
  return [...new Set(ids)].filter((id) => id !== undefined).map((id) => findRawSet(rules, id));
}

/** Derives severity and every class of a subject from their facts. */
export function deriveClasses(
  rules: RawRules,
  subject: Subject,
  facts: readonly Fact[],
  today: string,
): Answers {
  const course = readCourse(subject, facts, today, rules.protocol);
  if (course === null) return { severity: 'unknown' };
  const study = buildStudy(rules, course);
  const severities = listSeverities(study, facts);
  const severity = severities.length === 1 ? String(severities[0]) : 'unknown';
  if (course.status === 'withdrawn') return { severity };
  const visits = listVisitPoints(study);
  const overall = listOverallSets(study, severities).map((set) => deriveBySet(study, visits, set));
  const lineages = LINEAGE_SCOPES.map((lineage) => deriveLineage(study, visits, lineage));
  return Object.assign({ severity }, mergeSets(overall), ...lineages);
}
