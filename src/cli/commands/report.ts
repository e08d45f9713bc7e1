import type { Command } from 'commander';
import type { StudyReportWithOpenWork } from '../../service/study-queries.ts';
import type { OpenWork } from '../../service.ts';
import { formatSignOff } from '../../trial/criteria/sign-off.ts';
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

/** Prints whose class counts, where it is not the engine's. */
function printPrimaryAssessor(io: Io, { response, bestResponses }: StudyReport): void {
  if (response.primaryAssessor === 'engine') return;
  const instead = bestResponses.filter(({ assessor }) => assessor === 'engine-instead').length;
  io.out(
    `Primary: the class of the investigator. ${pluralise(instead, 'subject')} without one: the class of the engine counts.\n\n`,
  );
}

function printResponse(io: Io, report: StudyReport): void {
  const { response, alive, timeToResponseDays } = report;
  io.out(`Response: ${response.definition}\n\n`);
  printPrimaryAssessor(io, report);
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

/** Prints which criteria are signed off; a figure under criteria that are not is not to be relied on. */
function printSignOffs(io: Io, { criteriaSets }: StudyReportWithOpenWork): void {
  const texts = criteriaSets.map(
    ({ id, version, signedOff }) => `${id} ${version} ${formatSignOff(signedOff)}`,
  );
  io.out(`Criteria: ${texts.join('; ')}\n`);
}

function printReport(io: Io, report: StudyReportWithOpenWork): void {
  const size = `${pluralise(report.subjects, 'subject')} at ${pluralise(report.sites, 'site')}`;
  io.out(`${report.study} on ${report.asOf}: ${size}, ${report.infused} infused\n`);
  printSignOffs(io, report);
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

/** Prints how many subjects may be dead whom the figures count as alive, if there are any. */
function printPossibleDeaths(io: Io, { alive, openWork }: StudyReportWithOpenWork): void {
  const { deathsWithoutDay, contradictions } = openWork;
  const undated = deathsWithoutDay.length;
  if (undated > 0)
    io.out(
      `${pluralise(undated, 'subject')} reported dead without a day. These deaths are not counted: as few as ` +
        `${alive.count - undated}/${alive.of} may be alive (${deathsWithoutDay.join(', ')}).\n`,
    );
  const fatal =
    contradictions.byKind.find(({ kind }) => kind === 'fatal-event-without-death')?.subjects ?? [];
  if (fatal.length === 0) return;
  const possible = new Set([...deathsWithoutDay, ...fatal]);
  io.out(
    `${pluralise(fatal.length, 'subject')} with a fatal event and no death: as few as ` +
      `${alive.count - possible.size}/${alive.of} may be alive (${[...possible].sort().join(', ')}).\n`,
  );
}

const formatFigureName = (figure: string): string =>
  figure.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Prints the contradictions between facts that are in the figures as they are, if there are any. */
function printContradictions(io: Io, { contradictions }: OpenWork): void {
  if (contradictions.items === 0) return;
  const rows = contradictions.byKind.map(({ says, items, subjects, figures }) => [
    says,
    items,
    subjects.join(', '),
    figures.map(formatFigureName).join(', '),
  ]);
  const size = `${pluralise(contradictions.items, 'open contradiction')} between facts of ${pluralise(contradictions.subjects.length, 'subject')}`;
  io.out(`\n${size}. The facts are counted as they are. Run work list.\n`);
  io.out(formatTable(['contradiction', 'open', 'subjects', 'can change'], rows));
}

/** Prints the held resources that the figures do not count yet, if there are any. */
function printHeldWork(io: Io, { byReason, contradictions }: OpenWork): void {
  const asked = new Map(contradictions.byReason.map((entry) => [entry.reason, entry]));
  const held = byReason
    .map(({ reason, items, resources }) => ({
      reason,
      items: items - (asked.get(reason)?.items ?? 0),
      resources: resources - (asked.get(reason)?.resources ?? 0),
    }))
    .filter(({ items }) => items > 0);
  if (held.length === 0) return;
  const resources = held.reduce((sum, entry) => sum + entry.resources, 0);
  const items = held.reduce((sum, entry) => sum + entry.items, 0);
  const reasons = held.map((entry) => `${entry.reason} ${entry.resources}`).join(', ');
  io.out(
    `\nNot counted: ${pluralise(resources, 'resource')} held by ${pluralise(items, 'open work item')} at these sites ` +
      `(${reasons}). Run work list.\n`,
  );
}

/** Prints the open work: what the figures do not count yet, and what they count though it is contradicted. */
function printOpenWork(io: Io, report: StudyReportWithOpenWork): void {
  printHeldWork(io, report.openWork);
  printContradictions(io, report.openWork);
  printPossibleDeaths(io, report);
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
