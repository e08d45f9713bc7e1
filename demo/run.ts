import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Adapter, adapterWith, type Running } from './adapter.ts';
import { type Cohort, generateCohort } from './cohort/generate.ts';
import { bestResponseIn, classOf, tellObservation, tellWhatCameBack } from './ehr-view.ts';
import { exportAll, tellWhatChanged } from './exports.ts';
import { type Correction, compare, correctionFigures, figuresOf, type Summary } from './figures.ts';
import { type Hospital, openHospitals, writeConfig, writeEnrolment } from './hospitals.ts';
import { type DemoOptions, HELP, prepareFolders, readOptions } from './options.ts';
import { push, size } from './push.ts';
import { type OutboxRow, outbox, settled } from './settle.ts';

interface Stage {
  readonly options: DemoOptions;
  readonly cohort: Cohort;
  readonly hospitals: readonly Hospital[];
  readonly adapter: Adapter;
}

interface WorkItem {
  readonly site: string;
  readonly reason: string;
  readonly group: string;
  readonly status: string;
  readonly count: number;
}

const begun = performance.now();

function say(what: string): void {
  console.log(`${((performance.now() - begun) / 1000).toFixed(1).padStart(5)} s  ${what}`);
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(HELP);
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
  say(
    `${hospitals.length} hospitals with their EHRs are up, ${cohort.truth.length} subjects are made (seed ${options.seed})`,
  );
  const config = join(options.out, 'trial-adapter.json');
  const adapter = adapterWith(config, options.data, join(options.out, 'service.log'));
  const stage: Stage = { options, cohort, hospitals, adapter };
  try {
    writeConfig(config, options.data, hospitals, true);
    await enrol(stage);
    await sendHistory(stage);
    // The history is in: from now on every change is written back as it is judged.
    writeConfig(config, options.data, hospitals, false);
    return await withService(adapter, (service) => writeBackAndCorrect(stage, service));
  } finally {
    await Promise.all(hospitals.map(({ ehr }) => ehr.stop()));
  }
}

async function withService<T>(adapter: Adapter, work: (service: Running) => Promise<T>): Promise<T> {
  const service = await adapter.serve();
  try {
    return await work(service);
  } finally {
    await service.stop();
  }
}

async function enrol({ options, cohort, adapter }: Stage): Promise<void> {
  const file = join(options.out, 'enrolment.csv');
  const rows = writeEnrolment(file, cohort);
  await adapter.run('enroll', file, '--study', cohort.study);
  say(`${rows} subjects are enrolled from a file, ${cohort.truth.length - rows} will be by their hospital`);
}

const PROGRESS_MS = 5000;

/** All hospitals at once, each in its own order. What is judged meanwhile is kept back until the history is complete. */
async function sendHistory({ hospitals, adapter }: Stage): Promise<void> {
  await withService(adapter, async ({ base }) => {
    say('the service is up, the hospitals send');
    const all = hospitals.flatMap(({ cohort }) => cohort.deliveries).reduce((sum, one) => sum + size(one), 0);
    let gone = 0;
    const progress = (resources: number) => {
      gone += resources;
    };
    const timer = setInterval(() => say(`${gone} of ${all}`), PROGRESS_MS);
    const sends = hospitals.map(({ cohort, token }) => push({ base, token, progress }, cohort.deliveries));
    const sent = await Promise.all(sends).finally(() => clearInterval(timer));
    const requests = sent.reduce((sum, one) => sum + one.requests, 0);
    say(`${all} resource versions were accepted in ${requests} requests`);
    for (const [i, { requests: n, resources: r, statuses }] of sent.entries()) {
      const by = [...statuses].map(([status, times]) => `${times} x ${status}`).join(', ');
      console.log(`         ${hospitals[i]?.cohort.site}: ${r} in ${n} requests (${by})`);
    }
  });
}

async function writeBackAndCorrect(stage: Stage, service: Running): Promise<number> {
  const { cohort, hospitals, adapter, options } = stage;
  const rows = await settled(adapter, hospitals, (all) => all.filter(isBest).length === cohort.truth.length);
  say(`all is judged, ${rows.length} assessments, issues and proposals are in the EHRs`);
  const summary = await report(adapter, cohort.study);
  const differ = compare('Against the publication', figuresOf(summary));
  await tellWhatCameBack(hospitals);
  await tellWhatWaits(adapter);
  await exportAll(adapter, cohort.study, join(options.out, 'exports'));
  say('the study is exported');
  const { correction, after } = await correct(stage, service);
  const corrected = join(options.out, 'exports-after-correction');
  await tellWhatChanged(adapter, cohort.study, join(options.out, 'exports'), corrected);
  writeFileSync(
    join(options.out, 'summary.json'),
    `${JSON.stringify({ ...summary, correction }, null, 2)}\n`,
  );
  const wrong = differ + compare('The correction', correctionFigures(correction, summary, after));
  say(wrong === 0 ? 'every figure is as expected' : `${wrong} figures differ`);
  console.log(`         summary in ${join(options.out, 'summary.json')}, store in ${options.data}`);
  return wrong === 0 ? 0 : 1;
}

function isBest({ identifier }: OutboxRow): boolean {
  return identifier.includes('.all.overall.');
}

async function report(adapter: Adapter, study: string): Promise<Summary> {
  return JSON.parse(await adapter.run('report', '--study', study, '--json')) as Summary;
}

/** What the adapter would not guess: one line a decision that a person must take. */
async function tellWhatWaits(adapter: Adapter): Promise<void> {
  const items = JSON.parse(await adapter.run('work', 'list', '--json')) as WorkItem[];
  console.log('\nWaiting for a person');
  for (const { site, reason, group, count } of items.filter((item) => item.status === 'open')) {
    console.log(`      ${site}: ${reason} ${group}, ${count} resources`);
  }
}

/** The laboratory sends one platelet count again, lower than at first. */
async function correct(stage: Stage, service: Running): Promise<{ correction: Correction; after: Summary }> {
  const { cohort, hospitals, adapter } = stage;
  const { subject, site, delivery } = cohort.correction;
  const hospital = hospitals.find((one) => one.cohort.site === site);
  if (!hospital) throw new Error(`there is no ${site}`);
  const before = await bestResponseIn(hospital, subject);
  tellObservation(`Before the correction: ${subject} at ${site}`, before);
  const generation = (rows: readonly OutboxRow[]) =>
    rows.find((row) => isBest(row) && row.subject === subject)?.generation ?? 0;
  const told = generation(await outbox(adapter));
  await push({ base: service.base, token: hospital.token }, [delivery]);
  await settled(adapter, [hospital], (rows) => generation(rows) > told);
  const now = await bestResponseIn(hospital, subject);
  tellObservation('After the laboratory corrected one platelet count', now);
  const correction = { subject, before: classOf(before), after: classOf(now), ehrStatus: now.status };
  return { correction, after: await report(adapter, cohort.study) };
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`The demonstration stopped. ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
