import { type Bedside, type Entry, patientEntry } from './bedside.ts';
import {
  adverseEventEntries,
  aplasticAnaemiaEntry,
  infectionEntries,
  infusionEntries,
  medicationEntry,
  transfusionEntry,
} from './care.ts';
import type { Count } from './counts.ts';
import { countEntries, plateletsEntry, weightEntry } from './laboratory.ts';
import type { Random } from './random.ts';

/** What a hospital has to say about one registered subject, each version once. */
export function chartOf(bed: Bedside, random: Random): readonly Entry[] {
  const death = bed.course.plan.died ? [patientEntry(bed, true)] : [];
  return [...retyped(laboratory(bed), bed, random), ...care(bed), ...death];
}

/** About one count in this many. */
const MISTYPED_ONE_IN = 24;

/**
 * Some counts were typed wrong at first and put right the next day: the platelets ten times as many, or a tenth. Of
 * these, some reach the adapter the wrong way round, the second version before the first. Whoever takes the later
 * arrival for the truth sees responses that never were, or loses a complete one.
 */
function retyped(entries: readonly Entry[], bed: Bedside, random: Random): readonly Entry[] {
  const { plan, counts } = bed.course;
  const chosen = counts.flatMap((count, i) => {
    if (plan.correction) return [];
    const confirming = plan.outcome === 'CR' && count.day > 240 && count.day < 310;
    return confirming || (random.chance(1 / MISTYPED_ONE_IN) && count.day > 0) ? [{ count, n: i + 1 }] : [];
  });
  return chosen.reduce((all, { count, n }) => withMistake(all, bed, count, n, random.chance(0.5)), entries);
}

function withMistake(
  entries: readonly Entry[],
  bed: Bedside,
  count: Count,
  n: number,
  wrongWayRound: boolean,
): readonly Entry[] {
  const platelets = count.platelets > 99 ? Math.round(count.platelets / 10) : count.platelets * 10;
  const first = plateletsEntry(bed, { ...count, platelets }, n);
  const second = plateletsEntry(bed, count, n, { version: 2, status: 'corrected' });
  const sent = wrongWayRound
    ? [
        { ...second, at: first.at },
        { ...first, at: second.at },
      ]
    : [first, second];
  return [...entries.filter((entry) => entry.resource.id !== first.resource.id), ...sent];
}

function laboratory(bed: Bedside): readonly Entry[] {
  const { counts, weighedOn } = bed.course;
  // Where a dose is told in cells, not in cells per kg, the weight is taken before every infusion.
  const weighed = bed.dialect.infusion === 'dose-per-kg' ? weighedOn.slice(0, 1) : weighedOn;
  return [
    ...counts.flatMap((count, i) => countEntries(bed, count, i + 1)),
    ...weighed.map((day, i) => weightEntry(bed, day, i + 1)),
  ];
}

function care(bed: Bedside): readonly Entry[] {
  const { treatment, infection, adverseEventDay, atgDay } = bed.course;
  return [
    aplasticAnaemiaEntry(bed),
    ...(atgDay === null ? [] : [medicationEntry(bed, 'atg', atgDay, 1)]),
    ...treatment.infusions.flatMap((one, i) => infusionEntries(bed, one, i + 1)),
    ...treatment.redCells.map((day, i) => transfusionEntry(bed, 'redCells', day, i + 1)),
    ...treatment.platelets.map((day, i) => transfusionEntry(bed, 'platelets', day, i + 1)),
    ...treatment.filgrastim.map((day, i) => medicationEntry(bed, 'filgrastim', day, i + 1)),
    ...(infection === null ? [] : infectionEntries(bed, infection.from, infection.to)),
    ...(adverseEventDay === null ? [] : adverseEventEntries(bed, adverseEventDay)),
  ];
}
