import type { Registry } from '../registry.ts';
import { numberOf } from './cell.ts';
import type { Whom } from './model.ts';
import type { HarmRow, Participant } from './participant.ts';

/** One term with the subjects who had it, in the table in which it belongs. */
export interface Harm {
  readonly term: string;
  readonly events: number;
  readonly subjects: number;
  readonly from: Whom;
  /** Events among them of which no one said whether they were serious. */
  readonly unsaid: number;
  /** Every event of this term came with a code. */
  readonly coded: boolean;
}

export interface Harms {
  readonly serious: readonly Harm[];
  readonly other: readonly Harm[];
  readonly unsaid: number;
}

interface Tally {
  readonly term: string;
  events: number;
  unsaid: number;
  coded: boolean;
}

const keyOf = ({ term }: Pick<HarmRow, 'term'>): string => term.toLowerCase();

function add(tallies: Map<string, Tally>, harm: HarmRow): void {
  const key = keyOf(harm);
  const tally = tallies.get(key) ?? { term: harm.term, events: 0, unsaid: 0, coded: true };
  tallies.set(key, tally);
  tally.events += 1;
  if (harm.serious === null) tally.unsaid += 1;
  tally.coded &&= harm.coded;
}

/** Those who had an event that passes, by its resources. */
function having(passes: (harm: HarmRow) => boolean): Whom {
  return ({ harms }) => {
    const found = harms.filter(passes);
    return found.length === 0 ? null : [...new Set(found.flatMap(({ resources }) => resources))].sort();
  };
}

/**
 * The adverse events of all subjects by term, serious ones apart, most frequent first. Terms are the same where they
 * differ in case only, as in the report. What nobody called serious or not serious goes where registry.json says, else
 * to the others, counted as unsaid.
 */
export function harmsByTerm(
  participants: readonly Participant[],
  unknownSeriousness: NonNullable<NonNullable<Registry['results']>['events']>['unknownSeriousness'],
): Harms {
  const isSerious = (harm: HarmRow): boolean => harm.serious ?? unknownSeriousness === 'serious';
  const tallies = { serious: new Map<string, Tally>(), other: new Map<string, Tally>() };
  for (const { harms } of participants)
    for (const harm of harms) add(isSerious(harm) ? tallies.serious : tallies.other, harm);
  const harmsIn = (of: ReadonlyMap<string, Tally>, serious: boolean): readonly Harm[] =>
    [...of]
      .map(([key, tally]) => {
        const from = having((harm) => keyOf(harm) === key && isSerious(harm) === serious);
        return { ...tally, subjects: numberOf(participants, from), from };
      })
      .sort((a, b) => b.subjects - a.subjects || (a.term < b.term ? -1 : 1));
  const unsaid = participants.reduce(
    (sum, { harms }) => sum + harms.filter(({ serious }) => serious === null).length,
    0,
  );
  return { serious: harmsIn(tallies.serious, true), other: harmsIn(tallies.other, false), unsaid };
}

/** The subjects of several terms, with the resources of all of them. */
export function affectedBy(harms: readonly Harm[]): Whom {
  return (one) => {
    const found = harms.map(({ from }) => from(one)).filter((resources) => resources !== null);
    return found.length === 0 ? null : [...new Set(found.flat())].sort();
  };
}
