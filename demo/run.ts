import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AdapterCli, createAdapterCli, type RunningService } from './adapter-cli.ts';
import { type Cohort, generateCohort } from './cohort/generate-cohort.ts';
import { DEMO_HELP, type DemoOptions, parseDemoOptions, prepareFolders } from './demo-options.ts';
import { describeError } from './describe-error.ts';
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

function printStep(text: string): void {
  console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)} s  ${text}`);
}

async function main(): Promise<number> {
  const options = parseDemoOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(DEMO_HELP);
    return 0;
  }
  const usageError = 'usage' in options ? options.usage : prepareFolders(options);
  if ('usage' in options || usageError !== null) {
    console.error(`${usageError}\n(--help lists the options)`);
    return 2;
  }
  return demonstrate(options);
}

async function demonstrate(options: DemoOptions): Promise<number> {
  const cohort = generateCohort(options.seed);
  const hospitals = await openHospitals(cohort);
  printStep(
    `${hospitals.length} hospitals and their EHRs are running, ${cohort.truth.length} subjects were generated (seed ${options.seed})`,
  );
  const config = join(options.out, 'trial-adapter.json');
  const adapterCli = createAdapterCli(config, options.data, join(options.out, 'service.log'));
  const context: DemoContext = { options, cohort, hospitals, adapterCli };
  try {
    writeConfig(config, options.data, hospitals, true);
    await enrolSubjects(context);
    await sendHistory(context);
    // The history is complete. From now on every change is written back as soon as it is assessed.
    writeConfig(config, options.data, hospitals, false);
    return await withService(adapterCli, (service) => writeBackAndCorrect(context, service));
  } finally {
    await Promise.all(hospitals.map(({ ehr }) => ehr.stop()));
  }
}

async function withService<T>(
  adapterCli: AdapterCli,
  run: (service: RunningService) => Promise<T>,
): Promise<T> {
  const service = await adapterCli.startService();
  try {
    return await run(service);
  } finally {
    await service.stop();
  }
}

async function enrolSubjects({ options, cohort, adapterCli }: DemoContext): Promise<void> {
  const file = join(options.out, 'enrolment.csv');
  const enrolled = writeEnrolmentFile(file, cohort);
  await adapterCli.runCommand('enroll', file, '--study', cohort.study);
  printStep(
    `${enrolled} subjects were enrolled from a file; a hospital will enrol the other ${cohort.truth.length - enrolled}`,
  );
}

const PROGRESS_MS = 5000;

/** Sends the deliveries of all hospitals at the same time, each in its own order. Write-backs stay paused meanwhile. */
async function sendHistory({ hospitals, adapterCli }: DemoContext): Promise<void> {
  await withService(adapterCli, async ({ baseUrl }) => {
    printStep('the service is running, the hospitals are sending');
    const total = hospitals
      .flatMap(({ cohort }) => cohort.deliveries)
      .reduce((sum, delivery) => sum + countVersions(delivery), 0);
    let sentCount = 0;
    const onProgress = (resources: number) => {
      sentCount += resources;
    };
    const timer = setInterval(() => printStep(`${sentCount} of ${total}`), PROGRESS_MS);
    const pushes = hospitals.map(({ cohort, token }) =>
      pushDeliveries({ site: cohort.site, baseUrl, token, onProgress }, cohort.deliveries),
    );
    const summaries = await Promise.all(pushes).finally(() => clearInterval(timer));
    const requestCount = summaries.reduce((sum, { requests }) => sum + requests, 0);
    printStep(`${total} resource versions were accepted in ${requestCount} requests`);
    for (const [index, { requests, resent, resources, statuses }] of summaries.entries()) {
      const counts = [...statuses].map(([status, times]) => `${times} x ${status}`);
      const answers = [...counts, ...(resent > 0 ? [`${resent} sent again`] : [])].join(', ');
      console.log(
        `         ${hospitals[index]?.cohort.site}: ${resources} in ${requests} requests (${answers})`,
      );
    }
  });
}

/** Waits for the write-backs, prints figures, EHRs and exports, and corrects one count. Returns the exit code. */
async function writeBackAndCorrect(context: DemoContext, service: RunningService): Promise<number> {
  const { cohort, hospitals, adapterCli, options } = context;
  const delivered = await waitUntilDelivered(
    { adapterCli, service, hospitals },
    (entries) => entries.filter(isBestResponse).length === cohort.truth.length,
  );
  printStep(
    `every subject is assessed; ${delivered.length} assessments, issues and proposals are in the EHRs`,
  );
  const summary = await readReport(adapterCli, cohort.study);
  const publishedDiffers = printFigureComparison(
    'Compared with the publication',
    listPublishedFigures(summary),
  );
  await printEhrContents(hospitals);
  await printOpenWork(adapterCli);
  const exportFolder = join(options.out, 'exports');
  await exportAllFormats(adapterCli, cohort.study, exportFolder);
  printStep('the study is exported');
  const { correction, after } = await sendCorrection(context, service);
  const correctedFolder = join(options.out, 'exports-after-correction');
  await printChangedCells(adapterCli, cohort.study, exportFolder, correctedFolder);
  writeFileSync(
    join(options.out, 'summary.json'),
    `${JSON.stringify({ ...summary, correction }, null, 2)}\n`,
  );
  const differCount =
    publishedDiffers +
    printFigureComparison('The correction', listCorrectionFigures(correction, summary, after));
  printStep(differCount === 0 ? 'every figure is as expected' : `${differCount} figures differ`);
  console.log(`         summary in ${join(options.out, 'summary.json')}, store in ${options.data}`);
  return differCount === 0 ? 0 : 1;
}

function isBestResponse({ identifier }: OutboxListEntry): boolean {
  return identifier.includes('.all.overall.');
}

async function readReport(adapterCli: AdapterCli, study: string): Promise<StudySummary> {
  return JSON.parse(await adapterCli.runCommand('report', '--study', study, '--json')) as StudySummary;
}

/** Prints the open work items, one line per decision that a person must take and the adapter does not guess. */
async function printOpenWork(adapterCli: AdapterCli): Promise<void> {
  const items = JSON.parse(await adapterCli.runCommand('work', 'list', '--json')) as OpenWorkItem[];
  console.log('\nPending review');
  for (const { site, reason, group, count } of items.filter((item) => item.status === 'open')) {
    console.log(`      ${site}: ${reason} ${group}, ${count} resources`);
  }
}

/** Sends the corrected platelet count, which is lower than the first, and waits for the amended write-back. */
async function sendCorrection(
  context: DemoContext,
  service: RunningService,
): Promise<{ correction: CorrectionOutcome; after: StudySummary }> {
  const { cohort, hospitals, adapterCli } = context;
  const { subject, site, delivery } = cohort.correction;
  const hospital = hospitals.find((candidate) => candidate.cohort.site === site);
  if (!hospital) throw new Error(`There is no hospital ${site}.`);
  const before = await findEhrBestResponse(hospital, subject);
  printObservation(`Before the correction: ${subject} at ${site}`, before);
  const findGeneration = (entries: readonly OutboxListEntry[]) =>
    entries.find((entry) => isBestResponse(entry) && entry.subject === subject)?.generation ?? 0;
  const generation = findGeneration(await listOutbox(adapterCli));
  await pushDeliveries({ site, baseUrl: service.baseUrl, token: hospital.token }, [delivery]);
  await waitUntilDelivered(
    { adapterCli, service, hospitals: [hospital] },
    (entries) => findGeneration(entries) > generation,
  );
  const amended = await findEhrBestResponse(hospital, subject);
  printObservation('After the laboratory corrected one platelet count', amended);
  const correction = {
    subject,
    before: readResponseClass(before),
    after: readResponseClass(amended),
    ehrStatus: amended.status,
  };
  return { correction, after: await readReport(adapterCli, cohort.study) };
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`The demonstration stopped. ${describeError(error)}`);
  process.exitCode = 1;
}
