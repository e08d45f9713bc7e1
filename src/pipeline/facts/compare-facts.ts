import type { Fact } from '../../trial/facts.ts';

/** A fact of a subject, as the store keeps it. */
interface SubjectFact {
  readonly study: string;
  readonly subject: string;
  readonly fact: Fact;
}

/** A fact that was added, removed or changed. */
export interface FactChange {
  readonly change: 'added' | 'removed' | 'changed';
  readonly study: string;
  readonly subject: string;
  /** null where the fact is added. */
  readonly before: Fact | null;
  /** null where the fact is removed. */
  readonly after: Fact | null;
}

/** Converts the fact to the form in which the store returns it: without properties that are undefined. */
const toStoredFact = (fact: Fact): Fact => JSON.parse(JSON.stringify(fact)) as Fact;

const hasSameContent = (fact: Fact, stored: Fact): boolean =>
  JSON.stringify(toStoredFact(fact)) === JSON.stringify(stored);

const formatSubjectKey = ({ study, subject }: SubjectFact): string => `${study}|${subject}`;
const formatFactKey = (entry: SubjectFact): string => `${formatSubjectKey(entry)}|${entry.fact.key}`;

/** Two facts of one kind that the same element states about the same time are one fact with changed content. */
function formatPairingKey(entry: SubjectFact): string {
  const { kind, at, sources } = entry.fact;
  return `${formatSubjectKey(entry)}|${kind}|${at.text}|${sources[0].element}`;
}

/**
 * Compares the facts that a resource stated (`before`, as stored) with those that it states now (`after`). A value that is
 * converted differently has another key; it counts as one changed fact, not as one removed and one added.
 */
export function compareFacts(
  before: readonly SubjectFact[],
  after: readonly SubjectFact[],
): readonly FactChange[] {
  const stored = new Map(before.map((entry) => [formatFactKey(entry), entry]));
  const newKeys = new Set(after.map(formatFactKey));
  const unmatched = [...stored].filter(([key]) => !newKeys.has(key)).map(([, entry]) => entry);
  const changed = after.flatMap((entry): FactChange[] => {
    const former = stored.get(formatFactKey(entry));
    if (!former || hasSameContent(entry.fact, former.fact)) return [];
    return [buildChange('changed', former, entry)];
  });
  const paired = after
    .filter((entry) => !stored.has(formatFactKey(entry)))
    .map((entry) => pairWithRemoved(entry, unmatched));
  return [...changed, ...paired, ...unmatched.map((entry) => buildChange('removed', entry, null))];
}

/**
 * Returns the change that leads to a fact with a new key: from a removed fact about the same element and time, which is
 * taken out of `removed`, or else from no fact.
 */
function pairWithRemoved(entry: SubjectFact, removed: SubjectFact[]): FactChange {
  const index = removed.findIndex((candidate) => formatPairingKey(candidate) === formatPairingKey(entry));
  const [former] = index < 0 ? [] : removed.splice(index, 1);
  return former ? buildChange('changed', former, entry) : buildChange('added', null, entry);
}

function buildChange(
  change: FactChange['change'],
  before: SubjectFact | null,
  after: SubjectFact | null,
): FactChange {
  const entry = after ?? before;
  if (!entry) throw new Error('A fact change has a fact neither before nor after it.');
  const { study, subject } = entry;
  return { change, study, subject, before: before?.fact ?? null, after: after?.fact ?? null };
}
