import { Decimal } from 'decimal.js';
import { countDaysBetween } from '../../calendar-days.ts';
import type { TransfusionFact } from '../../facts.ts';
import type { Protocol } from '../../protocol.ts';
import type { ClinicalCourse } from '../../visits/clinical-course.ts';
import { findRecordStart } from './baseline-figures.ts';

/** Products as they are reported; `any` where the code names none. */
export const TRANSFUSED_COMPONENTS = ['red-cells', 'platelets', 'any'] as const;

/** One product in one period of one subject. */
export interface PeriodTransfusions {
  readonly component: TransfusionFact['component'];
  readonly transfusions: number;
  /** The units of those that state them: the subject had at least these, and one of each other. */
  readonly atLeastUnits: number;
  readonly withoutUnits: number;
}

/** A period of one subject: days from the first infusion, `from` and `to` belong to it. */
export interface TransfusionPeriod {
  readonly from: number;
  readonly to: number;
  /** Whether the whole period lies between the start of the record and the last contact or death. */
  readonly isObserved: boolean;
  readonly given: readonly PeriodTransfusions[];
}

/** Lists the periods of the protocol, earliest first. Day 0 begins the first one after the infusion. */
export function listTransfusionPeriods({
  analysis: { transfusionPeriods },
}: Protocol): readonly Pick<TransfusionPeriod, 'from' | 'to'>[] {
  const { days, before, after } = transfusionPeriods;
  return Array.from({ length: before + after }, (_, i) => {
    const from = (i - before) * days;
    return { from, to: from + days - 1 };
  });
}

/** A transfusion with the days, from the first infusion, that its date can mean. */
interface PlacedTransfusion {
  readonly fact: TransfusionFact;
  readonly first: number;
  readonly last: number;
}

/** Sums the transfusions of one product; null without one. One without a number of units counts as at least one unit. */
function sumTransfusions(
  given: readonly PlacedTransfusion[],
  component: TransfusionFact['component'],
): PeriodTransfusions | null {
  const own = given.map(({ fact }) => fact).filter((fact) => fact.component === component);
  if (own.length === 0) return null;
  const units = own.reduce((sum, fact) => sum.plus(fact.units ?? '1'), new Decimal(0));
  return {
    component,
    transfusions: own.length,
    atLeastUnits: units.toNumber(),
    withoutUnits: own.filter((fact) => fact.units === null).length,
  };
}

/**
 * Sums a subject's transfusions by period and product. A transfusion whose date leaves two periods open is in none: it is
 * in `unplaced`. After a transplant or new treatment they are still counted, since they were given.
 *
 * @param contact days from the first infusion to death or last contact
 */
export function sumTransfusionsByPeriod(
  { facts, dayZero, protocol }: ClinicalCourse,
  contact: number,
): { readonly periods: readonly TransfusionPeriod[]; readonly unplaced: number } {
  const placed = facts
    .filter((fact): fact is TransfusionFact => fact.kind === 'transfusion')
    .map((fact): PlacedTransfusion => {
      const { earliestDay, latestDay } = fact.at;
      const first = countDaysBetween(dayZero, earliestDay);
      return { fact, first, last: first + countDaysBetween(earliestDay, latestDay) };
    });
  const start = findRecordStart(facts);
  const recordStart = start === null ? Number.POSITIVE_INFINITY : countDaysBetween(dayZero, start);
  const periods = listTransfusionPeriods(protocol).map(({ from, to }) => {
    const given = placed.filter(({ first, last }) => first >= from && last <= to);
    const sums = TRANSFUSED_COMPONENTS.map((component) => sumTransfusions(given, component));
    const isObserved = recordStart <= from && contact >= to;
    return { from, to, isObserved, given: sums.filter((sum) => sum !== null) };
  });
  const isAcross = ({ first, last }: PlacedTransfusion): boolean =>
    periods.some(({ from, to }) => first <= to && last >= from && (first < from || last > to));
  return { periods, unplaced: placed.filter(isAcross).length };
}
