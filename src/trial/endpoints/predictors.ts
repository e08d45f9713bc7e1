import { addDays, dayOf } from '../days.ts';
import type { Fact } from '../facts.ts';
import type { Protocol } from '../protocol.ts';
import { deathDayIn } from '../visits/course.ts';
import { fisherExact } from './proportion.ts';
import { rounded } from './rounding.ts';

/** A 2×2 table: responders among those with and without something, with Fisher's exact p. */
export interface Predictor {
  readonly name: 'previous-atg' | 'infection-during-treatment';
  readonly says: string;
  readonly with: { readonly responders: number; readonly of: number };
  readonly without: { readonly responders: number; readonly of: number };
  readonly p: number;
  readonly method: 'fisher-exact-two-sided';
}

/** What the predictors ask of one subject. */
export interface Candidate {
  readonly facts: readonly Fact[];
  readonly dayZero: string;
  readonly isResponder: boolean;
}

function hadAgentBefore(candidate: Candidate, agent: string): boolean {
  return candidate.facts.some(
    (fact) => fact.kind === 'medication' && fact.agent === agent && fact.at.earliestDay < candidate.dayZero,
  );
}

/**
 * Whether an infection was active between two days: it had begun by the end, and had not ended before the start. One
 * that is over without a date counts only where it began within them.
 */
function hadInfection(facts: readonly Fact[], from: string, to: string): boolean {
  return facts.some((fact) => {
    if (fact.kind !== 'condition' || fact.condition !== 'infection' || fact.at.earliestDay > to) return false;
    if (fact.abated !== null) return (dayOf(fact.abated) ?? fact.abated.latestDay) >= from;
    return fact.active || fact.at.latestDay >= from;
  });
}

function table(
  name: Predictor['name'],
  says: string,
  candidates: readonly Candidate[],
  has: (candidate: Candidate) => boolean,
): Predictor {
  const count = (group: readonly Candidate[]) => ({
    responders: group.filter((candidate) => candidate.isResponder).length,
    of: group.length,
  });
  const yes = count(candidates.filter(has));
  const no = count(candidates.filter((candidate) => !has(candidate)));
  const p = fisherExact(yes.responders, yes.of - yes.responders, no.responders, no.of - no.responders);
  return { name, says, with: yes, without: no, p: rounded(p, 4), method: 'fisher-exact-two-sided' };
}

/**
 * The two predictors that the publication reports, among subjects who were infused: the protocol's previous agent before
 * the first infusion, and an infection between the first infusion and the last planned assessment (or death, or today).
 */
export function predictorsOf(
  candidates: readonly Candidate[],
  protocol: Protocol,
  today: string,
): readonly Predictor[] {
  const agent = protocol.predictors.previousAgent;
  const lastVisit = protocol.visits.at(-1);
  const infected = ({ facts, dayZero }: Candidate): boolean => {
    const ends = [addDays(dayZero, lastVisit?.to ?? 0), today, deathDayIn(facts) ?? today];
    return hadInfection(facts, dayZero, ends.sort()[0] ?? today);
  };
  return [
    table('previous-atg', `${agent} before the first infusion`, candidates, (one) =>
      hadAgentBefore(one, agent),
    ),
    table(
      'infection-during-treatment',
      'infection active between first infusion and last assessment',
      candidates,
      infected,
    ),
  ];
}
