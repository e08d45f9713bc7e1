import type { Command } from 'commander';
import type { ReportWithWork } from '../service.ts';
import type { EventShare } from '../trial/endpoints/later-events.ts';
import type { Predictor } from '../trial/endpoints/predictors.ts';
import type { Report, Share } from '../trial/endpoints/report.ts';
import type { TimeTo } from '../trial/endpoints/times.ts';
import { type AsOfOptions, asOfFrom, withAsOf } from './as-of.ts';
import { command, withJson, withStore, withStudy } from './options.ts';
import { type Session, type StoreOptions, studyOf, withStored } from './session.ts';
import { type Io, plural, printJson, table } from './terminal.ts';

interface ReportOptions extends StoreOptions, AsOfOptions {
  readonly study?: string;
  readonly json: boolean;
}

const fixed = (value: number): string => value.toFixed(1);

/** `<0.0001`, else four places: no p-value is 0. */
const pWords = (p: number): string => (p < 0.0001 ? '<0.0001' : p.toFixed(4));

const ratioWords = (ratio: number | null): string =>
  ratio === null ? '∞' : Number(ratio.toPrecision(4)).toString();

function shareRow(name: string, share: Share & { readonly ci95?: readonly [number, number] }): string[] {
  const interval = share.ci95 ? `${fixed(share.ci95[0])}–${fixed(share.ci95[1])}` : '';
  return [name, `${share.count}/${share.of}`, `${fixed(share.percent)} %`, interval];
}

function timeRow(name: string, { median, min, max, subjects }: TimeTo): string[] {
  if (median === null) return [name, '0', '(nobody)', ''];
  return [name, String(subjects), String(median), `${min}–${max}`];
}

function predictorRow({ says, with: yes, without: no, p, oddsRatio, ci95 }: Predictor): string[] {
  const limits = `${ratioWords(ci95[0] ?? 0)}–${ratioWords(ci95[1])}`;
  const ratio = oddsRatio === null ? '(none)' : ratioWords(oddsRatio);
  return [says, `${yes.responders}/${yes.of}`, `${no.responders}/${no.of}`, pWords(p), ratio, limits];
}

function laterRow(name: string, event: EventShare | undefined): string[][] {
  return event ? [[name, `${event.count}/${event.of}`, `${fixed(event.percent)} %`, String(event.open)]] : [];
}

/** Relapse and clonal evolution, where a set states a rule for them. */
function printLater(io: Io, report: Report): void {
  const rows = [
    ...laterRow('relapse', report.relapse),
    ...laterRow('clonal evolution', report.clonalEvolution),
    ...laterRow('  high-risk', report.highRiskClonalEvolution),
  ];
  if (rows.length === 0) return;
  io.out(`\n${table(['after the response', 'subjects', 'percent', 'cannot be told'], rows)}`);
  for (const event of [report.relapse, report.clonalEvolution]) {
    if (event) io.out(`${event.definition}\n`);
  }
}

function print(io: Io, report: Report): void {
  const { response, timeToResponseDays: times, followUpMonths, survival } = report;
  const size = `${plural(report.subjects, 'subject')} at ${plural(report.sites, 'site')}`;
  io.out(`${report.study} on ${report.asOf}: ${size}, ${report.infused} infused\n`);
  io.out(`Response: ${response.definition}\n\n`);
  io.out(
    table(
      ['', 'subjects', 'percent', '95 % CI'],
      [
        shareRow('response', response.overall),
        shareRow('  complete', response.complete),
        shareRow('  partial', response.partial),
        shareRow('no response', response.none),
        shareRow('not evaluable', response.notEvaluable),
        shareRow('alive', report.alive),
      ],
    ),
  );
  const rows = Object.entries(times).map(([lineage, time]) => timeRow(lineage, time));
  io.out(`\n${table(['days to response', 'subjects', 'median', 'range'], rows)}\n`);
  if (followUpMonths) {
    const reverse = followUpMonths.reverseKaplanMeier.median ?? 'not reached';
    io.out(`Follow-up: median ${followUpMonths.median} months (reverse Kaplan-Meier: ${reverse})\n`);
  }
  if (survival) {
    const interval = survival.ci95
      ? ` (95 % CI ${fixed(survival.ci95[0])}–${fixed(survival.ci95[1])} %)`
      : '';
    io.out(`Survival at ${survival.months} months: ${fixed(survival.survival)} %${interval}\n`);
  }
  printLater(io, report);
  io.out(
    `\n${table(['response and', 'with', 'without', 'p', 'odds ratio', '95 % CI'], report.predictors.map(predictorRow))}`,
  );
  const events = report.adverseEvents.map(({ term, subjects, serious, atBaseline }) => [
    term,
    subjects,
    serious,
    atBaseline,
  ]);
  io.out(`\n${table(['adverse event', 'subjects', 'serious', 'as at baseline'], events)}`);
}

/** What the figures do not count yet; nothing where nothing is held back. */
function printOpenWork(io: Io, { alive, openWork }: ReportWithWork): void {
  const { items, resources, byReason, deathsWithoutDay } = openWork;
  if (items === 0) return;
  const reasons = byReason.map((one) => `${one.reason} ${one.resources}`).join(', ');
  io.out(
    `\nNot counted: ${plural(items, 'open work item')} at these sites, for which ${plural(resources, 'resource')} ` +
      `${resources === 1 ? 'waits' : 'wait'} now (${reasons}). See work list.\n`,
  );
  const dead = deathsWithoutDay.length;
  if (dead === 0) return;
  io.out(
    `${plural(dead, 'subject')} reported dead without a day: no death is counted, and as few as ` +
      `${alive.count - dead}/${alive.of} may be alive (${deathsWithoutDay.join(', ')}).\n`,
  );
}

async function report(session: Session, options: ReportOptions): Promise<void> {
  const { io } = session;
  await withStored(session, options, async (service) => {
    const made = await service.report({ study: studyOf(service, options.study), asOf: asOfFrom(options) });
    if (options.json) printJson(io, made);
    else {
      print(io, made);
      printOpenWork(io, made);
    }
  });
}

/** `report`: the study's endpoints. */
export function reportCommand(session: Session): Command {
  const made = command('report', 'print the endpoints of a study', ['report --study msc-aa --json']);
  return withJson(withStudy(withStore(withAsOf(made)))).action((options: ReportOptions) =>
    report(session, options),
  );
}
