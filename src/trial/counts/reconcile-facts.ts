import { Decimal } from 'decimal.js';
import type { Contradiction, Fact, FindingFact, LabFact, MeasuredValue } from '../facts.ts';
import { deriveNeutrophils } from './derive-neutrophils.ts';
import { joinTransfusions } from './join-transfusions.ts';
import { mergeSources } from './merge-statements.ts';
import { compareByRank } from './rank-results.ts';
import { createCollectionResolver, type LaboratoryFact } from './specimen-collections.ts';

type ResultWithValue = LabFact & { readonly measured: MeasuredValue };

/** Signed results with a value can contradict each other; preliminary and missing ones are kept unchanged. */
const isSignedWithValue = (fact: LabFact): fact is ResultWithValue =>
  fact.measured !== null && fact.status !== 'preliminary';

const isSameValue = (a: MeasuredValue, b: MeasuredValue): boolean =>
  a.comparator === b.comparator && new Decimal(a.value).eq(b.value);

/**
 * Reconciles the results of one analyte in one collection: keeps the best, with the sources of all that agree and
 * what contradicts it.
 */
function reconcileResults(results: readonly ResultWithValue[]): LabFact {
  const [best, ...others] = results.toSorted(compareByRank);
  if (!best) throw new Error('A collection without a result cannot be reconciled.');
  const agreeing = others.filter((other) => isSameValue(best.measured, other.measured));
  const contradicted = others
    .filter((other) => !agreeing.includes(other))
    .map(({ measured, method, sources: [source] }): Contradiction => ({ measured, method, source }));
  const sources = mergeSources(best.sources, ...agreeing.map((other) => other.sources));
  return { ...best, sources, ...(contradicted.length > 0 ? { contradicted } : {}) };
}

function reconcileAnalytes(labs: readonly LabFact[]): readonly LabFact[] {
  const valued = Map.groupBy(labs.filter(isSignedWithValue), (fact) => fact.analyte);
  const reconciled = [...valued.values()].map(reconcileResults);
  return [...reconciled, ...labs.filter((fact) => !isSignedWithValue(fact))];
}

/**
 * Removes the value of platelet counts in a specimen with clumps, with the reason: they are too low by an unknown
 * amount.
 */
function excludeClumpedPlatelets(
  labs: readonly LabFact[],
  findings: readonly FindingFact[],
): readonly LabFact[] {
  const clumps = findings.filter((fact) => fact.present && fact.status !== 'preliminary');
  if (clumps.length === 0) return labs;
  return labs.map((fact) => {
    if (fact.analyte !== 'platelets') return fact;
    const sources = mergeSources(fact.sources, ...clumps.map((finding) => finding.sources));
    return { ...fact, measured: null, absentReason: 'platelet-clumps', sources };
  });
}

function reconcileCollection(facts: readonly LaboratoryFact[]): readonly Fact[] {
  const differentials = facts.filter((fact) => fact.kind === 'differential');
  const findings = facts.filter((fact) => fact.kind === 'finding');
  const labs = reconcileAnalytes(facts.filter((fact) => fact.kind === 'lab'));
  const derived = deriveNeutrophils(labs, differentials);
  const counts = excludeClumpedPlatelets(labs, findings);
  return [...counts, ...(derived ? [derived] : []), ...differentials, ...findings];
}

function isLaboratoryFact(fact: Fact): fact is LaboratoryFact {
  return fact.kind === 'lab' || fact.kind === 'differential' || fact.kind === 'finding';
}

/**
 * Reconciles a subject's facts for assessment and display: in each collection one result per analyte (the highest
 * rank, with the sources of all that agree and a note of those that do not), platelet counts of clumped specimens
 * without a value, a derived neutrophil count where none was reported, and one transfusion for several reports of it.
 * All other facts stay. Order is by day, then key; the same facts yield the same result. Source: domain sections 3.1 and 6 (duplicates; clumped).
 */
export function reconcileFacts(facts: readonly Fact[]): readonly Fact[] {
  const laboratory = facts.filter(isLaboratoryFact);
  const findCollection = createCollectionResolver(laboratory);
  const collections = Map.groupBy(laboratory, findCollection);
  const reconciled = [...collections.values()].flatMap(reconcileCollection);
  const others = joinTransfusions(facts.filter((fact) => !isLaboratoryFact(fact)));
  return [...reconciled, ...others].sort(compareByDayAndKey);
}

function compareByDayAndKey(a: Fact, b: Fact): number {
  if (a.at.earliestDay !== b.at.earliestDay) return a.at.earliestDay < b.at.earliestDay ? -1 : 1;
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}
