import type { ConditionFact, Fact, Moment } from '../facts.ts';
import { formatStatingResource } from '../source-key.ts';
import type { StatedDay } from './person-statement.ts';
import { type AdjudicationOf, listSettled } from './select-adjudications.ts';

type InfectionAdjudication = AdjudicationOf<'infection-adjudication'>;

const isInfection = (fact: Fact): fact is ConditionFact =>
  fact.kind === 'condition' && fact.condition === 'infection';

const toMoment = ({ text, earliestDay, latestDay }: StatedDay): Moment => ({
  text,
  earliestDay,
  latestDay,
  instant: null,
});

/** Builds the infection that a person states: from and to as stated, else as sent, else as long as nothing else is known. */
function buildInfection(adjudication: InfectionAdjudication, sent: ConditionFact | undefined): ConditionFact {
  const { key, subject, sources, at } = adjudication;
  const { from, to } = adjudication.statement;
  const stated = from === null ? (sent?.at ?? at) : toMoment(from);
  const abated = to === null ? (sent?.abated ?? null) : toMoment(to);
  return {
    kind: 'condition',
    key: `infection|${key}`,
    subject,
    at: stated,
    sources: sent ? [...sources, ...sent.sources] : sources,
    condition: 'infection',
    active: abated === null && (sent?.active ?? true),
    abated,
  };
}

/**
 * Replaces the infections of a subject by what people have adjudicated: an infection adjudicated as not activated does not
 * count, one adjudicated as activated counts for the days stated. An adjudication that names no condition is about all of
 * them: `no` leaves none, `yes` adds one. Contradictory adjudications change nothing. Other facts are left as they are.
 */
export function applyInfectionAdjudications(facts: readonly Fact[]): readonly Fact[] {
  const adjudications = listSettled(facts, 'infection-adjudication');
  if (adjudications.length === 0) return facts;
  const ofSubject = adjudications.find(({ statement }) => statement.about === null);
  const byCondition = new Map(adjudications.map((entry) => [entry.statement.about, entry]));
  const isReplaced = (fact: ConditionFact): boolean =>
    byCondition.has(formatStatingResource(fact)) || ofSubject?.statement.isActivated === false;
  const kept = facts.filter((fact) => !(isInfection(fact) && isReplaced(fact)));
  const infections = facts.filter(isInfection);
  const activated = adjudications
    .filter(({ statement }) => statement.isActivated)
    .map((entry) => {
      const sent = infections.find((fact) => formatStatingResource(fact) === entry.statement.about);
      return buildInfection(entry, sent);
    });
  return [...kept, ...activated];
}
