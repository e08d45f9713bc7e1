import type { Assessment, CriterionTrace, SubjectAssessment } from '../../assessment.ts';
import { countDaysBetween } from '../../calendar-days.ts';
import type { Source } from '../../facts.ts';
import type { Protocol } from '../../protocol.ts';
import { formatSourceKey } from '../../source-key.ts';
import type { ClinicalCourse } from '../../visits/clinical-course.ts';

/** When the events of a subject's course happened, in days from the first infusion; null where they did not. */
export interface CourseTimes {
  /** Last contact, or death. */
  readonly contact: number;
  readonly death: number | null;
  /** The last count of the observation; 0 where there is none after the first infusion. */
  readonly lastCount: number;
  /** The first transplant, or the beginning of its conditioning where that ended the observation. */
  readonly transplant: number | null;
  /** Another treatment that ended the observation. */
  readonly newTreatment: number | null;
  /** The first day of the confirmed response. */
  readonly response: number | null;
  /** The day on which that response was confirmed: not before it is a subject known to be a responder. */
  readonly confirmed: number | null;
  /** The day that shows that the response was lost. */
  readonly relapse: number | null;
  readonly clonalEvolution: number | null;
}

const isResponseClass = ({ value }: Assessment): boolean =>
  value.kind === 'class' && (value.class === 'CR' || value.class === 'PR');

/**
 * Lists the responses of a subject with a confirmed best response: the best one, and the final ones at visits. Empty
 * without a confirmed best response.
 */
function listConfirmedResponses({ assessments }: SubjectAssessment): readonly Assessment[] {
  const best = assessments.find(({ kind }) => kind === 'best-response');
  if (best === undefined || !isResponseClass(best)) return [];
  const atVisits = assessments.filter(
    (entry) => entry.kind === 'response-at-visit' && entry.status === 'final' && isResponseClass(entry),
  );
  return [best, ...atVisits];
}

const listTraceInputs = (trace: CriterionTrace): readonly Source[] => [
  ...trace.inputs.map(({ source }) => source),
  ...trace.of.flatMap(listTraceInputs),
];

/** Finds the day on which a response was confirmed: the later one of its own day and that of the confirming count. */
function findConfirmedDay({ trace, effective }: Assessment, { counts }: ClinicalCourse): string {
  const confirming = trace.filter(({ role }) => role?.kind === 'confirmation').flatMap(listTraceInputs);
  const keys = new Set(confirming.map(formatSourceKey));
  const days = counts.filter(({ fact }) => keys.has(formatSourceKey(fact.sources[0]))).map(({ day }) => day);
  return days.reduce((last, day) => (day > last ? day : last), effective);
}

const findEarliest = (days: readonly string[]): string | null => days.toSorted()[0] ?? null;

/** Finds the first visit after a day whose count surely meets no class. */
function findFailedVisitDay({ assessments }: SubjectAssessment, after: string): string | null {
  const failed = assessments.filter(
    ({ kind, effective, value, reasonCode }) =>
      kind === 'response-at-visit' &&
      effective > after &&
      value.kind === 'class' &&
      value.class === 'NR' &&
      reasonCode === 'criterion-not-met',
  );
  return findEarliest(failed.map(({ effective }) => effective));
}

/**
 * Finds the day that shows the loss of a response: by the relapse rule of the criteria set; where it states none and the
 * protocol allows it, the first later visit whose count surely meets no class. Null where none does, or it is open.
 */
function findRelapseDay(
  judgement: SubjectAssessment,
  protocol: Protocol,
  response: string | null,
): string | null {
  if (response === null) return null;
  if (judgement.relapse) return judgement.relapse.verdict === 'true' ? judgement.relapse.day : null;
  const isByVisit = protocol.analysis.timeToEvent.responseLoss === 'relapse-rule-or-visit';
  return isByVisit ? findFailedVisitDay(judgement, response) : null;
}

/** Finds the first transplant after the first infusion: of a partial date its first possible day. */
function findTransplantDay({ facts, dayZero, censoring }: ClinicalCourse): string | null {
  const transplants = facts.filter((fact) => fact.kind === 'transplant' && fact.at.latestDay > dayZero);
  const days = transplants.map(({ at }) => (at.earliestDay > dayZero ? at.earliestDay : dayZero));
  const isConditioned = censoring !== null && censoring.transplant !== null;
  return findEarliest([...days, ...(isConditioned ? [censoring.day] : [])]);
}

/** Finds the day of a new treatment that ended the observation and was not the conditioning of a transplant. */
function findNewTreatmentDay({ censoring }: ClinicalCourse): string | null {
  if (censoring === null || censoring.transplant !== null) return null;
  return censoring.fact.kind === 'medication' ? censoring.day : null;
}

/**
 * Derives when the events of a subject's course happened, in days from the first infusion.
 *
 * @param followUp from `measureFollowUp`: days to death or last contact
 */
export function deriveCourseTimes(
  course: ClinicalCourse,
  judgement: SubjectAssessment,
  followUp: { readonly days: number; readonly died: boolean },
): CourseTimes {
  const { dayZero, protocol, counts } = course;
  const toStudyDay = (day: string | null): number | null =>
    day === null ? null : Math.max(0, countDaysBetween(dayZero, day));
  const responses = listConfirmedResponses(judgement);
  // A complete response may have begun as a partial one.
  const response = findEarliest(responses.map(({ effective }) => effective));
  const confirmed = findEarliest(responses.map((entry) => findConfirmedDay(entry, course)));
  const evolution = judgement.clonalEvolution;
  const lastCount = counts.filter(({ day, isDayExact }) => isDayExact && day > dayZero).at(-1);
  return {
    contact: followUp.days,
    death: followUp.died ? followUp.days : null,
    lastCount: toStudyDay(lastCount?.day ?? null) ?? 0,
    transplant: toStudyDay(findTransplantDay(course)),
    newTreatment: toStudyDay(findNewTreatmentDay(course)),
    response: toStudyDay(response),
    confirmed: toStudyDay(confirmed),
    relapse: toStudyDay(findRelapseDay(judgement, protocol, response)),
    clonalEvolution: evolution?.verdict === 'true' ? toStudyDay(evolution.day) : null,
  };
}
