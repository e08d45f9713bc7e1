import { listInvestigatorAssessments } from './adjudication/investigator-response.ts';
import { findStatedSeverity } from './adjudication/stated-severity.ts';
import type { Assessment, SubjectAssessment } from './assessment.ts';
import { countDaysBetween } from './calendar-days.ts';
import type { CriteriaSet } from './criteria/criteria-set.ts';
import { getPrimarySource } from './criteria/situation.ts';
import { listDeviations } from './dosing/deviations.ts';
import { type Fact, LINEAGES, type Subject } from './facts.ts';
import type { Protocol } from './protocol.ts';
import { assessOverall } from './visits/assess-overall.ts';
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
import { assessSeverity } from './visits/severity.ts';

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
  const isPlanned = (after: number): boolean =>
    protocol.visits.some(({ from, to }) => after >= from && after <= to);
  const days = course.counts
    .filter(
      ({ isDayExact, day }) => isDayExact && day > dayZero && !isPlanned(countDaysBetween(dayZero, day)),
    )
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

/**
 * Assesses one subject: severity (as stated at diagnosis, else before the first infusion), overall and lineage response at every visit whose window
 * has begun, best response, relapse and clonal evolution by the set's rules, time to lineage response, dosing
 * deviations, and the proposal after the continuation visit. Before the first infusion nothing is assessed. A
 * withdrawn subject keeps day 0 and severity, and nothing else.
 */
export function assessSubject(input: AssessmentInput): SubjectAssessment {
  const { subject, facts, protocol, criteria, today } = input;
  const course = buildClinicalCourse(subject, facts, protocol, criteria, today);
  if (course === null) return NOT_ASSESSED;
  const computed = assessSeverity(course);
  const stated = findStatedSeverity(course.facts);
  const { severity, possible } = stated ?? computed;
  const finding = { severity, possible, trace: computed.trace };
  const head = {
    ...{ dayZero: course.dayZero, severity, computedSeverity: computed.severity },
    severityTrace: computed.trace,
    ...(stated ? { severityAtDiagnosis: stated } : {}),
    ...deriveCircumstances(course),
  };
  if (subject.status === 'withdrawn') return { ...NOT_ASSESSED, ...head };
  const due = listDueVisits(course);
  const assessBySet = (id: string) => assessOverall(course, due, resolveCriteriaSet(criteria, id));
  const [firstSet, ...otherSets] = selectOverallSets(protocol, finding);
  const overall = mergeOverallAssessments([assessBySet(firstSet), ...otherSets.map(assessBySet)], finding);
  const lineages = assessLineages(
    course,
    due,
    removeConfirmation(resolveCriteriaSet(criteria, protocol.criteria.lineages)),
  );
  const assessments = [...overall.assessments, ...lineages];
  const investigator = listInvestigatorAssessments(course.facts, assessments);
  return {
    ...head,
    assessments,
    ...(investigator.length > 0 ? { investigator } : {}),
    deviations: listDeviations(course),
    proposals: overall.proposals,
    ...overall.later,
  };
}
