import type { Assessment, InfusionProposal, SubjectAssessment } from '../assessment.ts';
import type { CriteriaSet } from '../criteria/criteria-set.ts';
import { proposeContinuation } from '../dosing/propose-continuation.ts';
import { deriveBestResponse } from './best-response.ts';
import { classifyCount, listCountsAfterStart } from './classify-count.ts';
import type { ClinicalCourse } from './clinical-course.ts';
import { assessClonalEvolution } from './clonal-evolution.ts';
import type { DueVisit } from './due-visits.ts';
import { assessOverallAtVisit } from './overall-response.ts';
import { assessRelapse } from './relapse.ts';

/** Everything that one set yields for the blood as a whole. */
export interface OverallAssessment {
  readonly assessments: readonly Assessment[];
  readonly proposals: readonly InfusionProposal[];
  readonly later: Pick<SubjectAssessment, 'relapse' | 'clonalEvolution'>;
}

/**
 * Assesses the overall response by one set: at every visit, the best one, the proposal after the continuation visit, and
 * relapse and clonal evolution where the set states a rule.
 */
export function assessOverall(
  course: ClinicalCourse,
  due: readonly DueVisit[],
  set: CriteriaSet,
): OverallAssessment {
  const composed = due.map(({ bloodCount }) => bloodCount).filter((bloodCount) => bloodCount.counts.size > 0);
  const points = listCountsAfterStart(course, composed).map((bloodCount) =>
    classifyCount(course, bloodCount, set, 'overall'),
  );
  const atVisits: Assessment[] = [];
  for (const visit of due) {
    const point = classifyCount(course, visit.bloodCount, set, 'overall');
    const assessment = assessOverallAtVisit(course, visit, set, point, points);
    if (assessment) atVisits.push(assessment);
  }
  const best = deriveBestResponse(course, set, points, atVisits);
  const continuationVisit = due.find(({ visit }) => visit.id === course.protocol.dosing.continuation.visit);
  const point = continuationVisit
    ? classifyCount(course, continuationVisit.bloodCount, set, 'overall')
    : undefined;
  const proposal = proposeContinuation(course, set, point);
  const relapse = assessRelapse(course, set, points);
  const clonalEvolution = assessClonalEvolution(course, set);
  return {
    assessments: best ? [...atVisits, best] : atVisits,
    proposals: proposal ? [proposal] : [],
    later: { ...(relapse ? { relapse } : {}), ...(clonalEvolution ? { clonalEvolution } : {}) },
  };
}
