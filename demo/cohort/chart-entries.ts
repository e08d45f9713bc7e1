import type { SimulatedCount } from './blood-counts.ts';
import {
  buildAdverseEventEntries,
  buildDiagnosisEntry,
  buildInfectionEntries,
  buildInfusionEntries,
  buildMedicationEntry,
  buildTransfusionEntry,
} from './clinical-entries.ts';
import { buildCountEntries, buildPlateletsEntry, buildWeightEntry } from './laboratory-entries.ts';
import { buildPatientEntry, type ChartEntry, type PatientChart } from './patient-chart.ts';
import type { Random } from './seeded-random.ts';

/** What a hospital has to say about one registered subject, each version once. */
export function buildChartEntries(bed: PatientChart, random: Random): readonly ChartEntry[] {
  const death = bed.course.plan.hasDied ? [buildPatientEntry(bed, true)] : [];
  return [
    ...addTypingMistakes(buildLaboratoryEntries(bed), bed, random),
    ...buildClinicalEntries(bed),
    ...death,
  ];
}

/** About one count in this many. */
const MISTYPED_ONE_IN = 24;

/**
 * Some counts were typed wrong at first and put right the next day: the platelets ten times as many, or a tenth. Of
 * these, some reach the adapter the wrong way round, the second version before the first. Whoever takes the later
 * arrival for the truth sees responses that never were, or loses a complete one.
 */
function addTypingMistakes(
  entries: readonly ChartEntry[],
  bed: PatientChart,
  random: Random,
): readonly ChartEntry[] {
  const { plan, counts } = bed.course;
  const chosen = counts.flatMap((count, i) => {
    if (plan.isCorrectionSubject) return [];
    const confirming = plan.outcome === 'CR' && count.day > 240 && count.day < 310;
    return confirming || (random.chance(1 / MISTYPED_ONE_IN) && count.day > 0) ? [{ count, n: i + 1 }] : [];
  });
  return chosen.reduce(
    (all, { count, n }) => replaceWithMistake(all, bed, count, n, random.chance(0.5)),
    entries,
  );
}

function replaceWithMistake(
  entries: readonly ChartEntry[],
  bed: PatientChart,
  count: SimulatedCount,
  n: number,
  wrongWayRound: boolean,
): readonly ChartEntry[] {
  const platelets = count.platelets > 99 ? Math.round(count.platelets / 10) : count.platelets * 10;
  const first = buildPlateletsEntry(bed, { ...count, platelets }, n);
  const second = buildPlateletsEntry(bed, count, n, { version: 2, status: 'corrected' });
  const sent = wrongWayRound
    ? [
        { ...second, sentAtMs: first.sentAtMs },
        { ...first, sentAtMs: second.sentAtMs },
      ]
    : [first, second];
  return [...entries.filter((entry) => entry.resource.id !== first.resource.id), ...sent];
}

function buildLaboratoryEntries(bed: PatientChart): readonly ChartEntry[] {
  const { counts, weightDays: weighedOn } = bed.course;
  // Where a dose is told in cells, not in cells per kg, the weight is taken before every infusion.
  const weighed = bed.dialect.infusion === 'dose-per-kg' ? weighedOn.slice(0, 1) : weighedOn;
  return [
    ...counts.flatMap((count, i) => buildCountEntries(bed, count, i + 1)),
    ...weighed.map((day, i) => buildWeightEntry(bed, day, i + 1)),
  ];
}

function buildClinicalEntries(bed: PatientChart): readonly ChartEntry[] {
  const { treatment, infection, adverseEventDay, atgDay } = bed.course;
  return [
    buildDiagnosisEntry(bed),
    ...(atgDay === null ? [] : [buildMedicationEntry(bed, 'atg', atgDay, 1)]),
    ...treatment.infusions.flatMap((one, i) => buildInfusionEntries(bed, one, i + 1)),
    ...treatment.redCells.map((day, i) => buildTransfusionEntry(bed, 'redCells', day, i + 1)),
    ...treatment.platelets.map((day, i) => buildTransfusionEntry(bed, 'platelets', day, i + 1)),
    ...treatment.filgrastim.map((day, i) => buildMedicationEntry(bed, 'filgrastim', day, i + 1)),
    ...(infection === null ? [] : buildInfectionEntries(bed, infection.from, infection.to)),
    ...(adverseEventDay === null ? [] : buildAdverseEventEntries(bed, adverseEventDay)),
  ];
}
