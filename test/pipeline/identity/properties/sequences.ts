import type { CaseDelivery } from '../case-deliveries.ts';
import type { ResourceShorthand } from '../case-resources.ts';

/*
 * A sequence of deliveries about a few people, as the identity properties vary it: the same statements in another order, in
 * other Bundles, again, or without those about other people.
 */

/** S-1 is enrolled by `Patient/p1`, S-2 by a record number; the relative is not enrolled. */
export type SequencePerson = 'S-1' | 'S-2' | 'relative';

export const ENROLLED_BY: Readonly<Record<'S-1' | 'S-2', string>> = {
  'S-1': 'Patient/p1',
  'S-2': 'urn:mrn|M2',
};

/** One resource, and whom it is really about, whatever it says. */
export interface Statement {
  readonly about: SequencePerson;
  readonly sent: ResourceShorthand;
  /** It names its patient only by a number that a relative carries too. */
  readonly isByInsurance?: true;
}

export type Door = 'alone' | 'transaction' | 'batch' | 'collection' | 'ndjson';

/** When and how a unit is sent. */
export interface Arrangement {
  /** Units are sent in the order of their places. */
  readonly place: number;
  /** Whether it is sent together with the unit before it, through the door of that one. */
  readonly isJoined: boolean;
  readonly door: Door;
  readonly isRepeated: boolean;
}

/** Statements that refer to each other and are always sent together, or the enrolment of S-2; with two ways to send them. */
export interface Unit {
  readonly statements: readonly Statement[];
  readonly isEnrolment?: true;
  readonly arrangements: readonly [Arrangement, Arrangement];
}

/** What is sent at once, or an enrolment. `rebuilding`: how often the sender has built the Bundle again. */
export interface SequenceDelivery {
  readonly statements: readonly Statement[];
  readonly door: Door;
  readonly rebuilding: number;
  readonly isEnrolment?: true;
}

const hasEntryReference = ({ sent }: Statement): boolean => /"urn:\d+"/.test(JSON.stringify(sent));

const hasRepeatedResource = (statements: readonly Statement[]): boolean => {
  const names = statements.flatMap(({ sent }) => (sent.id === undefined ? [] : [String(sent.id)]));
  return new Set(names).size < names.length;
};

/** Chooses a door through which the statements can be sent together: one line cannot refer to another one's entry. */
function chooseDoor(statements: readonly Statement[], door: Door): Door {
  const isBundle = statements.length > 1 || statements.some(hasEntryReference);
  if (door === 'alone') return isBundle ? 'batch' : 'alone';
  if (door === 'ndjson') return statements.some(hasEntryReference) ? 'collection' : 'ndjson';
  // A transaction contains a resource once.
  return door === 'transaction' && hasRepeatedResource(statements) ? 'batch' : door;
}

/** Arranges the units in the first or second way; units to be repeated are sent again at the end, rebuilt. */
export function listDeliveries(units: readonly Unit[], way: 0 | 1): readonly SequenceDelivery[] {
  const ordered = units.toSorted((a, b) => a.arrangements[way].place - b.arrangements[way].place);
  const deliveries: SequenceDelivery[] = [];
  for (const { statements, isEnrolment, arrangements } of ordered) {
    const { isJoined, door } = arrangements[way];
    const last = deliveries.at(-1);
    if (isEnrolment) deliveries.push({ statements: [], door, rebuilding: 0, isEnrolment });
    else if (isJoined && last && !last.isEnrolment) {
      deliveries.pop();
      deliveries.push({ ...last, statements: [...last.statements, ...statements] });
    } else deliveries.push({ statements, door, rebuilding: 0 });
  }
  for (const { statements, arrangements } of ordered)
    if (statements.length > 0 && arrangements[way].isRepeated)
      deliveries.push({ statements, door: arrangements[way].door, rebuilding: 1 });
  return deliveries.map((each) => ({ ...each, door: chooseDoor(each.statements, each.door) }));
}

/** Leaves out what the predicate does not select, and the deliveries of which nothing is left. */
export function selectStatements(
  deliveries: readonly SequenceDelivery[],
  isSelected: (statement: Statement) => boolean,
): readonly SequenceDelivery[] {
  return deliveries
    .map((each) => ({ ...each, statements: each.statements.filter(isSelected) }))
    .filter(({ statements, isEnrolment }) => isEnrolment || statements.length > 0);
}

/** Lists the deliveries in the shorthand of the cases. */
export function toCaseDelivery({ statements, door, isEnrolment }: SequenceDelivery): CaseDelivery {
  if (isEnrolment) return { enrol: 'S-2', as: ENROLLED_BY['S-2'] };
  const sent = statements.map((statement) => statement.sent);
  if (door === 'ndjson') return { ndjson: sent };
  const [only] = sent;
  if (door === 'alone' && only && sent.length === 1) return only as CaseDelivery;
  return { bundle: door === 'alone' ? 'batch' : door, entries: sent };
}

/** Writes a sequence for a failure message: one line a delivery. */
export const formatSequence = (deliveries: readonly SequenceDelivery[]): string =>
  deliveries.map((each) => `${each.rebuilding} ${JSON.stringify(toCaseDelivery(each))}`).join('\n');
