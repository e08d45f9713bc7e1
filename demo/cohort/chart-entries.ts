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

/** Builds a hospital's records of one registered subject, each version once. */
export function buildChartEntries(chart: PatientChart, random: Random): readonly ChartEntry[] {
  const death = chart.course.plan.hasDied ? [buildPatientEntry(chart, true)] : [];
  return [
    ...addEntryErrors(buildLaboratoryEntries(chart), chart, random),
    ...buildClinicalEntries(chart),
    ...death,
  ];
}

/** The probability that a count is entered wrongly at first. */
const ENTRY_ERROR_PROBABILITY = 1 / 24;

/**
 * Adds entry errors to some counts: the platelets are ten times too high or a tenth, and are corrected the next day.
 * Some of these pairs reach the adapter in reverse order, the second version before the first. An adapter that uses the
 * later arrival would find responses that never occurred, or lose a complete one.
 */
function addEntryErrors(
  entries: readonly ChartEntry[],
  chart: PatientChart,
  random: Random,
): readonly ChartEntry[] {
  const { plan, counts } = chart.course;
  const erroneous = counts.flatMap((count, i) => {
    if (plan.isCorrectionSubject) return [];
    const isConfirming = plan.outcome === 'CR' && count.day > 240 && count.day < 310;
    return isConfirming || (random.chance(ENTRY_ERROR_PROBABILITY) && count.day > 0)
      ? [{ count, ordinal: i + 1 }]
      : [];
  });
  return erroneous.reduce(
    (corrected, { count, ordinal }) =>
      replaceWithCorrectedPair(corrected, chart, count, ordinal, random.chance(0.5)),
    entries,
  );
}

function replaceWithCorrectedPair(
  entries: readonly ChartEntry[],
  chart: PatientChart,
  count: SimulatedCount,
  ordinal: number,
  isReversed: boolean,
): readonly ChartEntry[] {
  const platelets = count.platelets > 99 ? Math.round(count.platelets / 10) : count.platelets * 10;
  const first = buildPlateletsEntry(chart, { ...count, platelets }, ordinal);
  const second = buildPlateletsEntry(chart, count, ordinal, { version: 2, status: 'corrected' });
  const sent = isReversed
    ? [
        { ...second, sentAtMs: first.sentAtMs },
        { ...first, sentAtMs: second.sentAtMs },
      ]
    : [first, second];
  return [...entries.filter((entry) => entry.resource.id !== first.resource.id), ...sent];
}

function buildLaboratoryEntries(chart: PatientChart): readonly ChartEntry[] {
  const { counts, weightDays } = chart.course;
  // A hospital that records the dose in cells, not in cells per kg, weighs the subject before every infusion.
  const recordedDays = chart.dialect.infusion === 'dose-per-kg' ? weightDays.slice(0, 1) : weightDays;
  return [
    ...counts.flatMap((count, i) => buildCountEntries(chart, count, i + 1)),
    ...recordedDays.map((day, i) => buildWeightEntry(chart, day, i + 1)),
  ];
}

function buildClinicalEntries(chart: PatientChart): readonly ChartEntry[] {
  const { treatment, infection, adverseEventDay, atgDay } = chart.course;
  return [
    buildDiagnosisEntry(chart),
    ...(atgDay === null ? [] : [buildMedicationEntry(chart, 'atg', atgDay, 1)]),
    ...treatment.infusions.flatMap((infusion, i) => buildInfusionEntries(chart, infusion, i + 1)),
    ...treatment.redCells.map((day, i) => buildTransfusionEntry(chart, 'redCells', day, i + 1)),
    ...treatment.platelets.map((day, i) => buildTransfusionEntry(chart, 'platelets', day, i + 1)),
    ...treatment.filgrastim.map((day, i) => buildMedicationEntry(chart, 'filgrastim', day, i + 1)),
    ...(infection === null ? [] : buildInfectionEntries(chart, infection.from, infection.to)),
    ...(adverseEventDay === null ? [] : buildAdverseEventEntries(chart, adverseEventDay)),
  ];
}
