import { applyEventAdjudications } from '../adjudication/adjudicated-events.ts';
import type { DifferentialFact, Fact, FindingFact, LabFact, SettlementFact } from '../facts.ts';
import { rememberByMembers } from '../remember-by-members.ts';
import { formatSourceKey } from '../source-key.ts';
import { deriveNeutrophils } from './derive-neutrophils.ts';
import { joinTransfusions } from './join-transfusions.ts';
import { mergeSources, mergeStatements } from './merge-statements.ts';
import { resolveResults } from './resolve-results.ts';
import {
  createCollectionResolver,
  isLaboratoryFact,
  type LaboratoryFact,
  selectCircumstances,
} from './specimen-collections.ts';
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
  return [...standing, ...facts.filter(({ status }) => status === 'preliminary')];
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

/** Reconciles the statements of one collection, which follow from nothing else. */
const reconcileCollection = rememberByMembers(reconcileStatements);

function reconcileStatements(
  stated: readonly LaboratoryFact[],
  ...settlements: readonly SettlementFact[]
): readonly Fact[] {
  const facts = sortBySource(stated);
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

/**
 * Reconciles the statements about a subject for assessment and display. What was taken back is left out. In each collection there
 * is one result per analyte: what is in force, or the range of results that contradict each other. Platelet counts of
 * clumped specimens have no value, a neutrophil count is derived where none was reported, and several reports of one
 * transfusion are joined. What a person has adjudicated of an adverse event counts. Other statements with equal keys are merged. Order is by day, then key; the same statements in any
 * order yield the same facts. Source: domain
 * sections 3.1 and 6 (duplicates; clumped).
 */
export function reconcileFacts(stated: readonly Fact[]): readonly Fact[] {
  const { standing, settlements } = separateWithdrawn(stated);
  const answers = sortBySource(settlements);
  const laboratory = standing.filter(isLaboratoryFact);
  const collections = Map.groupBy(laboratory, createCollectionResolver(laboratory));
  const reconciled = [...collections.values()].map(
    (facts): ReconciledCollection => ({ facts, results: reconcileCollection(facts, ...answers) }),
  );
  const merged = mergeStatements(sortBySource(selectCircumstances(standing)));
  const others = applyEventAdjudications(joinTransfusions(merged));
  const compareTied = createTieComparator(reconciled);
  return [...reconciled.flatMap(({ results }) => results), ...others].sort(
    (a, b) => compareByDayAndKey(a, b) || compareTied(a, b),
  );
}

/** The statements of one collection and what is in force of them. */
interface ReconciledCollection {
  readonly facts: readonly LaboratoryFact[];
  readonly results: readonly Fact[];
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const formatSourceOrder = ({ key, sources: [source] }: Fact): string => `${key} ${formatSourceKey(source)}`;

/** Orders statements by what they state and by their resource, so that nothing depends on their order of arrival. */
function sortBySource<T extends Fact>(facts: readonly T[]): readonly T[] {
  if (facts.length < 2) return facts;
  const ordered = facts.map((fact) => ({ fact, text: formatSourceOrder(fact) }));
  return ordered.sort((a, b) => compareTexts(a.text, b.text)).map(({ fact }) => fact);
}

/** Compares facts of one day and key by their collections, in order of the first statement of each. Few facts ever need it. */
function createTieComparator(collections: readonly ReconciledCollection[]): (a: Fact, b: Fact) => number {
  let firstTexts: Map<Fact, string> | undefined;
  const listFirstTexts = () =>
    new Map(
      collections.flatMap(({ facts, results }) => {
        const [first] = sortBySource(facts);
        return results.map((result): [Fact, string] => [result, first ? formatSourceOrder(first) : '']);
      }),
    );
  return (a, b) => {
    firstTexts ??= listFirstTexts();
    const [first, second] = [firstTexts.get(a), firstTexts.get(b)];
    return first === undefined || second === undefined ? 0 : compareTexts(first, second);
  };
}

function compareByDayAndKey(a: Fact, b: Fact): number {
  return compareTexts(a.at.earliestDay, b.at.earliestDay) || compareTexts(a.key, b.key);
}
