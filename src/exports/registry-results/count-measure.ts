import type { Participant } from './participant.ts';
import { buildCountCell } from './result-cells.ts';
import type { BaselineMeasure, EvidenceSelector, ReportedEntry, ResultCell } from './results-model.ts';

/** The only group of a single-arm baseline. */
export const BASELINE_GROUP_ID = 'BG000';

/** Builds the entry of a category: a value, with its spread where the measure has one. */
export function buildSingleEntry(
  category: string | null,
  value: ResultCell,
  spread: ResultCell | null = null,
): ReportedEntry {
  return { category, value, spread, lower: null, upper: null, comment: null };
}

/** Builds a count of participants by category. A participant belongs to one category at most. */
export function buildCountMeasure(
  head: Pick<BaselineMeasure, 'title' | 'studySpecific' | 'description' | 'population'>,
  participants: readonly Participant[],
  categories: readonly (readonly [title: string, from: EvidenceSelector])[],
): BaselineMeasure {
  const selectInAnyCategory: EvidenceSelector = (participant) =>
    categories.reduce<ReturnType<EvidenceSelector>>(
      (evidence, [, from]) => evidence ?? from(participant),
      null,
    );
  return {
    ...head,
    parameter: 'Count of Participants',
    dispersion: 'Not Applicable',
    unit: 'Participants',
    percentages: true,
    analyzed: [{ group: BASELINE_GROUP_ID, cell: buildCountCell(participants, selectInAnyCategory) }],
    rows: [
      {
        title: null,
        values: [
          {
            group: BASELINE_GROUP_ID,
            entries: categories.map(([title, from]) =>
              buildSingleEntry(title, buildCountCell(participants, from)),
            ),
          },
        ],
      },
    ],
  };
}
