import { countOf } from './cell.ts';
import type { BaselineMeasure, Cell, Entry, Whom } from './model.ts';
import type { Participant } from './participant.ts';

/** The one group of a single-arm baseline. */
export const BASE = 'BG000';

/** A value of a category, with its spread where the measure has one. */
export function single(category: string | null, value: Cell, spread: Cell | null = null): Entry {
  return {
    category,
    value,
    spread,
    lower: null,
    upper: null,
    comment: null,
  };
}

/** A count of participants by category, each with those who stand behind it; nobody is in two. */
export function countMeasure(
  head: Pick<BaselineMeasure, 'title' | 'studySpecific' | 'description' | 'population'>,
  participants: readonly Participant[],
  categories: readonly (readonly [name: string, from: Whom])[],
): BaselineMeasure {
  const any: Whom = (one) =>
    categories.reduce<ReturnType<Whom>>((found, [, from]) => found ?? from(one), null);
  return {
    ...head,
    parameter: 'Count of Participants',
    dispersion: 'Not Applicable',
    unit: 'Participants',
    percentages: true,
    analyzed: [{ group: BASE, cell: countOf(participants, any) }],
    rows: [
      {
        title: null,
        values: [
          {
            group: BASE,
            entries: categories.map(([name, from]) => single(name, countOf(participants, from))),
          },
        ],
      },
    ],
  };
}
