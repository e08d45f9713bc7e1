import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StandInEhr } from '../../demo/ehr/stand-in-ehr.ts';
import type { StoreTransaction } from '../../src/store/store.ts';
import { buildBloodCount, buildInfusion } from '../stories/hospital-resources.ts';
import { POSTGRES_VERSIONS } from '../support/postgres-server.ts';
import { waitUntil } from '../support/wait-until.ts';
import { EHR_TOKEN, startTestEhr } from '../support/with-ehr.ts';
import { type ServedAdapter, useInstallation } from '../support/with-installation.ts';
import { usePostgres } from '../support/with-postgres.ts';
import { useService } from '../support/with-service.ts';
import { type RecordingProxy, startRecordingProxy } from './recording-proxy.ts';

/**
 * Three instances on one database receive a random history of corrections, deletions and withdrawals, while instances are
 * killed, connections cut and the database server crashes. In the end the stored state is that of one instance that received
 * the same without any fault, nothing acknowledged is lost, and the EHR was sent nothing twice.
 */

/** More faults on request: FAULTS=200. Seeds: FAULT_SEED=7. */
const FAULTS = Number(process.env.FAULTS ?? 6);
const SEED = Number(process.env.FAULT_SEED ?? 1);
const INSTANCES = 3;
const PATIENTS = ['p1', 'p2', 'p3', 'p4'];
const SITE = 'dev';
const STUDY = 'msc-aa';

const [version] = POSTGRES_VERSIONS.slice(-1);
if (!version) throw new Error('This platform has no PostgreSQL for tests.');
const postgres = usePostgres(version);
const installation = useInstallation();
/** One instance on SQLite, which meets no fault. */
const reference = useService('file', {});

/** mulberry32: numbers from 0 to below 1 that follow from the seed alone. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface SentResource {
  readonly resourceType: string;
  readonly id: string;
}

/** One thing that a hospital does. */
type HospitalEvent =
  | { readonly kind: 'put'; readonly resource: SentResource }
  | { readonly kind: 'delete'; readonly path: string };

const STATUSES = ['final', 'final', 'final', 'corrected', 'entered-in-error'];
const DAYS = ['2026-01-08', '2026-02-09', '2026-03-12', '2026-04-11'];

/** The history of one patient: blood counts in versions, of which some are deleted, and an infusion. */
function generateHistory(patient: string, length: number, random: () => number): readonly HospitalEvent[] {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const events: HospitalEvent[] = [{ kind: 'put', resource: buildInfusion(patient) as SentResource }];
  for (let n = 1; n <= length; n++) {
    const counts = {
      anc: pick([0.3, 0.9, 1.4]),
      platelets: pick([8, 24, 60]),
      reticulocytes: pick([20, 30, 70]),
    };
    const options = { version: n, status: pick(STATUSES) };
    const results = buildBloodCount(patient, pick(DAYS), counts, options) as SentResource[];
    for (const resource of results)
      events.push({ kind: 'put', resource: { ...resource, meta: { versionId: String(n) } } as SentResource });
    if (random() < 0.15) events.push({ kind: 'delete', path: `Observation/${pick(results).id}` });
  }
  return events;
}

interface Instance {
  readonly name: string;
  served: ServedAdapter | null;
}

const instances: readonly Instance[] = Array.from({ length: INSTANCES }, (_, n) => ({
  name: `instance-${n}`,
  served: null,
}));

let ehr: StandInEhr;
let proxy: RecordingProxy;

async function start(instance: Instance): Promise<void> {
  instance.served = await installation.startService([], instance.name);
}

beforeAll(async () => {
  ehr = await startTestEhr(PATIENTS);
  proxy = await startRecordingProxy(ehr.baseUrl);
  const { folder } = installation;
  folder.writeJson('trial-adapter.json', {
    database: await postgres.server.createDatabase(),
    takeoverSeconds: 6,
    sites: { [SITE]: { ehr: { base: proxy.baseUrl, bearerToken: EHR_TOKEN } } },
  });
  // Instances share the keys.
  for (const name of ['data', ...instances.map((instance) => instance.name)])
    for (const key of ['store', 'seal', 'audit'])
      folder.writeFile(`${name}/keys/${key}.key`, createHash('sha256').update(key).digest('hex'));
  await installation.enrol(...PATIENTS.map((id) => `S-${id},${SITE},Patient/${id},2026-01-01,2026-01-01`));
  await Promise.all(instances.map(start));
});

afterAll(async () => {
  for (const { served } of instances) await served?.kill();
  await proxy.stop();
  await ehr.stop();
});

/** Sends an event; null where no answer came: the instance was killed, or is not up yet. */
async function trySending(event: HospitalEvent, served: ServedAdapter | null): Promise<Response | null> {
  try {
    if (event.kind === 'delete') return (await served?.call('DELETE', `/${event.path}`)) ?? null;
    const { resourceType, id } = event.resource;
    return (await served?.call('PUT', `/${resourceType}/${id}`, event.resource)) ?? null;
  } catch {
    return null;
  }
}

/** Sends an event to instances until one acknowledges it. */
async function sendUntilAcknowledged(event: HospitalEvent, random: () => number): Promise<void> {
  for (;;) {
    const { served } = instances[Math.floor(random() * INSTANCES)] as Instance;
    const answer = await trySending(event, served);
    if (answer?.ok) return;
    if (answer && answer.status < 500) throw new Error(`${answer.status}: ${await answer.text()}`);
    await sleep(20);
  }
}

const KILL_BACKENDS = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE application_name = 'trial-adapter' AND random() < 0.5`;

/** Does some harm; returns its name. */
async function disturb(random: () => number): Promise<string> {
  const choice = random();
  if (choice < 0.3) {
    const instance = instances[Math.floor(random() * INSTANCES)] as Instance;
    const { served } = instance;
    instance.served = null;
    await served?.kill();
    await start(instance);
    return 'killed';
  }
  if (choice < 0.65) {
    await postgres.server.query(KILL_BACKENDS);
    return 'terminated';
  }
  if (choice < 0.95) {
    proxy.cutNext(random() < 0.5 ? 'before' : 'after');
    return 'cut';
  }
  await postgres.server.restart();
  return 'crashed';
}

/** Whether nothing is left to assess or to send. */
async function isSettled(): Promise<boolean> {
  try {
    return await installation.readStore(async ({ subjects, outbox }) => {
      const due = await subjects.listDueForAssessment(1);
      const pending = await outbox.list({ state: 'pending' });
      return due.length === 0 && pending.length === 0;
    });
  } catch {
    return false;
  }
}

/** Reads everything that must not depend on faults, instances or the kind of store. */
async function readState(tx: StoreTransaction) {
  const subjects = [];
  for (const patient of PATIENTS) {
    const subject = `S-${patient}`;
    const assessment = await tx.assessments.get(STUDY, subject);
    const facts = await tx.facts.listForSubject(STUDY, subject);
    subjects.push({ subject, assessment, facts });
  }
  const versions = (await tx.inbox.listCurrent())
    .map(({ resourceType, id, version: number, body, disposition }) => ({
      ...{ key: `${resourceType}/${id}`, number, body, disposition },
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  return { subjects, versions };
}

/** Sends the same events to the instance without faults. */
async function replayOnReference(histories: readonly (readonly HospitalEvent[])[]): Promise<void> {
  const { service } = reference;
  const day = '2026-01-01';
  const rows = PATIENTS.map((id) => ({ subject: `S-${id}`, site: SITE, patient: `Patient/${id}` }));
  await service.enrol(
    STUDY,
    rows.map((row) => ({ ...row, enrolledOn: day, consentedOn: day })),
  );
  for (const event of histories.flat()) {
    const [resourceType = '', id = ''] =
      event.kind === 'put' ? [event.resource.resourceType, event.resource.id] : event.path.split('/');
    const resource = event.kind === 'put' ? (event.resource as never) : null;
    const method = event.kind === 'put' ? 'update' : 'delete';
    const interaction = { method, resourceType, id, resource, ifNoneExist: null, ifMatch: null } as const;
    await service.accept(SITE, [interaction], 'each', 'rest');
  }
  await service.assessDueSubjects();
}

test(`${FAULTS} faults in three instances lose nothing, send nothing twice, and end in the state of one instance`, async () => {
  const random = createRandom(SEED);
  const histories = PATIENTS.map((patient) => generateHistory(patient, 2 + Math.ceil(FAULTS / 4), random));
  let isDisturbed = true;
  const done = histories.map(async (events, n) => {
    const own = createRandom(SEED * 100 + n);
    for (const [index, event] of events.entries()) {
      await sendUntilAcknowledged(event, own);
      // The history lasts as long as the faults.
      const share = index / events.length;
      await waitUntil(() => !isDisturbed || faults.length / FAULTS >= share);
    }
  });
  const faults: string[] = [];
  while (faults.length < FAULTS) {
    faults.push(await disturb(random));
    await sleep(random() * 150);
  }
  isDisturbed = false;
  await Promise.all(done);
  await waitUntil(isSettled);

  // Each instance still runs: none has ended by itself.
  for (const { served } of instances) expect((await served?.call('GET', '/metadata'))?.status).toBe(200);
  await replayOnReference(histories);
  const expected = await reference.store.read(readState);
  expect(expected.versions.length).toBeGreaterThan(PATIENTS.length);
  expect(await installation.readStore(readState)).toEqual(expected);

  expect(proxy.performed.size).toBeGreaterThan(PATIENTS.length);
  expect([...proxy.performed].filter(([, times]) => times > 1)).toEqual([]);
  const entries = await installation.readStore(({ outbox }) => outbox.list({}));
  expect(entries.filter(({ state }) => state !== 'delivered')).toEqual([]);
  const stored = await ehr.search('Observation');
  const identifiers = stored.map((resource) =>
    JSON.stringify((resource as { identifier?: unknown }).identifier),
  );
  expect(new Set(identifiers).size).toBe(identifiers.length);
});
