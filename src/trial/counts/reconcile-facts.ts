import { applyEventAdjudications } from '../adjudication/adjudicated-events.ts';
import type { DifferentialFact, Fact, FindingFact, LabFact, SettlementFact } from '../facts.ts';
import { formatSourceKey } from '../source-key.ts';
import { deriveNeutrophils } from './derive-neutrophils.ts';
import { joinTransfusions } from './join-transfusions.ts';
import { mergeSources, mergeStatements } from './merge-statements.ts';
import { resolveResults } from './resolve-results.ts';
import { createCollectionResolver, type LaboratoryFact } from './specimen-collections.ts';
import { selectInForce, separateWithdrawn } from './statements-in-force.ts';

function reconcileAnalytes(
  labs: readonly LabFact[],
  settlements: readonly SettlementFact[],
): readonly LabFact[] {
  const byAnalyte = Map.groupBy(labs, ({ analyte }) => analyte);
  return [...byAnalyte.values()].flatMap((results) => resolveResults(results, settlements));
}

/** Selects the shares and findings that no other one supersedes. Preliminary ones are kept: they are never used. */
function selectStanding<T extends DifferentialFact | FindingFact>(
  facts: readonly T[],
  getName: (fact: T) => string,
): readonly T[] {
  const signed = facts.filter(({ status }) => status !== 'preliminary');
  const standing = [...Map.groupBy(signed, getName).values()].flatMap((group) => selectInForce(group));
  return [...standing, ...facts.filter((fact) => !signed.includes(fact))];
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

function reconcileCollection(
  facts: readonly LaboratoryFact[],
  settlements: readonly SettlementFact[],
): readonly Fact[] {
  const differentials = selectStanding(
    facts.filter((fact) => fact.kind === 'differential'),
    ({ cells }) => cells,
  );
  const findings = selectStanding(
    facts.filter((fact) => fact.kind === 'finding'),
    ({ finding }) => finding,
  );
  const results = reconcileAnalytes(
    facts.filter((fact) => fact.kind === 'lab'),
    settlements,
  );
  const derived = deriveNeutrophils(results, differentials);
  const counts = excludeClumpedPlatelets(results, findings);
  return mergeStatements([...counts, ...(derived ? [derived] : []), ...differentials, ...findings]);
}

function isLaboratoryFact(fact: Fact): fact is LaboratoryFact {
  return fact.kind === 'lab' || fact.kind === 'differential' || fact.kind === 'finding';
}

/**
 * Reconciles the statements about a subject for assessment and display. What was taken back is left out. In each collection there
 * is one result per analyte: what is in force, or the range of results that contradict each other. Platelet counts of
 * clumped specimens have no value, a neutrophil count is derived where none was reported, and several reports of one
 * transfusion are joined. What a person has adjudicated of an adverse event counts. Other statements with equal keys are merged. Order is by day, then key; the same statements in any
 * order yield the same facts. Source: domain
 * sections 3.1 and 6 (duplicates; clumped).
 */
export function reconcileFacts(stated: readonly Fact[]): readonly Fact[] {
  const { standing, settlements } = separateWithdrawn(stated.toSorted(compareBySource));
  const laboratory = standing.filter(isLaboratoryFact);
  const findCollection = createCollectionResolver(laboratory);
  const collections = Map.groupBy(laboratory, findCollection);
  const reconciled = [...collections.values()].flatMap((facts) => reconcileCollection(facts, settlements));
  const merged = mergeStatements(standing.filter((fact) => !isLaboratoryFact(fact)));
  const others = applyEventAdjudications(joinTransfusions(merged));
  return [...reconciled, ...others].sort(compareByDayAndKey);
}

/** Orders statements by what they state and by their resource, so that nothing depends on their order of arrival. */
function compareBySource(a: Fact, b: Fact): number {
  const [first, second] = [a, b].map(({ key, sources: [source] }) => `${key} ${formatSourceKey(source)}`);
  return (first ?? '') < (second ?? '') ? -1 : 1;
}

function compareByDayAndKey(a: Fact, b: Fact): number {
  if (a.at.earliestDay !== b.at.earliestDay) return a.at.earliestDay < b.at.earliestDay ? -1 : 1;
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}
