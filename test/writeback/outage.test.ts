import { beforeEach, expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config.ts';
import { createEhr } from '../../src/ehr/client.ts';
import type { Ehr } from '../../src/ehr/ehr.ts';
import type { Transport } from '../../src/ehr/transport.ts';
import { createEhrClients } from '../../src/service/ehr-delivery.ts';
import { createOutboxDelivery } from '../../src/writeback/outbox-delivery.ts';
import { useFolder } from '../support/use-lifecycle.ts';
import { EHR_TOKEN, startTestEhr, useEhr } from '../support/with-ehr.ts';
import { useStore } from '../support/with-store.ts';
import {
  buildSampleAssessment,
  buildSampleAssessments,
  buildWritebackContext,
  enqueueWrites,
} from './sample-assessments.ts';

/** Long outages: a hospital that is down for a day, one that asks for a pause, a token that has expired. */
const START = Date.parse('2026-06-02T08:00:00.000Z');
const DAY = 24 * 3600_000;

interface EhrObservation {
  readonly identifier: readonly { readonly value: string }[];
  readonly issued: string;
}

const folder = useFolder();
const testStore = useStore('test');
const testEhr = useEhr('test', ['p-17']);
let clock = START;
beforeEach(() => {
  clock = START;
});

const createDeliveryTo = (ehrs: ReadonlyMap<string, Ehr>) =>
  createOutboxDelivery({ store: testStore.store, ehrs, now: () => new Date(clock), random: () => 0.5 });

async function enqueueClass(
  subject: string,
  visit: string,
  value: 'CR' | 'PR' | 'NR',
  site = 'hz',
): Promise<void> {
  const assessment = buildSampleAssessment({ subject, visit, value: { kind: 'class', class: value } });
  const context = buildWritebackContext({ now: new Date(clock).toISOString() });
  await enqueueWrites(
    testStore.store,
    buildSampleAssessments({ assessments: [assessment] }),
    undefined,
    context,
    {
      site,
      subject,
    },
  );
}

const listStates = async () =>
  (await testStore.store.read(({ outbox }) => outbox.list({}))).map(({ site, state }) => `${site} ${state}`);

test('down for a day: few calls are made meanwhile, and then the last content of each entry arrives', async () => {
  let failed = 0;
  const seen = new Map<string, Set<unknown>>();
  const transport: Transport = async (url, request) => {
    if (clock < START + DAY) {
      failed++;
      throw Object.assign(new Error('down'), { code: 'ECONNREFUSED' });
    }
    const answer = await fetch(url, request);
    for (const { identifier, issued } of (await testEhr.ehr.search(
      'Observation',
    )) as unknown as readonly EhrObservation[]) {
      const name = identifier[0]?.value ?? '';
      seen.set(name, (seen.get(name) ?? new Set()).add(issued));
    }
    return answer;
  };
  const bearerToken = async () => EHR_TOKEN;
  const delivery = createDeliveryTo(
    new Map([['hz', createEhr({ base: testEhr.ehr.baseUrl, bearerToken, transport })]]),
  );
  for (let minute = 0; minute < 26 * 60; minute++) {
    clock = START + minute * 60_000;
    // Each subject is re-evaluated every four hours, one after the other.
    if (minute % 60 === 0 && minute < 24 * 60) {
      const hour = minute / 60;
      await enqueueClass(`S${hour % 4}`, 'M3', hour < 12 ? 'PR' : 'NR');
      if (hour % 6 === 0) await enqueueClass(`S${hour % 4}`, 'M6', 'CR');
    }
    while (await delivery.deliverNext()) {}
  }
  expect(new Set(await listStates())).toEqual(new Set(['hz delivered']));
  expect(await testEhr.ehr.search('Observation')).toHaveLength(6);
  expect(await testEhr.ehr.search('Provenance')).toHaveLength(6);
  // Nobody saw older content after newer content: each entry was written once, with what held at the end.
  expect([...seen.values()].map(({ size }) => size)).toEqual(Array(6).fill(1));
  // The waits grow to 7.5 minutes (half of 15, as `random` is 0.5): about 200 a day for each of four subjects.
  expect(failed).toBeGreaterThan(100);
  expect(failed).toBeLessThan(4 * 220);
});

test('429: no attempt before the instant that the EHR asks for; the other site is served meanwhile', async () => {
  const other = await startTestEhr(['p-17']);
  try {
    const bearerToken = async () => EHR_TOKEN;
    const ehrs = [
      ['hz', createEhr({ base: testEhr.ehr.baseUrl, bearerToken })],
      ['bj', createEhr({ base: other.baseUrl, bearerToken })],
    ] as const;
    const delivery = createDeliveryTo(new Map(ehrs));
    testEhr.ehr.failNext(1, 429, { 'retry-after': '30' });
    for (const subject of ['S1', 'S2']) await enqueueClass(subject, 'M3', 'PR');
    await enqueueClass('S3', 'M3', 'PR', 'bj');
    while (await delivery.deliverNext()) {}
    expect(await listStates()).toEqual(['bj delivered', 'hz pending', 'hz pending']);
    clock += 29_999;
    expect(await delivery.deliverNext()).toBe(false);
    expect([...testEhr.ehr.answeredByStatus]).toEqual([[429, 1]]);
    clock += 60_000;
    while (await delivery.deliverNext()) {}
    expect(await listStates()).toEqual(['bj delivered', 'hz delivered', 'hz delivered']);
  } finally {
    await other.stop();
  }
});

test('an expired token: it is read again once, and the request is repeated only with a different one', async () => {
  folder.writeFile('token', 'former-token-of-the-ehr\n');
  const ehrConfig = { base: testEhr.ehr.baseUrl, bearerTokenFile: 'token' };
  const file = folder.writeJson('config.json', { sites: { hz: { ehr: ehrConfig } } });
  const delivery = createDeliveryTo(createEhrClients(loadConfig({ config: file }, {}, folder.path)));
  for (const n of [1, 2, 3]) await enqueueClass(`S${n}`, 'M3', 'PR');
  // Nobody has renewed it: one call each, and after five the breaker spares the site.
  for (let calls = 0; await delivery.deliverNext(); calls++) expect(calls).toBeLessThan(5);
  expect([...testEhr.ehr.answeredByStatus]).toEqual([[401, 3]]);
  folder.writeFile('token', EHR_TOKEN);
  clock += 3600_000;
  while (await delivery.deliverNext()) {}
  expect(await listStates()).toEqual(['hz delivered', 'hz delivered', 'hz delivered']);
  // The old token once more, then the new one for all: what may have been sent is read first.
  expect(testEhr.ehr.answeredByStatus.get(401)).toBe(4);
  expect(testEhr.ehr.answeredByStatus.get(200)).toBe(6);
});
