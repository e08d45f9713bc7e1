import type { Command } from 'commander';
import type { StudyReportWithOpenWork } from '../../service/study-queries.ts';
import type { LateEventShare } from '../../trial/endpoints/late-events.ts';
import type { PredictorTable } from '../../trial/endpoints/response-predictors.ts';
import type { Share, StudyReport } from '../../trial/endpoints/study-report.ts';
import type { TimeToResponse } from '../../trial/endpoints/time-summaries.ts';
import { type AsOfOptions, addAsOfOptions, parseAsOf } from '../as-of-options.ts';
import {
  type CommandContext,
  resolveStudy,
  type StoreCommandOptions,
  withExistingStore,
} from '../command-context.ts';
import { addJsonOption, addStoreOptions, addStudyOption, createCommand } from '../command-options.ts';
import { formatTable, type Io, pluralise, printJson } from '../terminal.ts';

interface ReportOptions extends StoreCommandOptions, AsOfOptions {
  readonly study?: string;
  readonly json: boolean;
}

const formatOneDecimal = (value: number): string => value.toFixed(1);

/** Formats a p-value with four decimal places, or as `<0.0001`, so that none is printed as 0. */
const formatPValue = (p: number): string => (p < 0.0001 ? '<0.0001' : p.toFixed(4));

const formatRatio = (ratio: number | null): string =>
  ratio === null ? '∞' : Number(ratio.toPrecision(4)).toString();

function toShareRow(name: string, share: Share & { readonly ci95?: readonly [number, number] }): string[] {
  const interval = share.ci95 ? `${formatOneDecimal(share.ci95[0])}–${formatOneDecimal(share.ci95[1])}` : '';
  return [name, `${share.count}/${share.of}`, `${formatOneDecimal(share.percent)} %`, interval];
}

function toTimeRow(name: string, { median, min, max, subjects }: TimeToResponse): string[] {
  if (median === null) return [name, '0', '(none)', ''];
  return [name, String(subjects), String(median), `${min}–${max}`];
}

function toPredictorRow({
  says,
  with: present,
  without: absent,
  p,
  oddsRatio,
  ci95,
}: PredictorTable): string[] {
  const limits = `${formatRatio(ci95[0] ?? 0)}–${formatRatio(ci95[1])}`;
  const ratio = oddsRatio === null ? '(none)' : formatRatio(oddsRatio);
  return [
    says,
    `${present.responders}/${present.of}`,
    `${absent.responders}/${absent.of}`,
    formatPValue(p),
    ratio,
    limits,
  ];
}

function toLaterEventRows(name: string, event: LateEventShare | undefined): string[][] {
  return event
    ? [[name, `${event.count}/${event.of}`, `${formatOneDecimal(event.percent)} %`, String(event.open)]]
    : [];
}

/** Prints relapse and clonal evolution, if a criteria set states a rule for them. */
function printLaterEvents(io: Io, report: StudyReport): void {
  const rows = [
    ...toLaterEventRows('relapse', report.relapse),
    ...toLaterEventRows('clonal evolution', report.clonalEvolution),
    ...toLaterEventRows('  high-risk', report.highRiskClonalEvolution),
  ];
  if (rows.length === 0) return;
  io.out(`\n${formatTable(['after the response', 'subjects', 'percent', 'cannot be determined'], rows)}`);
  for (const event of [report.relapse, report.clonalEvolution]) {
    if (event) io.out(`${event.definition}\n`);
  }
}

function printResponse(io: Io, { response, alive, timeToResponseDays }: StudyReport): void {
  io.out(`Response: ${response.definition}\n\n`);
  io.out(
    formatTable(
      ['', 'subjects', 'percent', '95 % CI'],
      [
        toShareRow('response', response.overall),
        toShareRow('  complete', response.complete),
        toShareRow('  partial', response.partial),
        toShareRow('no response', response.none),
        toShareRow('not evaluable', response.notEvaluable),
        toShareRow('alive', alive),
      ],
    ),
  );
  const rows = Object.entries(timeToResponseDays).map(([lineage, time]) => toTimeRow(lineage, time));
  io.out(`\n${formatTable(['days to response', 'subjects', 'median', 'range'], rows)}\n`);
}

function printSurvival(io: Io, { followUpMonths, survival }: StudyReport): void {
  if (followUpMonths) {
    const reverse = followUpMonths.reverseKaplanMeier.median ?? 'not reached';
    io.out(`Follow-up: median ${followUpMonths.median} months (reverse Kaplan-Meier: ${reverse})\n`);
  }
  if (survival) {
    const interval = survival.ci95
      ? ` (95 % CI ${formatOneDecimal(survival.ci95[0])}–${formatOneDecimal(survival.ci95[1])} %)`
      : '';
    io.out(`Survival at ${survival.months} months: ${formatOneDecimal(survival.survival)} %${interval}\n`);
  }
}

function printReport(io: Io, report: StudyReport): void {
  const size = `${pluralise(report.subjects, 'subject')} at ${pluralise(report.sites, 'site')}`;
  io.out(`${report.study} on ${report.asOf}: ${size}, ${report.infused} infused\n`);
  printResponse(io, report);
  printSurvival(io, report);
  printLaterEvents(io, report);
  const predictors = report.predictors.map(toPredictorRow);
  io.out(`\n${formatTable(['response and', 'with', 'without', 'p', 'odds ratio', '95 % CI'], predictors)}`);
  const events = report.adverseEvents.map(({ term, subjects, serious, atBaseline }) => [
    term,
    subjects,
    serious,
    atBaseline,
  ]);
  io.out(`\n${formatTable(['adverse event', 'subjects', 'serious', 'as at baseline'], events)}`);
}

/** Prints the open work that the figures do not count yet, if there is any. */
function printOpenWork(io: Io, { alive, openWork }: StudyReportWithOpenWork): void {
  const { items, resources, byReason, deathsWithoutDay } = openWork;
  if (items === 0) return;
  const reasons = byReason.map((entry) => `${entry.reason} ${entry.resources}`).join(', ');
  io.out(
    `\nNot counted: ${pluralise(resources, 'resource')} held by ${pluralise(items, 'open work item')} at these sites ` +
      `(${reasons}). Run work list.\n`,
  );
  const dead = deathsWithoutDay.length;
  if (dead === 0) return;
  io.out(
    `${pluralise(dead, 'subject')} reported dead without a day. These deaths are not counted: as few as ` +
      `${alive.count - dead}/${alive.of} may be alive (${deathsWithoutDay.join(', ')}).\n`,
  );
}

async function runReport(context: CommandContext, options: ReportOptions): Promise<void> {
  const { io } = context;
  await withExistingStore(context, options, async (service) => {
    const report = await service.report({
      study: resolveStudy(service, options.study),
      asOf: parseAsOf(options),
    });
    if (options.json) printJson(io, report);
    else {
      printReport(io, report);
      printOpenWork(io, report);
    }
  });
}

/** Creates `report`: the endpoints of a study. */
export function createReportCommand(context: CommandContext): Command {
  const command = createCommand('report', 'print the endpoints of a study', ['report --study msc-aa --json']);
  return addJsonOption(addStudyOption(addStoreOptions(addAsOfOptions(command)))).action(
    (options: ReportOptions) => runReport(context, options),
  );
}
