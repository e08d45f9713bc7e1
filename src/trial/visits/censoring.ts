import type { CriterionInput, CriterionTrace } from '../assessment.ts';
import { resolveDay } from '../calendar-days.ts';
import { getPrimarySource } from '../criteria/situation.ts';
import type { Fact, MedicationFact, Source, TransplantFact } from '../facts.ts';
import type { CensoringRule, Protocol } from '../protocol.ts';
import { selectStatedValue } from '../stated-value.ts';
import { findTransplantConditionedBy } from './conditioning.ts';

type CensoringFact = TransplantFact | MedicationFact;

/** What ended the observation of the study's product, and the last day whose counts are still its own. */
export interface SubjectCensoring {
  readonly day: string;
  readonly fact: CensoringFact;
  /** The transplant for which the drug was the conditioning; null where the fact is what ended it. */
  readonly transplant: TransplantFact | null;
}

function isCensoringFact(rule: CensoringRule, fact: Fact): fact is CensoringFact {
  if (rule.event === 'transplant') return fact.kind === 'transplant';
  if (fact.kind !== 'medication') return false;
  return rule.agents === null ? fact.role === rule.role : rule.agents.includes(fact.agent);
}

/** Agents that had surely or perhaps been begun by the day of the first infusion: to go on with them is nothing new. */
function listAgentsBefore(facts: readonly Fact[], dayZero: string): ReadonlySet<string> {
  const before = facts.filter((fact) => fact.kind === 'medication' && fact.at.earliestDay <= dayZero);
  return new Set(before.map((fact) => (fact.kind === 'medication' ? fact.agent : '')));
}

/**
 * The first event after the day of the first infusion that ends the observation, by the protocol's censoring rules: a
 * transplant, or another treatment that raises counts for good. From a partial date its first possible day is taken,
 * since a count after it may already be the other treatment's. Conditioning ends it on its own day, in the name of its
 * transplant. Null where there is none.
 */
export function findCensoring(
  facts: readonly Fact[],
  protocol: Protocol,
  dayZero: string,
): SubjectCensoring | null {
  const { by, conditioningDays } = protocol.censoring;
  const known = listAgentsBefore(facts, dayZero);
  const isNew = (fact: CensoringFact): boolean => fact.kind === 'transplant' || !known.has(fact.agent);
  const endings = by.flatMap((rule) =>
    facts.filter(
      (fact): fact is CensoringFact =>
        isCensoringFact(rule, fact) && fact.at.latestDay > dayZero && (!rule.onlyIfNew || isNew(fact)),
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
  const transplant =
    fact.kind === 'medication' ? findTransplantConditionedBy(fact, facts, conditioningDays) : null;
  return { ...first, transplant };
}

function formatCensoringFact(fact: CensoringFact): string {
  return `${fact.kind === 'transplant' ? 'transplant' : fact.agent} of ${resolveDay(fact.at) ?? fact.at.text}`;
}

/** The event in words: `transplant of 2026-03-02`, `transplant of 2026-03-02 (conditioning: atg of 2026-02-26)`. */
export function formatCensoring({ fact, transplant }: SubjectCensoring): string {
  if (transplant === null) return formatCensoringFact(fact);
  return `${formatCensoringFact(transplant)} (conditioning: ${formatCensoringFact(fact)})`;
}

/** The resources that state the event. */
export function listCensoringSources({ fact, transplant }: SubjectCensoring): readonly Source[] {
  return transplant === null
    ? [getPrimarySource(fact)]
    : [getPrimarySource(fact), getPrimarySource(transplant)];
}

/** The event as a part of the trace of a visit that comes after it. */
export function buildCensoringTrace(censored: SubjectCensoring): CriterionTrace {
  const facts = censored.transplant === null ? [censored.fact] : [censored.fact, censored.transplant];
  const inputs = facts.map((fact): CriterionInput => {
    return {
      says: formatCensoringFact(fact),
      stated: selectStatedValue(fact),
      source: getPrimarySource(fact),
      conversion: null,
    };
  });
  const criterion = 'observed without transplant or new treatment up to a count in the window';
  return { criterion, verdict: 'false', inputs, missing: [], of: [] };
}
