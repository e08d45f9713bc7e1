import type { Assessment } from '../assessment.ts';
import { addDays } from '../calendar-days.ts';
import { type CriteriaSet, resolveConfirmationDays } from '../criteria/criteria-set.ts';
import { type ClassifiedCount, listTraceSources, reachesClass } from './classify-count.ts';
import { type ClinicalCourse, splitSourcesByKind } from './clinical-course.ts';
import { confirmClass } from './confirmation.ts';
import {
  buildClassTraces,
  type DerivedResponse,
  deriveReasonCode,
  findNotEvaluableReason,
  formatHeadline,
  formatReasons,
  type OverallCriteria,
} from './overall-response.ts';

/** The first point at which the best confirmed class is reached; null where none is confirmed. */
function findBestConfirmed(
  points: readonly ClassifiedCount[],
  set: CriteriaSet,
): { point: ClassifiedCount; settled: DerivedResponse } | null {
  const rules = set.classes.filter((rule) => rule.scope === 'overall');
  for (const [place, rule] of rules.entries()) {
    const days = resolveConfirmationDays(set, rule);
    for (const point of points) {
      if (!reachesClass(point, place)) continue;
      if (days === null) {
        return {
          point,
          settled: {
            class: rule.class,
            status: 'final',
            classIndex: place,
            confirmation: null,
            confirmationDays: days,
          },
        };
      }
      const outcome = confirmClass(point, place, points, days, true);
      if (outcome.kind !== 'confirmed') continue;
      return {
        point,
        settled: {
          class: rule.class,
          status: 'final',
          classIndex: place,
          confirmation: outcome,
          confirmationDays: days,
        },
      };
    }
  }
  return null;
}

/** Last day of the window up to which a best response counts. */
export function deriveBestResponseDeadline(course: ClinicalCourse): string {
  const visit = course.protocol.visits.find(({ id }) => id === course.protocol.bestResponseBy);
  return addDays(course.dayZero, visit?.to ?? 0);
}

/**
 * The best overall response that a second count confirms, both counts after the first infusion and up to the end of the
 * protocol's last visit window. Without one: NR where any visit could be judged, else NE. Preliminary until that window
 * is over, or no further count can come. Null before the first visit can be assessed.
 */
export function deriveBestResponse(
  course: ClinicalCourse,
  judging: OverallCriteria,
  points: readonly ClassifiedCount[],
  atVisits: readonly Assessment[],
): Assessment | null {
  const latest = atVisits.at(-1);
  if (latest === undefined) return null;
  const until = deriveBestResponseDeadline(course);
  const { set } = judging;
  const base = {
    study: course.subject.study,
    subject: course.subject.subject,
    visit: 'all',
    scope: 'overall',
    kind: 'best-response',
    criteria: { id: set.id, version: set.version },
    status: course.today > until || course.hasEnded ? 'final' : 'preliminary',
  } as const;
  const inTime = points.filter((point) => point.bloodCount.day <= until);
  const best = findNotEvaluableReason(judging) ? null : findBestConfirmed(inTime, set);
  if (best) {
    const trace = buildClassTraces(best.point, best.settled);
    return {
      ...base,
      value: { kind: 'class', class: best.settled.class },
      effective: best.point.bloodCount.day,
      reasonCode: deriveReasonCode(best.settled),
      reasons: formatReasons(best.point, best.settled, set),
      trace,
      ...splitSourcesByKind(listTraceSources(trace), course.factKinds),
    };
  }
  const judged = atVisits.filter((a) => a.value.kind === 'class' && a.value.class !== 'NE');
  const shown = judged.at(-1) ?? latest;
  const given = judged.length > 0 ? 'NR' : 'NE';
  const classes = atVisits.map(({ visit, value }) =>
    value.kind === 'class' ? `${visit} ${value.class}` : visit,
  );
  const why =
    given === 'NR'
      ? `no class is confirmed by ${until} (at the visits: ${classes.join(', ')})`
      : (latest.reasons[0] ?? '');
  return {
    ...base,
    value: { kind: 'class', class: given },
    effective: shown.effective < course.today ? shown.effective : course.today,
    reasonCode: given === 'NR' ? 'no-class-confirmed' : (latest.reasonCode ?? 'data-missing'),
    reasons: [given === 'NR' ? `${formatHeadline('NR', set)}: ${why}.` : why],
    trace: shown.trace,
    evidence: shown.evidence,
    supporting: shown.supporting,
  };
}
