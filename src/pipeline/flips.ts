import type { Assessment, Judgement, ResponseClass, Trace } from '../trial/assessment.ts';

/** An overall assessment that another rule would give otherwise. */
export interface Flip {
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
export interface Difference {
  readonly subjects: number;
  readonly subjectsFlipped: number;
  readonly assessments: number;
  readonly flips: readonly Flip[];
  /** Such as `PR → NR`, with its number. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface JudgedSubject {
  readonly subject: string;
  readonly judgement: Judgement;
}

type Given = ResponseClass | null;

const classOf = (a: Assessment | undefined): Given => (a?.value.kind === 'class' ? a.value.class : null);
const placeOf = (a: Assessment): string => `${a.kind} ${a.visit}`;

/** Down to the parts that make the criterion what it is: of an all that holds, every part. */
function deciding(trace: Trace): readonly string[] {
  const alike = trace.of.filter((part) => part.verdict === trace.verdict);
  if (alike.length === 0) return [trace.criterion];
  const isWhole = trace.verdict === 'true' && trace.of.length > 1 && alike.length === trace.of.length;
  return isWhole ? [alike.map((part) => part.criterion).join('; ')] : alike.flatMap(deciding);
}

const isConfirmation = ({ role }: Trace): boolean => role?.kind === 'confirmation';

/** The confirmation that the class of the one lacked, where the other asks for none. */
function unconfirmedBefore(before: Assessment | undefined, after: Assessment): Trace | undefined {
  if (after.trace.some(isConfirmation)) return undefined;
  return before?.trace.find((trace) => isConfirmation(trace) && trace.verdict === 'false');
}

const wordsOf = (traces: readonly Trace[]): readonly string[] =>
  traces.flatMap((trace) => [trace.criterion, ...wordsOf(trace.of)]);

/**
 * The criterion of the better of the two classes decides whether it holds; where it is open, what leaves it open. Of
 * several parts the one that only the other rule has.
 */
function clauseOf(before: Assessment | undefined, after: Assessment | undefined): string {
  if (!after) return 'no assessment under these criteria';
  const unconfirmed = unconfirmedBefore(before, after);
  if (unconfirmed) return `not asked for any more: ${unconfirmed.criterion}`;
  const [was, now] = [classOf(before), classOf(after)];
  const better = was === 'CR' || now === 'CR' ? 'CR' : 'PR';
  const wanted = now === 'NE' ? 'unknown' : now === better ? 'true' : 'false';
  const of = after.trace.filter((trace) => trace.verdict === wanted);
  const found = of.find(({ role }) => role?.kind === 'class' && role.class === better) ?? of.at(-1);
  if (!found) return after.reasons[0] ?? '';
  const old = new Set(wordsOf(before?.trace ?? []));
  const parts = deciding(found);
  return parts.find((part) => !old.has(part)) ?? parts[0] ?? '';
}

function overallOf({ assessments }: Judgement): ReadonlyMap<string, Assessment> {
  return new Map(assessments.filter((a) => a.scope === 'overall').map((a) => [placeOf(a), a]));
}

function flipsOf(subject: string, before: Judgement, after: Judgement): readonly Flip[] {
  const [was, is] = [overallOf(before), overallOf(after)];
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((place) => {
    const [old, now] = [was.get(place), is.get(place)];
    const some = old ?? now;
    if (!some || classOf(old) === classOf(now)) return [];
    const { visit, kind } = some;
    const clause = clauseOf(old, now);
    return [{ subject, visit, kind, before: classOf(old), after: classOf(now), clause }];
  });
}

/** Which overall assessments differ between two judgements of the same subjects. */
export function differenceOf(before: readonly JudgedSubject[], after: readonly JudgedSubject[]): Difference {
  const now = new Map(after.map(({ subject, judgement }) => [subject, judgement]));
  const flips: Flip[] = [];
  let assessments = 0;
  for (const { subject, judgement } of before) {
    assessments += overallOf(judgement).size;
    const other = now.get(subject);
    if (other) flips.push(...flipsOf(subject, judgement, other));
  }
  const counts: Record<string, number> = {};
  for (const flip of flips) {
    const change = `${flip.before ?? 'none'} → ${flip.after ?? 'none'}`;
    counts[change] = (counts[change] ?? 0) + 1;
  }
  const subjectsFlipped = new Set(flips.map(({ subject }) => subject)).size;
  return { subjects: before.length, subjectsFlipped, assessments, flips, counts };
}
