import type { SequenceDelivery, SequencePerson, Statement } from './sequences.ts';

/*
 * What became of each statement. A receiver says where it is (a `Trace`); whether that is right is judged here, from what was
 * sent and not from what the receiver made of it.
 */

/** The subjects of a sequence. */
export type SubjectNumber = Exclude<SequencePerson, 'relative'>;

export const SUBJECTS = ['S-1', 'S-2'] as const;

/** What is known after all deliveries. */
export interface Outcome {
  /** The facts in force of each subject, as texts without what may depend on the order of arrival. */
  readonly facts: Readonly<Record<SubjectNumber, readonly string[]>>;
  /** Reason and group of every open work item. */
  readonly work: readonly string[];
}

/** Where a statement that was accepted is. */
export interface Trace {
  readonly statement: Statement;
  /** The statements that are the content of its resource now; empty where nothing is kept. */
  readonly current: readonly Statement[];
  /** Whether a fact in force of this subject shows its resource: as source, or as a result that it contradicts. */
  readonly shownBy: readonly SubjectNumber[];
  /** The withdrawals that take its resource's facts back. */
  readonly takenBackBy: readonly Statement[];
  /** Whether another resource says that it replaces this one. */
  readonly replacedBy: readonly Statement[];
  /** Reasons of the open work items that name its resource, or under which it is sealed. */
  readonly waitsFor: readonly string[];
}

/** What receives sequences: the pipeline, or a model of what it replaced. */
export interface Receiver {
  deliver(deliveries: readonly SequenceDelivery[]): Promise<Outcome>;
  /** Traces every statement that was accepted. */
  trace(deliveries: readonly SequenceDelivery[]): Promise<readonly Trace[]>;
}

const WITHDRAWN = new Set<unknown>(['entered-in-error', 'cancelled', 'not-done']);

const isWithdrawn = ({ sent: { status } }: Statement): boolean => WITHDRAWN.has(status);

/** What a statement is about, such as `platelets`. */
const KINDS = [
  ...['platelets', 'neutrophils', 'red cells', 'platelet transfusion', 'event'],
  ...['report', 'person', 'specimen'],
];

const getKind = ({ sent }: Statement): string | undefined => KINDS.find((kind) => kind in sent);

/** Whether its fate is a fact or a question; specimens and reports state nothing by themselves. */
export const hasFacts = (statement: Statement): boolean =>
  !['report', 'specimen'].includes(getKind(statement) ?? '');

const getNumbers = ({ sent: { number } }: Statement): readonly unknown[] => [number ?? []].flat();

const hasSharedNumber = (a: Statement, b: Statement): boolean =>
  getNumbers(a).some((number) => getNumbers(b).includes(number));

const readTime = (time: unknown): number | null => (typeof time === 'string' ? Date.parse(time) : null);

/** Whether both state the same kind of thing about one person at one moment; a time that is not stated may be any. */
function isSameOccasion(a: Statement, b: Statement): boolean {
  const [first, second] = [readTime(a.sent.at), readTime(b.sent.at)];
  const isSameTime = first === null || second === null || first === second;
  return a.about === b.about && getKind(a) === getKind(b) && isSameTime;
}

/** Whether the sender says that the first is the older version of one resource. */
function isOlderVersion({ sent: a }: Statement, { sent: b }: Statement): boolean {
  if (a.updated !== undefined && b.updated !== undefined) return String(a.updated) < String(b.updated);
  return a.version === undefined || b.version === undefined || Number(a.version) < Number(b.version);
}

/** Whether a statement may be superseded by another one as a version of the same resource. */
function canBeSuperseded(statement: Statement, by: Statement): boolean {
  const [id, otherId] = [statement.sent.id, by.sent.id];
  if (id !== undefined && otherId !== undefined)
    return id === otherId && statement.about === by.about && isOlderVersion(statement, by);
  const isSameNumber = hasSharedNumber(statement, by) || statement.sent.number === by.sent.number;
  return isSameOccasion(statement, by) && isSameNumber;
}

/**
 * Tells what became of a statement; null where it vanished. Superseded by a version of its resource, taken back or replaced it is
 * only by another statement that is about the same, whatever the receiver says.
 */
function findFate(trace: Trace): string | null {
  const { statement, current, shownBy, takenBackBy, replacedBy, waitsFor } = trace;
  if (waitsFor.length > 0) return `waits for ${waitsFor[0]}`;
  if (!current.includes(statement))
    return current.some((by) => canBeSuperseded(statement, by)) ? 'superseded' : null;
  if (shownBy.length > 0)
    return shownBy.join() === statement.about ? 'in force, or shown by the fact in force' : null;
  if (takenBackBy.some((by) => isSameOccasion(statement, by) && hasSharedNumber(statement, by)))
    return 'taken back';
  if (replacedBy.some((by) => by.about === statement.about)) return 'replaced';
  return isWithdrawn(statement) ? 'ignored by its own status' : null;
}

/**
 * Whether the withdrawal of a resource of its own can mean the statement of another one. It cannot mean one that says that it
 * replaces the withdrawn one: that is what is right instead.
 */
function canMean({ sent: a, ...withdrawal }: Statement, { sent: b, ...statement }: Statement): boolean {
  const [first, second] = [readTime(a.issued), readTime(b.issued)];
  const isLater = first !== null && second !== null && second > first;
  const isOtherSpecimen =
    a.from !== undefined && b.from !== undefined && JSON.stringify(a.from) !== JSON.stringify(b.from);
  const areNamed = a.id !== undefined && b.id !== undefined && a.id !== b.id;
  const areTimed = a.at !== null && b.at !== null;
  const isSame = isSameOccasion({ ...withdrawal, sent: a }, { ...statement, sent: b });
  const isReplacement = b.replaces === `Observation/${a.id}`;
  return areNamed && areTimed && isSame && !isLater && !isOtherSpecimen && !isReplacement;
}

/**
 * Whether a withdrawal has had no effect though it can mean a statement in force: it is sent under an id of its own, and either
 * has the statement's number, or has taken back nothing else and asks nobody.
 */
function isUnheeded({ statement: withdrawal, waitsFor }: Trace, traces: readonly Trace[]): boolean {
  const isOfOwnResource = traces.every(
    ({ statement }) => statement.sent.id !== withdrawal.sent.id || isWithdrawn(statement),
  );
  if (!['entered-in-error', 'cancelled'].includes(String(withdrawal.sent.status)) || !isOfOwnResource)
    return false;
  const hasTakenBack = traces.some(({ takenBackBy }) => takenBackBy.includes(withdrawal));
  return traces.some(
    ({ statement, current, shownBy }) =>
      shownBy.length > 0 &&
      current.includes(statement) &&
      !isWithdrawn(statement) &&
      canMean(withdrawal, statement) &&
      (hasSharedNumber(withdrawal, statement) || (!hasTakenBack && waitsFor.length === 0)),
  );
}

/** Lists the statements that vanished. */
export const listVanished = (traces: readonly Trace[]): readonly Trace[] =>
  traces.filter(
    (trace) =>
      findFate(trace) === null || (trace.current.includes(trace.statement) && isUnheeded(trace, traces)),
  );
