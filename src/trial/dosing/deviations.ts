import type { Deviation } from '../assessment.ts';
import { addDays, countDaysBetween, resolveDay } from '../calendar-days.ts';
import type { InfusionFact, Source } from '../facts.ts';
import type { ClinicalCourse } from '../visits/clinical-course.ts';
import { checkDose } from './check-dose.ts';
import { matchInfusionsToPlan, type NumberedInfusion, type PlanMatch } from './match-plan.ts';

type DeviationKind = Deviation['kind'];

function buildDeviation(
  course: ClinicalCourse,
  kind: DeviationKind,
  infusion: number,
  day: string,
  detail: string,
  evidence: readonly Source[],
): Deviation {
  const { study, subject } = course.subject;
  return { study, subject, kind, infusion, day, detail, evidence };
}

function checkInfusionDose(course: ClinicalCourse, numbered: NumberedInfusion): readonly Deviation[] {
  const { given, number } = numbered;
  const { dosing } = course.protocol;
  const source = given.fact.sources[0];
  const check = checkDose(given.fact, course.circumstances, dosing);
  switch (check.kind) {
    case 'in-range':
    case 'not-stated':
      return [];
    case 'missing-weight': {
      const detail = `The dose is a total and no weight within ${dosing.weightDays} days is known.`;
      return [buildDeviation(course, 'missing-weight', number, given.day, detail, [source])];
    }
    case 'out-of-range': {
      const range = `${dosing.minPerKg}-${dosing.maxPerKg} × 10*6 cells/kg`;
      const stopNote = given.fact.status === 'stopped' ? ' The infusion was stopped.' : '';
      const detail = `The dose is ${check.doseText}, outside ${range} (tolerance ${dosing.tolerancePercent} %).${stopNote}`;
      const evidence = check.weight ? [source, check.weight.sources[0]] : [source];
      return [buildDeviation(course, 'dose-out-of-range', number, given.day, detail, evidence)];
    }
  }
}

function checkInfusionDay(course: ClinicalCourse, numbered: NumberedInfusion): readonly Deviation[] {
  const { given, number, dueDay, isDisplaced } = numbered;
  if (!isDisplaced || dueDay === null) return [];
  const due = addDays(course.dayZero, dueDay);
  const detail = `Given ${given.day}, due ${due} within ${course.protocol.dosing.toleranceDays} days.`;
  return [buildDeviation(course, 'displaced-infusion', number, given.day, detail, [given.fact.sources[0]])];
}

/** Finds the report that an infusion was not given, within the tolerance of its due day; undefined if there is none. */
function findNotGivenReport(course: ClinicalCourse, due: string): InfusionFact | undefined {
  const { toleranceDays } = course.protocol.dosing;
  return course.circumstances
    .filter((fact) => fact.kind === 'infusion')
    .filter((fact) => fact.status === 'not-done')
    .find((fact) => {
      const day = resolveDay(fact.at);
      return day !== null && Math.abs(countDaysBetween(due, day)) <= toleranceDays;
    });
}

/** Whether no infusion was due any more: the subject had died, or had a transplant or another treatment. */
function hasObservationEnded({ deathDay, censoring }: ClinicalCourse, due: string): boolean {
  return [deathDay, censoring?.day ?? null].some((day) => day !== null && due > day);
}

function listMissedInfusions(course: ClinicalCourse, matched: PlanMatch): readonly Deviation[] {
  const { dosing } = course.protocol;
  const lastGiven = course.infusions.at(-1)?.day ?? course.dayZero;
  return matched.notGiven.flatMap((number) => {
    const due = addDays(course.dayZero, dosing.days[number - 1] ?? 0);
    if (hasObservationEnded(course, due)) return [];
    const report = findNotGivenReport(course, due);
    if (report) {
      const detail = `Due ${due}, reported as not given.`;
      return [buildDeviation(course, 'missed-infusion', number, due, detail, [report.sources[0]])];
    }
    const isPast = addDays(due, dosing.toleranceDays) < course.today;
    const wasOnStudy = course.subject.status === 'on-study' || due <= lastGiven;
    if (!isPast || !wasOnStudy) return [];
    const detail = `Due ${due} within ${dosing.toleranceDays} days, no infusion was sent.`;
    return [buildDeviation(course, 'missed-infusion', number, due, detail, [])];
  });
}

/**
 * Lists deviations from the planned infusions, identified by kind and number: doses outside the range, totals without
 * a weight, planned infusions that were displaced or missed. Continuation infusions are checked for dose and interval
 * only: whether they are given is the physician's decision. Infusions without a stated dose yield no dose deviation.
 */
export function listDeviations(course: ClinicalCourse): readonly Deviation[] {
  const matched = matchInfusionsToPlan(course.infusions, course.dayZero, course.protocol.dosing);
  const perInfusion = matched.numbered.flatMap((infusion) => [
    ...checkInfusionDose(course, infusion),
    ...checkInfusionDay(course, infusion),
  ]);
  const deviations = [...perInfusion, ...listMissedInfusions(course, matched)];
  return deviations.sort((a, b) => a.infusion - b.infusion);
}
