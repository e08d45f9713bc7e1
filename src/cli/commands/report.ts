import type { Command } from 'commander';
import type { StudyReportWithOpenWork } from '../../service.ts';
import { type AsOfOptions, addAsOfOptions, parseAsOf } from '../as-of-options.ts';
import {
  type CommandContext,
  resolveStudy,
  type StoreCommandOptions,
  withExistingStore,
} from '../command-context.ts';
import {
  addJsonOption,
  addReplicaOption,
  addStoreOptions,
  addStudyOption,
  createCommand,
} from '../command-options.ts';
import { printBaselineTables } from '../report/print-baseline-tables.ts';
import {
  printLaterEvents,
  printPredictorsAndEvents,
  printResponse,
  printSignOffs,
  printSurvival,
} from '../report/print-endpoints.ts';
import { printOpenWork } from '../report/print-open-work.ts';
import { printResponseTables } from '../report/print-response-tables.ts';
import { printSafetyTables } from '../report/print-safety-tables.ts';
import { printTimeTables } from '../report/print-time-tables.ts';
import { type Io, pluralise, printJson } from '../terminal.ts';

interface ReportOptions extends StoreCommandOptions, AsOfOptions {
  readonly study?: string;
  readonly json: boolean;
  readonly sensitivity?: boolean;
}

function printReport(io: Io, report: StudyReportWithOpenWork): void {
  const size = `${pluralise(report.subjects, 'subject')} at ${pluralise(report.sites, 'site')}`;
  io.out(`${report.study} on ${report.asOf}: ${size}, ${report.infused} infused\n`);
  printSignOffs(io, report.criteriaSets);
  printResponse(io, report);
  printSurvival(io, report);
  printLaterEvents(io, report);
  printPredictorsAndEvents(io, report);
  printResponseTables(io, report.tables);
  printTimeTables(io, report.tables);
  printBaselineTables(io, report.tables);
  printSafetyTables(io, report.tables);
}

async function runReport(context: CommandContext, options: ReportOptions): Promise<void> {
  const { io } = context;
  await withExistingStore(context, options, async (service) => {
    const report = await service.report({
      study: await resolveStudy(service, options.study),
      asOf: parseAsOf(options),
      withSensitivity: options.sensitivity === true,
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
  const command = createCommand('report', 'print the endpoints of a study', [
    'report --study msc-aa --json',
    'report --sensitivity',
  ]);
  command.option(
    '--sensitivity',
    "assess every subject again under each variant of the protocol's analysis (takes about twice as long)",
  );
  return addJsonOption(addStudyOption(addReplicaOption(addStoreOptions(addAsOfOptions(command))))).action(
    (options: ReportOptions) => runReport(context, options),
  );
}
