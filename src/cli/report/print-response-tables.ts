import type { CountedShare } from '../../trial/endpoints/counted-share.ts';
import type { AnalysisSets } from '../../trial/endpoints/populations/analysis-sets.ts';
import type { ReportTables } from '../../trial/endpoints/report-tables.ts';
import type { ResponseAtVisits } from '../../trial/endpoints/response/response-at-visits.ts';
import type { SensitivityTable } from '../../trial/endpoints/response/sensitivity.ts';
import type { SubgroupTable } from '../../trial/endpoints/response/subgroups.ts';
import type { TwoStageTable } from '../../trial/endpoints/response/two-stage.ts';
import type { Io } from '../terminal.ts';
import { formatLimits, formatNumber, formatOneDecimal, formatPValue } from './format-figures.ts';
import { printTitledTable } from './print-table.ts';

/** Formats a share as count, percent and limits. */
function toRateCells({ count, of, percent, limits }: CountedShare): readonly string[] {
  return [`${count}/${of}`, percent === null ? '-' : formatOneDecimal(percent), formatLimits(limits)];
}

function printAnalysisSets(io: Io, { sets, response, excluded, exclusions, method }: AnalysisSets): void {
  const rows = Object.entries(sets).map(([name, { count, of }]) => [
    name,
    `${count}/${of}`,
    ...toRateCells(response[name as keyof AnalysisSets['response']]),
  ]);
  const headings = ['set', 'subjects', 'response', 'percent', '95 % CI'];
  printTitledTable(io, { title: 'Analysis sets', method, headings }, rows);
  const reasons = (['evaluable', 'perProtocol'] as const).flatMap((set) =>
    Object.entries(excluded[set].counts)
      .filter(([, count]) => count > 0)
      .map(([reason, count]) => {
        const subjects = exclusions.filter((entry) => entry[set].some((own) => own === reason));
        return [set, reason, count, subjects.map(({ subject }) => subject).join(', ')];
      }),
  );
  if (reasons.length === 0) return;
  const excludedHeadings = ['not in', 'because', 'subjects', 'who'];
  printTitledTable(io, { title: 'Excluded', headings: excludedHeadings }, reasons);
}

function printVisits(io: Io, { visits, method }: ResponseAtVisits): void {
  const rows = Object.values(visits).flatMap(({ visit, populations, lineages }) =>
    [
      ...Object.entries(populations).map(([name, tally]) => [name, tally] as const),
      ...Object.entries(lineages).map(([name, tally]) => [`  ${name}`, tally] as const),
    ].map(([name, { counts, response }]) => [
      visit,
      name,
      ...[counts.CR, counts.PR, counts.NR, counts.NE, counts.missed, counts.died],
      counts['not-due'],
      counts.withdrawn + counts['not-treated'],
      ...toRateCells(response),
    ]),
  );
  const states = ['CR', 'PR', 'NR', 'NE', 'missed', 'died', 'not due', 'withdrawn or not treated'];
  const headings = ['visit', 'of', ...states, 'response', 'percent', '95 % CI'];
  printTitledTable(io, { title: 'Response at each visit', method, headings }, rows);
  const missing = Object.values(visits)
    .map(({ visit, missing: { counts }, subsets }) => [
      visit,
      ...[counts.anc, counts.hemoglobin, counts.platelets, counts.reticulocytes],
      ...[subsets.counts.pending, subsets.counts.censored],
    ])
    .filter(([, ...counts]) => counts.some((count) => Number(count) > 0));
  if (missing.length === 0) return;
  const analytes = ['visit', 'no neutrophils', 'no haemoglobin', 'no platelets', 'no reticulocytes'];
  const all = [...analytes, 'confirmation pending', 'class after the end of observation'];
  printTitledTable(io, { title: 'Missing data at visits, subjects', headings: all }, missing);
}

function printSensitivity(io: Io, { rows, notAssessed, method }: SensitivityTable): void {
  const cells = rows.map(({ name, says, response, complete, changed }) => [
    name,
    ...toRateCells(response),
    complete.count,
    changed.count,
    says,
  ]);
  const headings = ['rule', 'response', 'percent', '95 % CI', 'complete', 'other class', 'what differs'];
  printTitledTable(io, { title: 'Overall response under other rules', method, headings }, cells);
  if (notAssessed.length > 0) io.out(`Not assessed: ${notAssessed.join(', ')}. Run report --sensitivity.\n`);
}

function printSubgroups(io: Io, { factors, method }: SubgroupTable): void {
  const rows = factors.flatMap(({ name, levels, heterogeneity, interaction }) =>
    levels.map((level, i) => [
      i === 0 ? name : '',
      level.name,
      ...toRateCells(level.response),
      i === 0 ? formatPValue(heterogeneity.p) : '',
      i === 0 ? formatPValue(interaction?.p) : '',
    ]),
  );
  const headings = [
    'subgroup',
    'level',
    'response',
    'percent',
    '95 % CI',
    'p, levels differ',
    'p, interaction with previous agent',
  ];
  printTitledTable(io, { title: 'Response in subgroups', method, headings }, rows);
}

function printTwoStage(io: Io, { stages, design, method, result }: TwoStageTable): void {
  const rows = Object.entries(stages).map(([name, stage]) => [
    ...[name, `${stage.treated}/${stage.planned}`, stage.responders],
    ...[`> ${stage.bound}`, stage.notFinal, stage.state],
  ]);
  const headings = ['stage', 'treated', 'responders', 'needed', 'not final', 'state'];
  printTitledTable(io, { title: 'Two-stage design', method, headings }, rows);
  io.out(`alpha ${formatNumber(design.alpha, 4)}, power ${formatNumber(design.power, 4)}\n`);
  if (!result) return;
  const [low = null, high = null] = result.limits;
  io.out(`p ${formatPValue(result.p)}, 95 % CI ${formatLimits([low, high])}\n`);
}

/** Prints sets of subjects, response at visits, under other rules and in subgroups, and the two-stage design. */
export function printResponseTables(io: Io, tables: ReportTables): void {
  printAnalysisSets(io, tables.analysisSets);
  printVisits(io, tables.responseAtVisits);
  printSensitivity(io, tables.sensitivity);
  printSubgroups(io, tables.subgroups);
  if (tables.twoStage) printTwoStage(io, tables.twoStage);
}
