import type { Participant } from './participant.ts';
import { buildCountCell } from './result-cells.ts';
import type { BaselineMeasure, EvidenceSelector, ReportedEntry, ResultCell } from './results-model.ts';

/** The one group of a single-arm baseline. */
export const BASELINE_GROUP_ID = 'BG000';

/** A value of a category, with its spread where the measure has one. */
export function buildSingleEntry(
  category: string | null,
  value: ResultCell,
  spread: ResultCell | null = null,
): ReportedEntry {
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
export function buildCountMeasure(
  head: Pick<BaselineMeasure, 'title' | 'studySpecific' | 'description' | 'population'>,
  participants: readonly Participant[],
  categories: readonly (readonly [name: string, from: EvidenceSelector])[],
): BaselineMeasure {
  const any: EvidenceSelector = (one) =>
    categories.reduce<ReturnType<EvidenceSelector>>((found, [, from]) => found ?? from(one), null);
  return {
    ...head,
    parameter: 'Count of Participants',
    dispersion: 'Not Applicable',
    unit: 'Participants',
    percentages: true,
    analyzed: [{ group: BASELINE_GROUP_ID, cell: buildCountCell(participants, any) }],
    rows: [
      {
        title: null,
        values: [
          {
            group: BASELINE_GROUP_ID,
            entries: categories.map(([name, from]) =>
              buildSingleEntry(name, buildCountCell(participants, from)),
            ),
          },
        ],
      },
    ],
  };
}
