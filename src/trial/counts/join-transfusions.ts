import { Decimal } from 'decimal.js';
import type { Fact, TransfusionFact } from '../facts.ts';
import { mergeSources } from './merge-statements.ts';

/** Who reports: one type of resource of one site. The same bag may be in its administration records and its procedures. */
const formatReporter = ({ sources: [{ site, resourceType }] }: TransfusionFact): string =>
  `${site}|${resourceType}`;

const sumUnits = (reports: readonly TransfusionFact[]): Decimal =>
  reports.reduce((sum, { units }) => sum.plus(units ?? '1'), new Decimal(0));

/** Compares two reporters, the first to be used: more units, then more transfusions, then units stated, then the name. */
function compareReporters(a: readonly TransfusionFact[], b: readonly TransfusionFact[]): number {
  const countStated = (reports: readonly TransfusionFact[]): number =>
    reports.filter(({ units }) => units !== null).length;
  const [first = '', second = ''] = [a, b].map(([report]) => report && formatReporter(report));
  return (
    sumUnits(b).comparedTo(sumUnits(a)) ||
    b.length - a.length ||
    countStated(b) - countStated(a) ||
    (first < second ? -1 : 1)
  );
}

/** Joins the reports of one instant and product: those of the reporter with the most units, with the sources of the others. */
function joinReports(reports: readonly TransfusionFact[]): readonly TransfusionFact[] {
  const sorted = reports.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const [used = [], ...others] = [...Map.groupBy(sorted, formatReporter).values()].sort(compareReporters);
  return used.map((report, i) => {
    const isLast = i === used.length - 1;
    const same = others.flatMap((other) => (isLast ? other.slice(i) : other.slice(i, i + 1)));
    return same.length === 0
      ? report
      : { ...report, sources: mergeSources(report.sources, ...same.map(({ sources }) => sources)) };
  });
}

/**
 * Joins reports of one transfusion. Resources of one type about one product at one instant are as many transfusions: two
 * bags that were hung together. Resources of two types (or sites) report the same ones, and those of the type with the most
 * units count, with the sources of the others. A transfusion without a time of day stays as it is, and so do all other
 * facts.
 */
export function joinTransfusions(facts: readonly Fact[]): readonly Fact[] {
  const isTimed = (fact: Fact): fact is TransfusionFact =>
    fact.kind === 'transfusion' && fact.at.instant !== null;
  const timed = facts.filter(isTimed);
  const collections = Map.groupBy(timed, ({ component, at }) => `${component}|${at.instant}`);
  return [...facts.filter((fact) => !isTimed(fact)), ...[...collections.values()].flatMap(joinReports)];
}
