import type { Assessment, SubjectAssessment } from '../../assessment.ts';
import { addDays, countDaysBetween } from '../../calendar-days.ts';
import { type Analyte, LINEAGES, type Lineage, type Subject } from '../../facts.ts';
import type { Protocol, Visit } from '../../protocol.ts';
import type { ClinicalCourse } from '../../visits/clinical-course.ts';
import { type DueVisit, listDueVisits } from '../../visits/due-visits.ts';

/**
 * What a subject is at a visit: their class; `missed`, the window is over without a count; `died` before the window;
 * `not-due`, the window can still have a count; `withdrawn`; `not-treated`, without a first infusion. One of them holds.
 */
export const VISIT_STATES = [
  'CR',
  'PR',
  'NR',
  'NE',
  'missed',
  'died',
  'not-due',
  'withdrawn',
  'not-treated',
] as const;

export type VisitState = (typeof VISIT_STATES)[number];

/** What is assessed at a visit: the blood as a whole, then each lineage. */
export const VISIT_SCOPES = ['overall', ...LINEAGES] as const;

/** The counts that a visit should have. */
export const VISIT_ANALYTES = ['anc', 'hemoglobin', 'platelets', 'reticulocytes'] as const;

/** One subject at one visit. */
export interface VisitFigure {
  readonly visit: string;
  readonly states: Readonly<Record<'overall' | Lineage, VisitState>>;
  /** Days from the first infusion to the assessed count; null without a class that a count decided. */
  readonly day: number | null;
  /** A response whose confirming count can still come. */
  readonly isPending: boolean;
  /** The class is the protocol's for visits after the end of the observation, and not that of a count. */
  readonly isCensored: boolean;
  /** Counts that the window lacks though it has others; empty where it has none, or all. */
  readonly missing: readonly Analyte[];
}

function deriveStateWithoutAssessment(
  course: ClinicalCourse | null,
  { status }: Subject,
  visit: Visit,
): VisitState {
  if (course === null) return 'not-treated';
  if (status === 'withdrawn') return 'withdrawn';
  const from = addDays(course.dayZero, visit.from);
  return course.deathDay !== null && from > course.deathDay ? 'died' : 'not-due';
}

function deriveVisitState(assessment: Assessment, due: DueVisit | undefined): VisitState {
  const { value, reasonCode } = assessment;
  if (value.kind !== 'class') return 'NE';
  const hasCount = (due?.bloodCount.counts.size ?? 1) > 0;
  const isMissed = reasonCode === 'no-count-in-window' || (!hasCount && reasonCode !== 'censored');
  return isMissed ? 'missed' : value.class;
}

function listMissingAnalytes(due: DueVisit | undefined): readonly Analyte[] {
  if (due === undefined || due.bloodCount.counts.size === 0) return [];
  return VISIT_ANALYTES.filter((analyte) => !due.bloodCount.counts.has(analyte));
}

/** Whether the assessment is one of a visit, of the blood as a whole or of a lineage. */
function isAtVisit({ kind }: Assessment): boolean {
  return kind === 'response-at-visit' || kind === 'lineage-response-at-visit';
}

/**
 * Lists what a subject is at each visit of the protocol, in its order. A class is the engine's; the rest follows from the
 * windows, the death and the subject's status.
 *
 * @param course null before the first infusion
 */
export function listVisitFigures(
  course: ClinicalCourse | null,
  { assessments }: SubjectAssessment,
  subject: Subject,
  protocol: Protocol,
): readonly VisitFigure[] {
  const due = new Map((course ? listDueVisits(course) : []).map((entry) => [entry.visit.id, entry]));
  const atVisits = new Map(
    assessments.filter(isAtVisit).map((entry) => [`${entry.scope} ${entry.visit}`, entry]),
  );
  return protocol.visits.map((visit): VisitFigure => {
    const deriveScopeState = (scope: 'overall' | Lineage): VisitState => {
      const assessment = atVisits.get(`${scope} ${visit.id}`);
      return assessment
        ? deriveVisitState(assessment, due.get(visit.id))
        : deriveStateWithoutAssessment(course, subject, visit);
    };
    const overall = atVisits.get(`overall ${visit.id}`);
    const states = VISIT_SCOPES.map((scope) => [scope, deriveScopeState(scope)] as const);
    const responseClass = overall?.value.kind === 'class' ? overall.value.class : 'NE';
    const isCensored = overall?.reasonCode === 'censored';
    const hasCountDay = overall && course && responseClass !== 'NE' && !isCensored;
    return {
      visit: visit.id,
      states: Object.fromEntries(states) as VisitFigure['states'],
      day: hasCountDay ? countDaysBetween(course.dayZero, overall.effective) : null,
      isPending: responseClass !== 'NE' && responseClass !== 'NR' && overall?.status === 'preliminary',
      isCensored,
      missing: listMissingAnalytes(due.get(visit.id)),
    };
  });
}
