import { Decimal } from 'decimal.js';
import type { Contradiction, Fact, FindingFact, LabFact, Measured } from '../facts.ts';
import { collectionsIn, type Laboratory } from './collections.ts';
import { deriveNeutrophils } from './derive.ts';
import { byRank } from './rank.ts';
import { allSources } from './statements.ts';

type Valued = LabFact & { readonly measured: Measured };

/** Signed results with a value can stand against each other; preliminary and missing ones stand beside them. */
const isValued = (fact: LabFact): fact is Valued => fact.measured !== null && fact.status !== 'preliminary';

const sameValue = (a: Measured, b: Measured): boolean =>
  a.comparator === b.comparator && new Decimal(a.value).eq(b.value);

/** The results of one analyte in one collection as one: the best, with all that say the same, and what contradicts it. */
function oneOf(results: readonly Valued[]): LabFact {
  const [best, ...others] = results.toSorted(byRank);
  if (!best) throw new Error('A collection without a result was to be settled.');
  const same = others.filter((other) => sameValue(best.measured, other.measured));
  const contradicted = others
    .filter((other) => !same.includes(other))
    .map(({ measured, method, sources: [source] }): Contradiction => ({ measured, method, source }));
  const sources = allSources(best.sources, ...same.map((other) => other.sources));
  return { ...best, sources, ...(contradicted.length > 0 ? { contradicted } : {}) };
}

function settleAnalytes(labs: readonly LabFact[]): readonly LabFact[] {
  const valued = Map.groupBy(labs.filter(isValued), (fact) => fact.analyte);
  const settled = [...valued.values()].map(oneOf);
  return [...settled, ...labs.filter((fact) => !isValued(fact))];
}

/** A platelet count in a specimen with clumps is too low by an unknown amount: no count, and why. */
function withoutClumped(labs: readonly LabFact[], findings: readonly FindingFact[]): readonly LabFact[] {
  const clumps = findings.filter((fact) => fact.present && fact.status !== 'preliminary');
  if (clumps.length === 0) return labs;
  return labs.map((fact) => {
    if (fact.analyte !== 'platelets') return fact;
    const sources = allSources(fact.sources, ...clumps.map((finding) => finding.sources));
    return { ...fact, measured: null, absentReason: 'platelet-clumps', sources };
  });
}

function settleCollection(facts: readonly Laboratory[]): readonly Fact[] {
  const differentials = facts.filter((fact) => fact.kind === 'differential');
  const findings = facts.filter((fact) => fact.kind === 'finding');
  const labs = settleAnalytes(facts.filter((fact) => fact.kind === 'lab'));
  const derived = deriveNeutrophils(labs, differentials);
  const counts = withoutClumped(labs, findings);
  return [...counts, ...(derived ? [derived] : []), ...differentials, ...findings];
}

function isLaboratory(fact: Fact): fact is Laboratory {
  return fact.kind === 'lab' || fact.kind === 'differential' || fact.kind === 'finding';
}

/**
 * One subject's facts as they are judged and shown: in each collection one result an analyte (the highest rank, with the
 * sources of all who say the same and a note of who does not), platelet counts of clumped specimens without a value, and
 * a neutrophil count derived where none was reported. All other facts stay. Order is by day, then key; the same facts
 * give the same answer. Source: domain sections 3.1 and 6 (duplicates; clumped).
 */
export function factsAsJudged(facts: readonly Fact[]): readonly Fact[] {
  const laboratory = facts.filter(isLaboratory);
  const collectionOf = collectionsIn(laboratory);
  const collections = Map.groupBy(laboratory, collectionOf);
  const settled = [...collections.values()].flatMap(settleCollection);
  return [...settled, ...facts.filter((fact) => !isLaboratory(fact))].sort(byDay);
}

function byDay(a: Fact, b: Fact): number {
  if (a.at.earliestDay !== b.at.earliestDay) return a.at.earliestDay < b.at.earliestDay ? -1 : 1;
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}
