import type { Assessment, CriterionTrace, ResponseClass, SubjectAssessment } from '../../trial/assessment.ts';

/** An overall assessment that another rule would give otherwise. */
export interface Reclassification {
  readonly subject: string;
  readonly visit: string;
  readonly kind: Assessment['kind'];
  /** null where one of the rules gives no assessment. */
  readonly before: ResponseClass | null;
  readonly after: ResponseClass | null;
  /** The criterion that decides, in words. */
  readonly clause: string;
}

/** Who would flip, and how many of each kind. */
export interface AssessmentComparison {
  readonly subjects: number;
  readonly subjectsFlipped: number;
  readonly assessments: number;
  readonly flips: readonly Reclassification[];
  /** Such as `PR → NR`, with its number. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface AssessmentEntry {
  readonly subject: string;
  readonly judgement: SubjectAssessment;
}

type OptionalClass = ResponseClass | null;

const readResponseClass = (a: Assessment | undefined): OptionalClass =>
  a?.value.kind === 'class' ? a.value.class : null;
const buildAssessmentKey = (a: Assessment): string => `${a.kind} ${a.visit}`;

/** Down to the parts that make the criterion what it is: of an all that holds, every part. */
function listDecidingCriteria(trace: CriterionTrace): readonly string[] {
  const alike = trace.of.filter((part) => part.verdict === trace.verdict);
  if (alike.length === 0) return [trace.criterion];
  const isWhole = trace.verdict === 'true' && trace.of.length > 1 && alike.length === trace.of.length;
  return isWhole ? [alike.map((part) => part.criterion).join('; ')] : alike.flatMap(listDecidingCriteria);
}

const isConfirmation = ({ role }: CriterionTrace): boolean => role?.kind === 'confirmation';

/** The confirmation that the class of the one lacked, where the other asks for none. */
function findMissingConfirmation(
  before: Assessment | undefined,
  after: Assessment,
): CriterionTrace | undefined {
  if (after.trace.some(isConfirmation)) return undefined;
  return before?.trace.find((trace) => isConfirmation(trace) && trace.verdict === 'false');
}

const listCriteria = (traces: readonly CriterionTrace[]): readonly string[] =>
  traces.flatMap((trace) => [trace.criterion, ...listCriteria(trace.of)]);

/**
 * The criterion of the better of the two classes decides whether it holds; where it is open, what leaves it open. Of
 * several parts the one that only the other rule has.
 */
function selectDecidingClause(before: Assessment | undefined, after: Assessment | undefined): string {
  if (!after) return 'no assessment under these criteria';
  const unconfirmed = findMissingConfirmation(before, after);
  if (unconfirmed) return `not asked for any more: ${unconfirmed.criterion}`;
  const [was, now] = [readResponseClass(before), readResponseClass(after)];
  const better = was === 'CR' || now === 'CR' ? 'CR' : 'PR';
  const wanted = now === 'NE' ? 'unknown' : now === better ? 'true' : 'false';
  const of = after.trace.filter((trace) => trace.verdict === wanted);
  const found = of.find(({ role }) => role?.kind === 'class' && role.class === better) ?? of.at(-1);
  if (!found) return after.reasons[0] ?? '';
  const old = new Set(listCriteria(before?.trace ?? []));
  const parts = listDecidingCriteria(found);
  return parts.find((part) => !old.has(part)) ?? parts[0] ?? '';
}

function selectOverallAssessments({ assessments }: SubjectAssessment): ReadonlyMap<string, Assessment> {
  return new Map(assessments.filter((a) => a.scope === 'overall').map((a) => [buildAssessmentKey(a), a]));
}

function findReclassifications(
  subject: string,
  before: SubjectAssessment,
  after: SubjectAssessment,
): readonly Reclassification[] {
  const [was, is] = [selectOverallAssessments(before), selectOverallAssessments(after)];
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((place) => {
    const [old, now] = [was.get(place), is.get(place)];
    const some = old ?? now;
    if (!some || readResponseClass(old) === readResponseClass(now)) return [];
    const { visit, kind } = some;
    const clause = selectDecidingClause(old, now);
    return [{ subject, visit, kind, before: readResponseClass(old), after: readResponseClass(now), clause }];
  });
}

/** Which overall assessments differ between two judgements of the same subjects. */
export function compareAssessments(
  before: readonly AssessmentEntry[],
  after: readonly AssessmentEntry[],
): AssessmentComparison {
  const now = new Map(after.map(({ subject, judgement }) => [subject, judgement]));
  const flips: Reclassification[] = [];
  let assessments = 0;
  for (const { subject, judgement } of before) {
    assessments += selectOverallAssessments(judgement).size;
    const other = now.get(subject);
    if (other) flips.push(...findReclassifications(subject, judgement, other));
  }
  const counts: Record<string, number> = {};
  for (const flip of flips) {
    const change = `${flip.before ?? 'none'} → ${flip.after ?? 'none'}`;
    counts[change] = (counts[change] ?? 0) + 1;
  }
  const subjectsFlipped = new Set(flips.map(({ subject }) => subject)).size;
  return { subjects: before.length, subjectsFlipped, assessments, flips, counts };
}
