import type { CriterionInput, CriterionTrace } from '../assessment.ts';
import { resolveDay } from '../calendar-days.ts';
import { getPrimarySource } from '../criteria/situation.ts';
import type { Fact, MedicationFact, Source, TransplantFact } from '../facts.ts';
import type { CensoringRule, Protocol } from '../protocol.ts';
import { selectStatedValue } from '../stated-value.ts';
import { findTransplantConditionedBy } from './conditioning.ts';

type CensoringFact = TransplantFact | MedicationFact;

/** The event that ended the observation of the study's product, and the last day whose counts are attributed to it. */
export interface SubjectCensoring {
  readonly day: string;
  readonly fact: CensoringFact;
  /** False where it may have been before the first infusion, or no new treatment: counts after it are then open. */
  readonly isSure: boolean;
  /** The transplant for which the drug was the conditioning; null where the fact itself ended the observation. */
  readonly transplant: TransplantFact | null;
}

function isCensoringFact(rule: CensoringRule, fact: Fact): fact is CensoringFact {
  if (rule.event === 'transplant') return fact.kind === 'transplant';
  if (fact.kind !== 'medication') return false;
  return rule.agents === null ? fact.role === rule.role : rule.agents.includes(fact.agent);
}

/** Lists the agents that were given by the day of the first infusion: continuing them is not new. */
function listAgentsBefore(
  facts: readonly Fact[],
  isBefore: (medication: MedicationFact) => boolean,
): ReadonlySet<string> {
  const medications = facts.filter((fact): fact is MedicationFact => fact.kind === 'medication');
  return new Set(medications.filter(isBefore).map(({ agent }) => agent));
}

/**
 * Finds the first event after the day of the first infusion that ends the observation, by the protocol's censoring
 * rules: a transplant, or another treatment that raises counts permanently. Of a partial date the first possible day is
 * taken, since a count after it may already be due to the other treatment. Where it may have been before the first infusion,
 * or the drug may have been given before, it is not sure that the event ended the observation. Conditioning ends it on its own
 * day and is reported with its transplant. Null where there is no such event.
 */
export function findCensoring(
  facts: readonly Fact[],
  protocol: Protocol,
  dayZero: string,
): SubjectCensoring | null {
  const { by, conditioningDays } = protocol.censoring;
  const surelyBefore = listAgentsBefore(facts, ({ at }) => at.latestDay <= dayZero);
  const perhapsBefore = listAgentsBefore(facts, ({ at }) => at.earliestDay <= dayZero);
  const dated = by.flatMap((rule) =>
    facts
      .filter((fact): fact is CensoringFact => isCensoringFact(rule, fact) && fact.at.latestDay > dayZero)
      .filter((fact) => !rule.onlyIfNew || fact.kind === 'transplant' || !surelyBefore.has(fact.agent))
      .map((fact) => {
        const isAfter = fact.at.earliestDay > dayZero;
        const isSurelyNew = !rule.onlyIfNew || fact.kind === 'transplant' || !perhapsBefore.has(fact.agent);
        return { fact, day: isAfter ? fact.at.earliestDay : dayZero, isSure: isAfter && isSurelyNew };
      }),
  );
  const ordered = dated.sort((a, b) =>
    a.day === b.day ? (a.fact.key < b.fact.key ? -1 : 1) : a.day < b.day ? -1 : 1,
  );
  const [first] = ordered;
  if (first === undefined) return null;
  const { fact } = first;
  const transplant =
    fact.kind === 'medication' ? findTransplantConditionedBy(fact, facts, conditioningDays) : null;
  return { ...first, transplant };
}

function formatCensoringFact(fact: CensoringFact): string {
  return `${fact.kind === 'transplant' ? 'transplant' : fact.agent} of ${resolveDay(fact.at) ?? fact.at.text}`;
}

/** Formats the event: `transplant of 2026-03-02`, `transplant of 2026-03-02 (conditioning: atg of 2026-02-26)`. */
export function formatCensoring({ fact, transplant }: SubjectCensoring): string {
  if (transplant === null) return formatCensoringFact(fact);
  return `${formatCensoringFact(transplant)} (conditioning: ${formatCensoringFact(fact)})`;
}

/** Formats what would settle whether the event ended the observation. */
export function formatUnsureCensoring({ fact }: SubjectCensoring): string {
  return `whether the ${formatCensoringFact(fact)} was new after the first infusion`;
}

/** Lists the resources that state the event. */
export function listCensoringSources({ fact, transplant }: SubjectCensoring): readonly Source[] {
  return transplant === null
    ? [getPrimarySource(fact)]
    : [getPrimarySource(fact), getPrimarySource(transplant)];
}

/** Builds the part of the trace for a visit after the event. */
export function buildCensoringTrace(censoring: SubjectCensoring): CriterionTrace {
  const facts = censoring.transplant === null ? [censoring.fact] : [censoring.fact, censoring.transplant];
  const inputs = facts.map((fact): CriterionInput => {
    return {
      says: formatCensoringFact(fact),
      stated: selectStatedValue(fact),
      source: getPrimarySource(fact),
      conversion: null,
    };
  });
  const criterion = 'observed without transplant or new treatment up to a count in the window';
  const missing = censoring.isSure ? [] : [formatUnsureCensoring(censoring)];
  return { criterion, verdict: censoring.isSure ? 'false' : 'unknown', inputs, missing, of: [] };
}
