/**
 * Sends hostile references to a service and answers its EHR client with hostile answers, in a process whose connections are
 * recorded; prints the result as JSON. Run by the bar S4, where possible in a network namespace of its own.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installConnectHook } from './connect-hook.ts';

const hook = installConnectHook();
const { loadConfig } = await import('../../src/config.ts');
const { createEhr } = await import('../../src/ehr/client.ts');
const { openService } = await import('../../src/service.ts');
const { createOutboxDelivery } = await import('../../src/writeback/outbox-delivery.ts');
const { listHostileAnswers } = await import('./hostile-answers.ts');
const { buildHostileResources, listHostileReferences } = await import('./hostile-references.ts');
const { enqueueOwedWrites, withEmptyStore } = await import('./owed-writes.ts');

const TOKEN = 'token-of-the-site';
const SITE = 'site-1';

/** What the scenario has done and found. Printed as JSON. */
export interface ScenarioResult {
  readonly references: number;
  readonly deliveries: number;
  readonly answers: number;
  readonly unexpected: readonly string[];
  /** What the hook found where a reference was followed on purpose. */
  readonly controlFound: number;
  /** Packets for other machines, which the network namespace had no route for; null without one. */
  readonly packets: number | null;
  readonly controlPackets: number | null;
}

let answer = { status: 200, headers: {} as Readonly<Record<string, string>>, body: '' };
const ehrServer = createHttpServer((request, response) => {
  request.resume();
  request.on('end', () => response.writeHead(answer.status, answer.headers).end(answer.body));
});
await new Promise<void>((done) => ehrServer.listen(0, '127.0.0.1', done));
const canaryServer = createServer((socket) => socket.destroy());
await new Promise<void>((done) => canaryServer.listen(0, '127.0.0.1', done));
const ehr = `http://127.0.0.1:${(ehrServer.address() as AddressInfo).port}/fhir`;
const places = { ehr, canary: `127.0.0.1:${(canaryServer.address() as AddressInfo).port}` };
const expected = new Set([new URL(ehr).host]);

/** Sends every reference in every place through the HTTP door; returns the number of resources sent. */
async function sendReferences(folder: string): Promise<number> {
  const tokenSha256 = createHash('sha256').update(TOKEN).digest('hex');
  const site = { timeZone: 'UTC', clients: [{ client: 'engine', tokenSha256 }], ehr: { base: ehr } };
  const config = join(folder, 'config.json');
  const settings = { dataDir: join(folder, 'data'), logLevel: 'silent', sites: { [SITE]: site } };
  writeFileSync(config, JSON.stringify(settings), { mode: 0o600 });
  const service = await openService(loadConfig({ config }, {}, folder));
  const row = { site: SITE, enrolledOn: '2026-01-01', consentedOn: '2026-01-01' };
  await service.enrol('msc-aa', [{ ...row, subject: 'S-1', patient: 'Patient/p1' }]);
  const listening = await service.listen({ host: '127.0.0.1', port: 0 });
  expected.add(new URL(listening.url).host);
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/fhir+json' };
  const post = async (path: string, body: object) => {
    const sent = await fetch(`${listening.url}/fhir${path}`, {
      ...{ method: 'POST', headers, body: JSON.stringify(body) },
    });
    await sent.arrayBuffer();
  };
  let sentCount = 0;
  for (const [n, reference] of listHostileReferences(places).entries()) {
    const resources = buildHostileResources(reference, `r${n}`);
    for (const resource of resources)
      await post(`/${(resource as { resourceType: string }).resourceType}`, resource);
    const entry = resources.map((resource) => ({
      fullUrl: reference,
      resource,
      request: { method: 'POST', url: reference, ifNoneExist: reference },
    }));
    for (const type of ['batch', 'transaction', 'collection'])
      await post('', { resourceType: 'Bundle', type, link: [{ relation: 'next', url: reference }], entry });
    sentCount += resources.length + 3;
  }
  await service.assessDueSubjects();
  await service.deliverDue();
  await listening.close();
  await service.close();
  return sentCount;
}

/** Lets the EHR's client and the delivery meet every answer; returns their number. */
async function meetAnswers(): Promise<number> {
  const client = createEhr({ base: ehr, timeoutMs: 5_000, bearerToken: async () => 'secret' });
  const answers = listHostileAnswers(places);
  for (const hostile of answers) {
    answer = hostile;
    await client.sendTransaction({ resourceType: 'Bundle', type: 'transaction', entry: [] });
    await client.searchByIdentifier('Observation', 'urn:torture:assessment|a0');
    await client.read('Observation', '1');
  }
  await withEmptyStore(async ({ store }) => {
    let clock = Date.parse('2026-06-01T00:00:00Z');
    const now = () => new Date(clock);
    const delivery = createOutboxDelivery({
      ...{ store, ehrs: new Map([[SITE, client]]), now },
      random: () => 0.5,
    });
    for (const [content, hostile] of answers.entries()) {
      answer = hostile;
      const write = { site: SITE, subject: 'S-1', name: 'a0', content };
      await enqueueOwedWrites(store, [write], now().toISOString());
      await delivery.deliverNext(SITE);
      clock += 25 * 3600_000;
    }
  });
  return answers.length;
}

/** Reads one of the kernel's counters: a line of names, and a line of numbers. */
function readCounter(file: string, protocol: string, name: string): number {
  const [names = '', numbers = ''] = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${protocol}: `));
  return Number(numbers.split(' ')[names.split(' ').indexOf(name)]);
}

/** Counts what the network namespace had no route for; null where the process is in none of its own. */
function countPackets(): number | null {
  return process.argv[2] === 'in-namespace' ? readCounter('/proc/net/snmp', 'Ip', 'OutNoRoutes') : null;
}

const folder = mkdtempSync(join(tmpdir(), 'trial-adapter-torture-'));
try {
  const before = countPackets();
  const deliveries = await sendReferences(folder);
  const answers = await meetAnswers();
  const unexpected = hook.reached.filter((target) => !expected.has(target));
  const after = countPackets();
  hook.clear();
  // The control: one reference is followed.
  await fetch(`http://${places.canary}/fhir/Observation/1`).catch(() => {});
  await fetch('http://10.0.0.1/', { signal: AbortSignal.timeout(1_000) }).catch(() => {});
  const controlFound = hook.reached.filter((target) => !expected.has(target)).length;
  const controlAfter = countPackets();
  const result: ScenarioResult = {
    references: listHostileReferences(places).length,
    ...{ deliveries, answers, unexpected, controlFound },
    packets: after === null || before === null ? null : after - before,
    controlPackets: controlAfter === null || after === null ? null : controlAfter - after,
  };
  process.stdout.write(JSON.stringify(result));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
