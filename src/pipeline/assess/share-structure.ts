import type { Assessment, SubjectAssessment } from '../../trial/assessment.ts';
import { formatAssessmentIdentifier } from '../../trial/assessment-identifier.ts';

/** Values that were found to be equal: the later one, then the earlier one in its place. */
type KnownEqual = WeakMap<object, object>;

const knownEqual: KnownEqual = new WeakMap();

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

function shareMembers(previous: readonly unknown[], next: readonly unknown[]): readonly unknown[] {
  let isSame = previous.length === next.length;
  const shared = next.map((member, i) => {
    const one = shareStructure(previous[i], member);
    if (one !== previous[i]) isSame = false;
    return one;
  });
  return isSame ? previous : shared;
}

function countDefined(value: Readonly<Record<string, unknown>>): number {
  let count = 0;
  for (const key in value) if (value[key] !== undefined) count += 1;
  return count;
}

function shareProperties(
  previous: Readonly<Record<string, unknown>>,
  next: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  let isSame = countDefined(previous) === countDefined(next);
  const replaced: [string, unknown][] = [];
  for (const key in next) {
    const [before, after] = [previous[key], next[key]];
    if (before === after) continue;
    const shared = shareStructure(before, after);
    if (shared !== before) isSame = false;
    if (shared !== after) replaced.push([key, shared]);
  }
  if (isSame) return previous;
  return replaced.length === 0 ? next : { ...next, ...Object.fromEntries(replaced) };
}

/**
 * Returns the next value, with each part of it that equals its counterpart in the previous value replaced by that: what has
 * not changed stays the same object, by which later steps know it. For JSON values; a property that is undefined counts as
 * absent.
 */
export function shareStructure<T>(previous: unknown, next: T): T {
  if (previous === next || !isObject(previous) || !isObject(next)) return next;
  if (Array.isArray(previous) !== Array.isArray(next) || knownEqual.get(next) === previous)
    return (Array.isArray(previous) === Array.isArray(next) ? previous : next) as T;
  const shared =
    Array.isArray(previous) && Array.isArray(next)
      ? shareMembers(previous, next)
      : shareProperties(previous, next);
  if (shared === previous) knownEqual.set(next, previous);
  return shared as T;
}

/** Shares the structure of two assessments of a subject; each class with that of the same visit, scope and criteria before. */
export function shareAssessment(
  previous: SubjectAssessment | undefined,
  next: SubjectAssessment,
): SubjectAssessment {
  if (!previous) return next;
  const byIdentifier = new Map(
    previous.assessments.map((assessment) => [formatAssessmentIdentifier(assessment), assessment]),
  );
  const shareOne = (assessment: Assessment): Assessment =>
    shareStructure(byIdentifier.get(formatAssessmentIdentifier(assessment)), assessment);
  return shareStructure(previous, { ...next, assessments: next.assessments.map(shareOne) });
}
