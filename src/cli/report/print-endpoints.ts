import type { StudyReportWithOpenWork } from '../../service.ts';
import { formatSignOff, isSignedOff } from '../../trial/criteria/sign-off.ts';
import type { LateEventShare } from '../../trial/endpoints/late-events.ts';
import type { PredictorTable } from '../../trial/endpoints/response-predictors.ts';
import type { Share, StudyReport } from '../../trial/endpoints/study-report.ts';
import type { TimeToResponse } from '../../trial/endpoints/time-summaries.ts';
import { formatTable, type Io, pluralise } from '../terminal.ts';
import { formatOneDecimal, formatPValue, formatRatio } from './format-figures.ts';

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
export function printLaterEvents(io: Io, report: StudyReport): void {
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

/** Prints which criteria are signed off; a figure under criteria that are not is not to be relied on. */
export function printSignOffs(io: Io, criteriaSets: StudyReportWithOpenWork['criteriaSets']): void {
  const texts = criteriaSets.map(
    ({ id, version, signedOff }) => `${id} ${version} ${formatSignOff(signedOff)}`,
  );
  const unsigned = criteriaSets.filter(({ signedOff }) => !isSignedOff(signedOff)).length;
  if (unsigned > 0)
    io.out(`PROVISIONAL: ${unsigned} of ${criteriaSets.length} criteria sets are not signed off.\n`);
  io.out(`Criteria: ${texts.join('; ')}\n`);
}

/** Prints the response, and the days to it. */
export function printResponse(io: Io, report: StudyReport): void {
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
        toShareRow('not evaluable, overall', response.notEvaluable),
        toShareRow('alive (no estimate of survival)', alive),
      ],
    ),
  );
  const rows = Object.entries(timeToResponseDays).map(([lineage, time]) => toTimeRow(lineage, time));
  io.out(`\n${formatTable(['days to response', 'subjects', 'median', 'range'], rows)}\n`);
}

/** Prints follow-up and survival. */
export function printSurvival(io: Io, { followUpMonths, survival }: StudyReport): void {
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

/** Prints the predictors of a response, and the adverse events. */
export function printPredictorsAndEvents(io: Io, report: StudyReport): void {
  const predictors = report.predictors.map(toPredictorRow);
  io.out("\nResponse by predictor: exploratory, not adjusted; Fisher's exact test, conditional odds ratio\n");
  const headings = ['predictor', 'response with it', 'response without it', 'p', 'odds ratio', '95 % CI'];
  io.out(formatTable(headings, predictors));
  for (const { says, caveat } of report.predictors) if (caveat !== null) io.out(`${says}: ${caveat}\n`);
  const events = report.adverseEvents.map(({ term, subjects, serious, atBaseline }) => [
    term,
    subjects,
    serious,
    atBaseline,
  ]);
  io.out(`\n${formatTable(['adverse event', 'subjects', 'serious', 'as at baseline'], events)}`);
}
