import type { InputTrace, Trace } from '../assessment.ts';
import { sourceOf } from '../criteria/picture.ts';
import { dayOf } from '../days.ts';
import type { Fact, MedicationFact, Source, TransplantFact } from '../facts.ts';
import type { CensoringEvent, Protocol } from '../protocol.ts';
import { selectStatedValue } from '../stated-value.ts';
import { transplantPrepared } from './conditioning.ts';

type Ending = TransplantFact | MedicationFact;

/** What ended the observation of the study's product, and the last day whose counts are still its own. */
export interface Censored {
  readonly day: string;
  readonly fact: Ending;
  /** The transplant for which the drug was the conditioning; null where the fact is what ended it. */
  readonly transplant: TransplantFact | null;
}

function isMeant(rule: CensoringEvent, fact: Fact): fact is Ending {
  if (rule.event === 'transplant') return fact.kind === 'transplant';
  if (fact.kind !== 'medication') return false;
  return rule.agents === null ? fact.role === rule.role : rule.agents.includes(fact.agent);
}

/** Agents that had surely or perhaps been begun by the day of the first infusion: to go on with them is nothing new. */
function agentsBefore(facts: readonly Fact[], dayZero: string): ReadonlySet<string> {
  const before = facts.filter((fact) => fact.kind === 'medication' && fact.at.earliestDay <= dayZero);
  return new Set(before.map((fact) => (fact.kind === 'medication' ? fact.agent : '')));
}

/**
 * The first event after the day of the first infusion that ends the observation, by the protocol's censoring rules: a
 * transplant, or another treatment that raises counts for good. From a partial date its first possible day is taken,
 * since a count after it may already be the other treatment's. Conditioning ends it on its own day, in the name of its
 * transplant. Null where there is none.
 */
export function censoredBy(facts: readonly Fact[], protocol: Protocol, dayZero: string): Censored | null {
  const { by, conditioningDays } = protocol.censoring;
  const known = agentsBefore(facts, dayZero);
  const isNew = (fact: Ending): boolean => fact.kind === 'transplant' || !known.has(fact.agent);
  const endings = by.flatMap((rule) =>
    facts.filter(
      (fact): fact is Ending =>
        isMeant(rule, fact) && fact.at.latestDay > dayZero && (!rule.onlyIfNew || isNew(fact)),
    ),
  );
  const days = endings.map((fact) => {
    return { fact, day: fact.at.earliestDay > dayZero ? fact.at.earliestDay : dayZero };
  });
  const order = days.sort((a, b) =>
    a.day === b.day ? (a.fact.key < b.fact.key ? -1 : 1) : a.day < b.day ? -1 : 1,
  );
  const [first] = order;
  if (first === undefined) return null;
  const { fact } = first;
  const transplant = fact.kind === 'medication' ? transplantPrepared(fact, facts, conditioningDays) : null;
  return { ...first, transplant };
}

function eventWords(fact: Ending): string {
  return `${fact.kind === 'transplant' ? 'transplant' : fact.agent} of ${dayOf(fact.at) ?? fact.at.text}`;
}

/** The event in words: `transplant of 2026-03-02`, `transplant of 2026-03-02 (conditioning: atg of 2026-02-26)`. */
export function censoredWords({ fact, transplant }: Censored): string {
  if (transplant === null) return eventWords(fact);
  return `${eventWords(transplant)} (conditioning: ${eventWords(fact)})`;
}

/** The resources that state the event. */
export function censoredSources({ fact, transplant }: Censored): readonly Source[] {
  return transplant === null ? [sourceOf(fact)] : [sourceOf(fact), sourceOf(transplant)];
}

/** The event as a part of the trace of a visit that comes after it. */
export function censoredTrace(censored: Censored): Trace {
  const facts = censored.transplant === null ? [censored.fact] : [censored.fact, censored.transplant];
  const inputs = facts.map((fact): InputTrace => {
    return {
      says: eventWords(fact),
      stated: selectStatedValue(fact),
      source: sourceOf(fact),
      conversion: null,
    };
  });
  const criterion = 'observed without transplant or new treatment up to a count in the window';
  return { criterion, verdict: 'false', inputs, missing: [], of: [] };
}
