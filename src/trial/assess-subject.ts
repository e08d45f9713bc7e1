import { listInvestigatorAssessments } from './adjudication/investigator-response.ts';
import { findStatedSeverity, type StatedSeverity } from './adjudication/stated-severity.ts';
import type { Assessment, SubjectAssessment } from './assessment.ts';
import { addDays } from './calendar-days.ts';
import type { CriteriaSet } from './criteria/criteria-set.ts';
import { getPrimarySource } from './criteria/situation.ts';
import { listDeviations } from './dosing/deviations.ts';
import { type Fact, LINEAGES, type Subject } from './facts.ts';
import type { Protocol } from './protocol.ts';
import { assessOverall, type OverallAssessment } from './visits/assess-overall.ts';
import { formatCensoring } from './visits/censoring.ts';
import { listCountsAfterStart } from './visits/classify-count.ts';
import { buildClinicalCourse, type ClinicalCourse } from './visits/clinical-course.ts';
import { type DueVisit, listDueVisits } from './visits/due-visits.ts';
import {
  assessLineageAtVisit,
  deriveTimeToLineageResponse,
  findFirstResponse,
  removeConfirmation,
} from './visits/lineage-response.ts';
import { mergeOverallAssessments, selectOverallSets } from './visits/overall-by-severity.ts';
import { assessSeverity, type SeverityFinding } from './visits/severity.ts';

/** Everything that an assessment depends on: the same input yields the same assessment. */
interface AssessmentInput {
  readonly subject: Subject;
  readonly facts: readonly Fact[];
  readonly protocol: Protocol;
  readonly criteria: ReadonlyMap<string, CriteriaSet>;
  /** Site-local day (`YYYY-MM-DD`) as of which the subject is assessed: facts dated later do not count. */
  readonly today: string;
}

/** Returns the set; one that the protocol names and the library lacks counts as undefined. */
function resolveCriteriaSet(criteria: AssessmentInput['criteria'], id: string): CriteriaSet {
  const found = criteria.get(id);
  if (found) return found;
  const head = { id, version: '0.0.0', title: id, status: 'undefined', sources: [], notes: [] } as const;
  const noRules = { confirmationDays: null, definitions: new Map(), classes: [], relapse: null } as const;
  return { ...head, ...noRules, clonalEvolution: null };
}

function assessLineages(
  course: ClinicalCourse,
  due: readonly DueVisit[],
  set: CriteriaSet,
): readonly Assessment[] {
  const bloodCounts = listCountsAfterStart(course, []);
  return LINEAGES.flatMap((lineage) => {
    const firstResponse = findFirstResponse(course, set, lineage, bloodCounts);
    const atVisits = due.map((visit) => assessLineageAtVisit(course, visit, set, lineage, firstResponse));
    return [...atVisits, deriveTimeToLineageResponse(course, set, lineage, firstResponse)].filter(
      (assessment) => assessment !== null,
    );
  });
}

/** Derives the circumstances of the whole course: censoring, and days with counts outside every visit window. */
function deriveCircumstances(course: ClinicalCourse): Pick<SubjectAssessment, 'censored' | 'unscheduled'> {
  const { censoring, dayZero, protocol } = course;
  const windows = protocol.visits.map(
    ({ from, to }) => [addDays(dayZero, from), addDays(dayZero, to)] as const,
  );
  const isPlanned = (day: string): boolean => windows.some(([from, to]) => day >= from && day <= to);
  const days = course.counts
    .filter(({ isDayExact, day }) => isDayExact && day > dayZero && !isPlanned(day))
    .map(({ day }) => day);
  return {
    ...(censoring
      ? {
          censored: {
            day: censoring.day,
            because: formatCensoring(censoring),
            source: getPrimarySource(censoring.fact),
          },
        }
      : {}),
    ...(days.length > 0 ? { unscheduled: [...new Set(days)] } : {}),
  };
}

const NOT_ASSESSED: SubjectAssessment = {
  dayZero: null,
  severity: 'unknown',
  severityTrace: [],
  assessments: [],
  deviations: [],
  proposals: [],
};

/** The severity by which a subject is assessed: as stated at diagnosis, else as computed before the first infusion. */
interface ResolvedSeverity {
  readonly finding: SeverityFinding;
  readonly computed: SeverityFinding;
  readonly stated: StatedSeverity | null;
}

function resolveSeverity(course: ClinicalCourse): ResolvedSeverity {
  const computed = assessSeverity(course);
  const stated = findStatedSeverity(course.circumstances);
  const { severity, possible } = stated ?? computed;
  return { finding: { severity, possible, trace: computed.trace }, computed, stated };
}

/** Assesses the blood as a whole by every set that applies to the severity. */
function assessOverallBySeverity(
  course: ClinicalCourse,
  due: readonly DueVisit[],
  finding: SeverityFinding,
): OverallAssessment {
  const assessBySet = (id: string) => assessOverall(course, due, resolveCriteriaSet(course.criteria, id));
  const [firstSet, ...otherSets] = selectOverallSets(course.protocol, finding);
  return mergeOverallAssessments([assessBySet(firstSet), ...otherSets.map(assessBySet)], finding);
}

/**
 * Assesses the best overall response of one subject and nothing else, as `assessSubject` does: for an analysis that needs one
 * class of every subject under other rules. Null before the first infusion, before the first visit, and once withdrawn.
 */
export function assessBestResponse(input: AssessmentInput): Assessment | null {
  const { subject, facts, protocol, criteria, today } = input;
  const course = buildClinicalCourse(subject, facts, protocol, criteria, today);
  if (course === null || subject.status === 'withdrawn') return null;
  const { finding } = resolveSeverity(course);
  const { assessments } = assessOverallBySeverity(course, listDueVisits(course), finding);
  return assessments.find(({ kind }) => kind === 'best-response') ?? null;
}

/**
 * Assesses one subject: severity (as stated at diagnosis, else before the first infusion), overall and lineage response at
 * every visit whose window has begun, best response, relapse and clonal evolution by the set's rules, time to lineage
 * response, dosing deviations, and the proposal after the continuation visit. Before the first infusion nothing is assessed. A
 * withdrawn subject keeps day 0 and severity, and nothing else.
 */
export function assessSubject(input: AssessmentInput): SubjectAssessment {
  const { subject, facts, protocol, criteria, today } = input;
  const course = buildClinicalCourse(subject, facts, protocol, criteria, today);
  if (course === null) return NOT_ASSESSED;
  const { finding, computed, stated } = resolveSeverity(course);
  const head = {
    ...{ dayZero: course.dayZero, severity: finding.severity, computedSeverity: computed.severity },
    severityTrace: computed.trace,
    ...(stated ? { severityAtDiagnosis: stated } : {}),
    ...deriveCircumstances(course),
  };
  if (subject.status === 'withdrawn') return { ...NOT_ASSESSED, ...head };
  const due = listDueVisits(course);
  const overall = assessOverallBySeverity(course, due, finding);
  const lineages = assessLineages(
    course,
    due,
    removeConfirmation(resolveCriteriaSet(criteria, protocol.criteria.lineages)),
  );
  const assessments = [...overall.assessments, ...lineages];
  const investigator = listInvestigatorAssessments(course.circumstances, assessments);
  return {
    ...head,
    assessments,
    ...(investigator.length > 0 ? { investigator } : {}),
    deviations: listDeviations(course),
    proposals: overall.proposals,
    ...overall.later,
  };
}
