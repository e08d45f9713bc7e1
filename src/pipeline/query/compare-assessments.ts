import type { Assessment, CriterionTrace, ResponseClass, SubjectAssessment } from '../../trial/assessment.ts';

/** An assessment with another value under other rules. Printed as JSON. */
interface Reclassification {
  readonly subject: string;
  readonly visit: string;
  readonly scope: Assessment['scope'];
  readonly kind: Assessment['kind'];
  /** A class, or the days to a response (`19 d`); null where the rules yield no assessment. */
  readonly before: string | null;
  readonly after: string | null;
  /** The criterion that decides, in words. */
  readonly clause: string;
}

/** The reclassified assessments, with the number of changes of each kind. Printed as JSON. */
export interface AssessmentComparison {
  readonly subjects: number;
  readonly subjectsFlipped: number;
  readonly assessments: number;
  readonly flips: readonly Reclassification[];
  /** The number of changes by kind, such as `PR → NR`; times to a response are counted together as `time to response`. */
  readonly counts: Readonly<Record<string, number>>;
}

/** The assessment of one subject. Printed as JSON, hence the key `judgement`. */
export interface AssessmentEntry {
  readonly subject: string;
  readonly judgement: SubjectAssessment;
}

const readResponseClass = (assessment: Assessment | undefined): ResponseClass | null =>
  assessment?.value.kind === 'class' ? assessment.value.class : null;
const formatValue = (assessment: Assessment | undefined): string | null =>
  assessment?.value.kind === 'days' ? `${assessment.value.days} d` : readResponseClass(assessment);
const formatAssessmentKey = ({ kind, visit, scope }: Assessment): string => `${kind} ${visit} ${scope}`;

/** A part that decides a verdict: its words, and the criteria in it as data. */
interface DecidingPart {
  readonly clause: string;
  readonly rules: readonly string[];
}

const listRules = (traces: readonly CriterionTrace[]): readonly string[] =>
  traces.flatMap(({ rule, of }) => [...(rule === undefined ? [] : [rule]), ...listRules(of)]);

/** Lists the parts that decide the verdict of a criterion; all parts together for an `all` that is met. */
function listDecidingParts(trace: CriterionTrace): readonly DecidingPart[] {
  const deciding = trace.of.filter(({ verdict }) => verdict === trace.verdict);
  if (deciding.length === 0) return [{ clause: trace.criterion, rules: listRules([trace]) }];
  const isWhole = trace.verdict === 'true' && trace.of.length > 1 && deciding.length === trace.of.length;
  return isWhole
    ? [{ clause: deciding.map(({ criterion }) => criterion).join('; '), rules: listRules(deciding) }]
    : deciding.flatMap(listDecidingParts);
}

const isConfirmation = ({ role }: CriterionTrace): boolean => role?.kind === 'confirmation';

/** Finds the confirmation that the class lacked before, where the other criteria require none. */
function findMissingConfirmation(
  before: Assessment | undefined,
  after: Assessment,
): CriterionTrace | undefined {
  if (after.trace.some(isConfirmation)) return undefined;
  return before?.trace.find((trace) => isConfirmation(trace) && trace.verdict === 'false');
}

/**
 * Selects the criterion that explains the change, in words: the criterion of the better of the two classes or, where the
 * class cannot be determined, the criterion with the unknown verdict. Of several parts, one that only the other criteria
 * have.
 */
function selectDecidingClause(before: Assessment | undefined, after: Assessment | undefined): string {
  if (!after) return 'no assessment under these criteria';
  const unconfirmed = findMissingConfirmation(before, after);
  if (unconfirmed) return `no longer required: ${unconfirmed.criterion}`;
  const [classBefore, classAfter] = [readResponseClass(before), readResponseClass(after)];
  const better = classBefore === 'CR' || classAfter === 'CR' ? 'CR' : 'PR';
  const wanted = classAfter === 'NE' ? 'unknown' : classAfter === better ? 'true' : 'false';
  const candidates = after.trace.filter(({ verdict }) => verdict === wanted);
  const deciding =
    candidates.find(({ role }) => role?.kind === 'class' && role.class === better) ?? candidates.at(-1);
  if (!deciding) return after.reasons[0] ?? '';
  return selectOwnClause(listDecidingParts(deciding), before?.trace ?? []);
}

/** Selects the first part with a criterion that the other criteria do not have; else the first part. */
function selectOwnClause(parts: readonly DecidingPart[], otherTraces: readonly CriterionTrace[]): string {
  const otherRules = new Set(listRules(otherTraces));
  const own = parts.find(({ rules }) => rules.some((rule) => !otherRules.has(rule)));
  return (own ?? parts[0])?.clause ?? '';
}

function indexAssessments({ assessments }: SubjectAssessment): ReadonlyMap<string, Assessment> {
  return new Map(assessments.map((assessment) => [formatAssessmentKey(assessment), assessment]));
}

function findReclassifications(
  subject: string,
  before: SubjectAssessment,
  after: SubjectAssessment,
): readonly Reclassification[] {
  const [indexBefore, indexAfter] = [indexAssessments(before), indexAssessments(after)];
  return [...new Set([...indexBefore.keys(), ...indexAfter.keys()])].flatMap((key) => {
    const [oldAssessment, newAssessment] = [indexBefore.get(key), indexAfter.get(key)];
    const assessment = oldAssessment ?? newAssessment;
    const [oldValue, newValue] = [formatValue(oldAssessment), formatValue(newAssessment)];
    if (!assessment || oldValue === newValue) return [];
    const { visit, scope, kind } = assessment;
    const clause = selectDecidingClause(oldAssessment, newAssessment);
    return [{ subject, visit, scope, kind, before: oldValue, after: newValue, clause }];
  });
}

/** Compares the assessments of the same subjects under two sets of rules. */
export function compareAssessments(
  before: readonly AssessmentEntry[],
  after: readonly AssessmentEntry[],
): AssessmentComparison {
  const afterBySubject = new Map(after.map(({ subject, judgement }) => [subject, judgement]));
  const flips: Reclassification[] = [];
  let assessments = 0;
  for (const { subject, judgement } of before) {
    assessments += judgement.assessments.length;
    const other = afterBySubject.get(subject);
    if (other) flips.push(...findReclassifications(subject, judgement, other));
  }
  const counts: Record<string, number> = {};
  for (const flip of flips) {
    const isTime = flip.kind === 'time-to-lineage-response';
    const change = isTime ? 'time to response' : `${flip.before ?? 'none'} → ${flip.after ?? 'none'}`;
    counts[change] = (counts[change] ?? 0) + 1;
  }
  const subjectsFlipped = new Set(flips.map(({ subject }) => subject)).size;
  return { subjects: before.length, subjectsFlipped, assessments, flips, counts };
}
