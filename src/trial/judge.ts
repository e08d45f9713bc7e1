import type { Assessment, Judgement } from './assessment.ts';
import type { CriteriaSet } from './criteria/criteria-set.ts';
import { sourceOf } from './criteria/picture.ts';
import { daysBetween } from './days.ts';
import { deviationsOf } from './dosing/deviations.ts';
import { proposalOf } from './dosing/proposal.ts';
import { type Fact, LINEAGES, type Subject } from './facts.ts';
import type { Protocol } from './protocol.ts';
import { bestResponse } from './visits/best.ts';
import { censoredWords } from './visits/censoring.ts';
import { clonalEvolutionOf } from './visits/clonal-evolution.ts';
import { type Course, courseOf } from './visits/course.ts';
import { firstMet, lineageAtVisit, timeToLineage, unconfirmed } from './visits/lineages.ts';
import { type Judging, overallAtVisit } from './visits/overall.ts';
import { judgePoint, picturesAfterStart } from './visits/points.ts';
import { relapseOf } from './visits/relapse.ts';
import { type Due, dueVisits } from './visits/schedule.ts';
import { severityOf } from './visits/severity.ts';

/** All that a judgement depends on; the same input gives the same judgement. */
export interface JudgeInput {
  readonly subject: Subject;
  readonly facts: readonly Fact[];
  readonly protocol: Protocol;
  readonly criteria: ReadonlyMap<string, CriteriaSet>;
  /** Site-local day (`YYYY-MM-DD`) as of which is judged: facts dated later do not count. */
  readonly today: string;
}

/** A set that the protocol names and the library lacks is as good as undefined. */
function setOf(criteria: JudgeInput['criteria'], id: string): CriteriaSet {
  const found = criteria.get(id);
  if (found) return found;
  const base = { id, version: '0.0.0', title: id, status: 'undefined', sources: [], notes: [] } as const;
  const nothing = { confirmationDays: null, definitions: new Map(), classes: [], relapse: null } as const;
  return { ...base, ...nothing, clonalEvolution: null };
}

function overallOf(course: Course, due: readonly Due[], judging: Judging) {
  const { set } = judging;
  const composed = due.map(({ picture }) => picture).filter((picture) => picture.counts.size > 0);
  const points = picturesAfterStart(course, composed).map((picture) =>
    judgePoint(course, picture, set, 'overall'),
  );
  const atVisits: Assessment[] = [];
  for (const visit of due) {
    const point = judgePoint(course, visit.picture, set, 'overall');
    const given = overallAtVisit(course, visit, judging, point, points);
    if (given) atVisits.push(given);
  }
  const best = bestResponse(course, judging, points, atVisits);
  const gate = due.find(({ visit }) => visit.id === course.protocol.dosing.continuation.visit);
  const point = gate ? judgePoint(course, gate.picture, set, 'overall') : undefined;
  const proposal = proposalOf(course, judging, point);
  const relapse = relapseOf(course, judging, points);
  const clonalEvolution = clonalEvolutionOf(course, judging.set);
  return {
    assessments: best ? [...atVisits, best] : atVisits,
    proposals: proposal ? [proposal] : [],
    later: { ...(relapse ? { relapse } : {}), ...(clonalEvolution ? { clonalEvolution } : {}) },
  };
}

function lineagesOf(course: Course, due: readonly Due[], set: CriteriaSet): readonly Assessment[] {
  const pictures = picturesAfterStart(course, []);
  return LINEAGES.flatMap((lineage) => {
    const met = firstMet(course, set, lineage, pictures);
    const atVisits = due.map((visit) => lineageAtVisit(course, visit, set, lineage, met));
    return [...atVisits, timeToLineage(course, set, lineage, met)].filter((given) => given !== null);
  });
}

/** What a reader of the whole course must know besides the classes. */
function circumstancesOf(course: Course): Pick<Judgement, 'censored' | 'unscheduled'> {
  const { censored, dayZero, protocol } = course;
  const isPlanned = (after: number): boolean =>
    protocol.visits.some(({ from, to }) => after >= from && after <= to);
  const days = course.counts
    .filter(({ exact, day }) => exact && day > dayZero && !isPlanned(daysBetween(dayZero, day)))
    .map(({ day }) => day);
  return {
    ...(censored
      ? { censored: { day: censored.day, because: censoredWords(censored), source: sourceOf(censored.fact) } }
      : {}),
    ...(days.length > 0 ? { unscheduled: [...new Set(days)] } : {}),
  };
}

const NOTHING: Judgement = {
  dayZero: null,
  severity: 'unknown',
  severityTrace: [],
  assessments: [],
  deviations: [],
  proposals: [],
};

/**
 * Judges one subject: severity before the first infusion, overall and lineage response at every visit whose window has
 * begun, best response, what befell later by the set's rules, time to lineage response, dosing deviations and the proposal after the continuation visit.
 * Before the first infusion nothing is judged. A withdrawn subject keeps day 0 and severity, and nothing else.
 */
export function judgeSubject(input: JudgeInput): Judgement {
  const { subject, facts, protocol, criteria, today } = input;
  const course = courseOf(subject, facts, protocol, criteria, today);
  if (course === null) return NOTHING;
  const { severity, trace: severityTrace } = severityOf(course);
  const head = { dayZero: course.dayZero, severity, severityTrace, ...circumstancesOf(course) };
  if (subject.status === 'withdrawn') return { ...NOTHING, ...head };
  const due = dueVisits(course);
  const set = setOf(criteria, protocol.criteria.overall[severity]);
  const overall = overallOf(course, due, { set, severity, severityTrace });
  const lineages = lineagesOf(course, due, unconfirmed(setOf(criteria, protocol.criteria.lineages)));
  return {
    ...head,
    assessments: [...overall.assessments, ...lineages],
    deviations: deviationsOf(course),
    proposals: overall.proposals,
    ...overall.later,
  };
}
