import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AdapterCli, createAdapterCli, type RunningService } from './adapter-cli.ts';
import { type Cohort, generateCohort } from './cohort/generate-cohort.ts';
import { DEMO_HELP, type DemoOptions, parseDemoOptions, prepareFolders } from './demo-options.ts';
import { exportAllFormats, printChangedCells } from './export-study.ts';
import { type Hospital, openHospitals, writeConfig, writeEnrolmentFile } from './hospitals.ts';
import { findEhrBestResponse, printEhrContents, printObservation, readResponseClass } from './print-ehr.ts';
import {
  type CorrectionOutcome,
  listCorrectionFigures,
  listPublishedFigures,
  printFigureComparison,
  type StudySummary,
} from './published-figures.ts';
import { countVersions, pushDeliveries } from './push-deliveries.ts';
import { listOutbox, type OutboxListEntry, waitUntilDelivered } from './wait-for-delivery.ts';

interface DemoContext {
  readonly options: DemoOptions;
  readonly cohort: Cohort;
  readonly hospitals: readonly Hospital[];
  readonly adapterCli: AdapterCli;
}

interface OpenWorkItem {
  readonly site: string;
  readonly reason: string;
  readonly group: string;
  readonly status: string;
  readonly count: number;
}

const startedAt = performance.now();

function printStep(what: string): void {
  console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)} s  ${what}`);
}

async function main(): Promise<number> {
  const options = parseDemoOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(DEMO_HELP);
    return 0;
  }
  const wrong = 'usage' in options ? options.usage : prepareFolders(options);
  if ('usage' in options || wrong !== null) {
    console.error(`${wrong}\n(--help shows what is possible)`);
    return 2;
  }
  return demonstrate(options);
}

async function demonstrate(options: DemoOptions): Promise<number> {
  const cohort = generateCohort(options.seed);
  const hospitals = await openHospitals(cohort);
  printStep(
    `${hospitals.length} hospitals with their EHRs are up, ${cohort.truth.length} subjects are made (seed ${options.seed})`,
  );
  const config = join(options.out, 'trial-adapter.json');
  const adapter = createAdapterCli(config, options.data, join(options.out, 'service.log'));
  const stage: DemoContext = { options, cohort, hospitals, adapterCli: adapter };
  try {
    writeConfig(config, options.data, hospitals, true);
    await enrolSubjects(stage);
    await sendHistory(stage);
    // The history is in: from now on every change is written back as it is judged.
    writeConfig(config, options.data, hospitals, false);
    return await withService(adapter, (service) => writeBackAndCorrect(stage, service));
  } finally {
    await Promise.all(hospitals.map(({ ehr }) => ehr.stop()));
  }
}

async function withService<T>(
  adapter: AdapterCli,
  work: (service: RunningService) => Promise<T>,
): Promise<T> {
  const service = await adapter.startService();
  try {
    return await work(service);
  } finally {
    await service.stop();
  }
}

async function enrolSubjects({ options, cohort, adapterCli: adapter }: DemoContext): Promise<void> {
  const file = join(options.out, 'enrolment.csv');
  const rows = writeEnrolmentFile(file, cohort);
  await adapter.runCommand('enroll', file, '--study', cohort.study);
  printStep(
    `${rows} subjects are enrolled from a file, ${cohort.truth.length - rows} will be by their hospital`,
  );
}

const PROGRESS_MS = 5000;

/** All hospitals at once, each in its own order. What is judged meanwhile is kept back until the history is complete. */
async function sendHistory({ hospitals, adapterCli: adapter }: DemoContext): Promise<void> {
  await withService(adapter, async ({ baseUrl: base }) => {
    printStep('the service is up, the hospitals send');
    const all = hospitals
      .flatMap(({ cohort }) => cohort.deliveries)
      .reduce((sum, one) => sum + countVersions(one), 0);
    let gone = 0;
    const progress = (resources: number) => {
      gone += resources;
    };
    const timer = setInterval(() => printStep(`${gone} of ${all}`), PROGRESS_MS);
    const sends = hospitals.map(({ cohort, token }) =>
      pushDeliveries({ baseUrl: base, token, onProgress: progress }, cohort.deliveries),
    );
    const sent = await Promise.all(sends).finally(() => clearInterval(timer));
    const requests = sent.reduce((sum, one) => sum + one.requests, 0);
    printStep(`${all} resource versions were accepted in ${requests} requests`);
    for (const [i, { requests: n, resources: r, statuses }] of sent.entries()) {
      const by = [...statuses].map(([status, times]) => `${times} x ${status}`).join(', ');
      console.log(`         ${hospitals[i]?.cohort.site}: ${r} in ${n} requests (${by})`);
    }
  });
}

async function writeBackAndCorrect(stage: DemoContext, service: RunningService): Promise<number> {
  const { cohort, hospitals, adapterCli: adapter, options } = stage;
  const rows = await waitUntilDelivered(
    adapter,
    hospitals,
    (all) => all.filter(isBestResponse).length === cohort.truth.length,
  );
  printStep(`all is judged, ${rows.length} assessments, issues and proposals are in the EHRs`);
  const summary = await readReport(adapter, cohort.study);
  const differ = printFigureComparison('Against the publication', listPublishedFigures(summary));
  await printEhrContents(hospitals);
  await printOpenWork(adapter);
  await exportAllFormats(adapter, cohort.study, join(options.out, 'exports'));
  printStep('the study is exported');
  const { correction, after } = await sendCorrection(stage, service);
  const corrected = join(options.out, 'exports-after-correction');
  await printChangedCells(adapter, cohort.study, join(options.out, 'exports'), corrected);
  writeFileSync(
    join(options.out, 'summary.json'),
    `${JSON.stringify({ ...summary, correction }, null, 2)}\n`,
  );
  const wrong =
    differ + printFigureComparison('The correction', listCorrectionFigures(correction, summary, after));
  printStep(wrong === 0 ? 'every figure is as expected' : `${wrong} figures differ`);
  console.log(`         summary in ${join(options.out, 'summary.json')}, store in ${options.data}`);
  return wrong === 0 ? 0 : 1;
}

function isBestResponse({ identifier }: OutboxListEntry): boolean {
  return identifier.includes('.all.overall.');
}

async function readReport(adapter: AdapterCli, study: string): Promise<StudySummary> {
  return JSON.parse(await adapter.runCommand('report', '--study', study, '--json')) as StudySummary;
}

/** What the adapter would not guess: one line a decision that a person must take. */
async function printOpenWork(adapter: AdapterCli): Promise<void> {
  const items = JSON.parse(await adapter.runCommand('work', 'list', '--json')) as OpenWorkItem[];
  console.log('\nWaiting for a person');
  for (const { site, reason, group, count } of items.filter((item) => item.status === 'open')) {
    console.log(`      ${site}: ${reason} ${group}, ${count} resources`);
  }
}

/** The laboratory sends one platelet count again, lower than at first. */
async function sendCorrection(
  stage: DemoContext,
  service: RunningService,
): Promise<{ correction: CorrectionOutcome; after: StudySummary }> {
  const { cohort, hospitals, adapterCli: adapter } = stage;
  const { subject, site, delivery } = cohort.correction;
  const hospital = hospitals.find((one) => one.cohort.site === site);
  if (!hospital) throw new Error(`there is no ${site}`);
  const before = await findEhrBestResponse(hospital, subject);
  printObservation(`Before the correction: ${subject} at ${site}`, before);
  const generation = (rows: readonly OutboxListEntry[]) =>
    rows.find((row) => isBestResponse(row) && row.subject === subject)?.generation ?? 0;
  const told = generation(await listOutbox(adapter));
  await pushDeliveries({ baseUrl: service.baseUrl, token: hospital.token }, [delivery]);
  await waitUntilDelivered(adapter, [hospital], (rows) => generation(rows) > told);
  const now = await findEhrBestResponse(hospital, subject);
  printObservation('After the laboratory corrected one platelet count', now);
  const correction = {
    subject,
    before: readResponseClass(before),
    after: readResponseClass(now),
    ehrStatus: now.status,
  };
  return { correction, after: await readReport(adapter, cohort.study) };
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`The demonstration stopped. ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
