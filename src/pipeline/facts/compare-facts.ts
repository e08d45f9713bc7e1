import type { Fact } from '../../trial/facts.ts';

/** A fact of a subject, as it is kept. */
export interface SubjectFact {
  readonly study: string;
  readonly subject: string;
  readonly fact: Fact;
}

/** One fact that is another, or comes, or goes. */
export interface FactChange {
  readonly change: 'added' | 'removed' | 'changed';
  readonly study: string;
  readonly subject: string;
  /** null where it is added. */
  readonly before: Fact | null;
  /** null where it is removed. */
  readonly after: Fact | null;
}

/** As the store gives it back. */
const toStoredFact = (fact: Fact): Fact => JSON.parse(JSON.stringify(fact)) as Fact;

const isSameFact = (a: Fact, b: Fact): boolean => JSON.stringify(toStoredFact(a)) === JSON.stringify(b);

/** Two facts of one kind that the same element states about the same time are one fact with another content. */
const buildFactPairingKey = ({ kind, at, sources: [source] }: Fact): string =>
  `${kind}|${at.text}|${source.element}`;

const formatSubjectKey = ({ study, subject }: SubjectFact): string => `${study}|${subject}`;

/**
 * What changes where a resource stated `before` (as kept) and states `after` now. A value that is converted otherwise has
 * another key; it counts as changed, not as one fact less and one more.
 */
export function compareFacts(
  before: readonly SubjectFact[],
  after: readonly SubjectFact[],
): readonly FactChange[] {
  const old = new Map(before.map((s) => [`${formatSubjectKey(s)}|${s.fact.key}`, s]));
  const removed = new Map(old);
  const fresh: SubjectFact[] = [];
  const changes: FactChange[] = [];
  for (const each of after) {
    const { study, subject, fact } = each;
    const key = `${formatSubjectKey(each)}|${fact.key}`;
    const known = old.get(key);
    removed.delete(key);
    if (!known) fresh.push(each);
    else if (!isSameFact(fact, known.fact))
      changes.push({ change: 'changed', study, subject, before: known.fact, after: fact });
  }
  const gone = [...removed.values()];
  for (const each of fresh) {
    const { study, subject, fact } = each;
    const at = gone.findIndex(
      (g) =>
        formatSubjectKey(g) === formatSubjectKey(each) &&
        buildFactPairingKey(g.fact) === buildFactPairingKey(fact),
    );
    const [was] = at < 0 ? [] : gone.splice(at, 1);
    changes.push({
      change: was ? 'changed' : 'added',
      study,
      subject,
      before: was?.fact ?? null,
      after: fact,
    });
  }
  const lost = gone.map(({ study, subject, fact }) => ({
    change: 'removed' as const,
    study,
    subject,
    before: fact,
    after: null,
  }));
  return [...changes, ...lost];
}
