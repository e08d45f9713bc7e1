import type { BaselineTable } from '../../trial/endpoints/baseline/baseline-table.ts';
import type { ExposureTable } from '../../trial/endpoints/baseline/exposure-table.ts';
import type { TransfusionTable } from '../../trial/endpoints/baseline/transfusion-table.ts';
import type { ReportTables } from '../../trial/endpoints/report-tables.ts';
import type { Io } from '../terminal.ts';
import { formatNumber } from './format-figures.ts';
import { printTitledTable } from './print-table.ts';

/** What a summary has of numbers; those of doses have no number of subjects. */
type SummaryFigures = Omit<BaselineTable['age'], 'n'> & { readonly n?: number };

function toSummaryRow(name: string, { n, mean, sd, median, q1, q3, min, max }: SummaryFigures) {
  return [
    ...[name, n ?? '', formatNumber(median), `${formatNumber(q1)}–${formatNumber(q3)}`],
    ...[`${formatNumber(min)}–${formatNumber(max)}`, formatNumber(mean), formatNumber(sd)],
  ];
}

const SUMMARY_HEADINGS = ['subjects', 'median', 'quartiles', 'range', 'mean', 'SD'];

/** A verdict as an answer. */
const ANSWERS: Readonly<Record<string, string>> = { true: 'yes', false: 'no', unknown: 'not known' };

const formatCounts = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([key, count]) => `${ANSWERS[key] ?? key}: ${count}`)
    .join(', ') || 'none';

const COUNT_NAMES = {
  anc: 'neutrophils, 10*9/L',
  hemoglobin: 'haemoglobin, g/L',
  platelets: 'platelets, 10*9/L',
  reticulocytes: 'reticulocytes, 10*9/L',
} as const satisfies Record<keyof BaselineTable['bloodCounts'], string>;

function printBaseline(io: Io, baseline: BaselineTable): void {
  const counts = Object.entries(COUNT_NAMES) as [keyof BaselineTable['bloodCounts'], string][];
  const rows = [
    toSummaryRow('age, years', baseline.age),
    ...counts.map(([analyte, name]) => [
      ...toSummaryRow(name, baseline.bloodCounts[analyte]),
      formatCounts(baseline.bloodCounts[analyte].counts),
    ]),
  ];
  printTitledTable(
    io,
    { title: 'Baseline', headings: ['', ...SUMMARY_HEADINGS, 'inexact or confounded'] },
    rows,
  );
  const tallies = [
    ['age groups', baseline.ageGroups],
    ['sex', baseline.sex],
    ['severity', baseline.severity],
    ['previous treatment', baseline.previousTreatment],
    ['depends on red cells', baseline.dependent['red-cells']],
    ['depends on platelets', baseline.dependent.platelets],
  ] as const;
  const lines = tallies.map(([name, tally]) => [name, formatCounts(tally.counts)]);
  printTitledTable(
    io,
    { title: 'Baseline, subjects', method: baseline.method, headings: ['', `of ${baseline.of}`] },
    lines,
  );
}

function printExposure(io: Io, exposure: ExposureTable): void {
  const rows = [
    toSummaryRow('dose per infusion, 10*6/kg', exposure.dosePerInfusion),
    toSummaryRow('cumulative dose, 10*6/kg', exposure.cumulativeDose),
    toSummaryRow('dose intensity', exposure.intensity),
    toSummaryRow('infusions of the continuation', exposure.continuation.infusions),
  ];
  printTitledTable(
    io,
    { title: 'Exposure', method: exposure.method, headings: ['', ...SUMMARY_HEADINGS] },
    rows,
  );
  io.out(`First course, number of infusions: subjects. ${formatCounts(exposure.firstCourse.counts)}\n`);
  io.out(`All subjects: ${formatCounts(exposure.events)}\n`);
}

function printTransfusions(io: Io, { periods, method, events }: TransfusionTable): void {
  const rows = periods.map(({ name, of, components }) => [
    name,
    of,
    ...(['red-cells', 'platelets', 'any'] as const).flatMap((component) => {
      const burden = components[component];
      return [burden.counts.transfused, burden.events.transfusions, formatNumber(burden.meanUnits)];
    }),
  ]);
  const products = ['red cells', 'platelets', 'product unknown'];
  const headings = products.flatMap((product) => [
    `${product}: subjects`,
    'transfusions',
    'mean units, at least',
  ]);
  printTitledTable(io, { title: 'Transfusions', method, headings: ['days', 'observed', ...headings] }, rows);
  if (events.unplaced > 0) io.out(`Between two periods by a partial date: ${events.unplaced}\n`);
}

/** Prints the baseline, the exposure and the transfusions. */
export function printBaselineTables(io: Io, tables: ReportTables): void {
  printBaseline(io, tables.baseline);
  printExposure(io, tables.exposure);
  printTransfusions(io, tables.transfusions);
}
