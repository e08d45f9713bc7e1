import { Decimal } from 'decimal.js';
import { isDerivedId } from '../../../../src/intake/resource-identity.ts';
import type { Contradiction, Fact, Source } from '../../../../src/trial/facts.ts';

/** Names sources; resources that were sent without an id have one that depends on what they say, and are left out. */
const nameSources = (sources: readonly Source[]): readonly string[] =>
  sources
    .filter(({ id }) => !isDerivedId(id))
    .map(({ resourceType, id, version }) => `${resourceType}/${id} ${version}`)
    .sort();

const describeResults = (results: readonly Contradiction[] = []): readonly string[] =>
  results
    .map(({ source, ...result }) => JSON.stringify([result, nameSources([source])], formatDigits))
    .sort();

/** Elements that are described in another way, or depend on which of several equal statements is shown. */
const LEFT_OUT = [
  'key',
  'subject',
  'relations',
  'original',
  'sources',
  'at',
  'contradicted',
  'unsettled',
  'specimen',
];

/** Writes numbers without trailing zeros: of equal statements without an id, the first one's digits are kept. */
const formatDigits = (name: string, value: unknown): unknown =>
  name === 'value' && typeof value === 'string' && /^\d+(\.\d+)?$/.test(value)
    ? new Decimal(value).toFixed()
    : value;

/** Describes a fact in force for comparison: all that it states, without ids of resources that were sent without one. */
export function describeFact(fact: Fact): string {
  const content = Object.entries(fact).filter(([name]) => !LEFT_OUT.includes(name));
  const results =
    fact.kind === 'lab' ? [fact.contradicted, fact.unsettled].map((each) => describeResults(each)) : [];
  const { at, sources } = fact;
  const when = at.instant ?? [at.earliestDay, at.latestDay];
  const described = [Object.fromEntries(content), when, nameSources(sources), ...results];
  return JSON.stringify(described, formatDigits);
}

/** Lists `Type/id` of all resources that a fact in force shows, those of the results that it does not use included. */
export function listShownResources(fact: Fact): readonly string[] {
  const others = fact.kind === 'lab' ? [...(fact.contradicted ?? []), ...(fact.unsettled ?? [])] : [];
  return [...fact.sources, ...others.map(({ source }) => source)].map(
    ({ resourceType, id }) => `${resourceType}/${id}`,
  );
}
