import { createEhr } from '../src/ehr/client.ts';
import type { Store } from '../src/store/store.ts';
import { createOutboxDelivery } from '../src/writeback/outbox-delivery.ts';
import type { Bar, BarContext } from './bar.ts';
import { type ProxyFault, startFaultProxy } from './support/fault-proxy.ts';
import {
  createChance,
  enqueueOwedWrites,
  type FakeClock,
  type OwedWrite,
  withEmptyStore,
} from './support/owed-writes.ts';
import { type KeptResource, type PlainEhr, startPlainEhr } from './support/plain-ehr.ts';

const WRITES = 10_000;
const START = Date.parse('2026-06-01T00:00:00Z');
const SITE = 'site-1';
/** A call is given up after this; the answer of a slow EHR comes later. */
const CALL_LIMIT_MS = 500;

/** The faults, each with the share of the requests that it meets. */
function createFaults(chance: () => number, clock: FakeClock): () => ProxyFault {
  return () => {
    const share = chance();
    if (share < 0.2) return { kind: 'lost-before' };
    if (share < 0.4) return { kind: 'lost-after' };
    if (share < 0.45) return { kind: 'refused', status: 503, headers: { 'retry-after': '20' } };
    if (share < 0.5) {
      const until = new Date(clock.now + 60_000).toUTCString();
      return { kind: 'refused', status: 429, headers: { 'retry-after': until } };
    }
    if (share < 0.55) return { kind: 'cut' };
    if (share < 0.551) return { kind: 'slow', ms: CALL_LIMIT_MS + 200 };
    return { kind: 'none' };
  };
}

/** Nine subjects of ten are owed one write-back, the tenth three. */
function listOwedWrites(count: number): readonly OwedWrite[] {
  return Array.from({ length: count }, (_, n) => {
    const subject = n % 12 > 9 ? `S${n - (n % 12) + 9}` : `S${n}`;
    return { site: SITE, subject, name: `a${n}`, content: n };
  });
}

async function deliverAll(store: Store, url: string, isConditional: boolean, clock: FakeClock, seed: number) {
  const now = () => new Date(clock.now);
  const ehr = createEhr({ base: url, conditionalUpdate: isConditional, timeoutMs: CALL_LIMIT_MS, now });
  const delivery = createOutboxDelivery({
    store,
    ehrs: new Map([[SITE, ehr]]),
    now,
    random: createChance(seed + 1),
  });
  const isPending = async () =>
    (await store.read((tx) => tx.outbox.list({ state: 'pending', site: SITE }))).length > 0;
  do {
    // A week is the end of all retries: what is pending then would stay so.
    for (let idle = 0; idle < 200; ) {
      if (await delivery.deliverNext(SITE)) idle = 0;
      else {
        clock.now += 15_000;
        idle += 1;
      }
    }
  } while ((await isPending()) && clock.now < START + 30 * 24 * 3600_000);
}

/** Compares what an EHR has with what it was owed: each once, with its content and one Provenance. */
function listBreaches(name: string, owed: readonly OwedWrite[], ehr: PlainEhr): readonly string[] {
  const countBy = (resources: readonly KeptResource[], getKey: (resource: KeptResource) => string) =>
    Map.groupBy(resources, getKey);
  const observations = countBy(ehr.listCurrent('Observation'), ({ identifier }) =>
    String(identifier?.[0]?.value),
  );
  const provenances = countBy(ehr.listCurrent('Provenance'), ({ about }) => String(about));
  return owed.flatMap(({ name: value, content }) => {
    const found = observations.get(value) ?? [];
    const documented = provenances.get(value)?.length ?? 0;
    const isRight = found.length === 1 && found[0]?.valueInteger === content && documented === 1;
    return isRight ? [] : [`${name}: ${value} ${found.length} times, with ${documented} Provenances`];
  });
}

async function deliverThroughFaults(isConditional: boolean, { share, seed }: BarContext) {
  const clock: FakeClock = { now: START };
  const owed = listOwedWrites(Math.max(1, Math.round(WRITES * share)));
  const ehr = await startPlainEhr(isConditional);
  const proxy = await startFaultProxy(ehr.url, createFaults(createChance(seed), clock));
  try {
    await withEmptyStore(async ({ store }) => {
      await enqueueOwedWrites(store, owed, new Date(clock.now).toISOString());
      await deliverAll(store, proxy.url, isConditional, clock, seed);
    });
    const name = isConditional ? 'with conditional update' : 'without conditional update';
    const breaches = listBreaches(`EHR ${name}`, owed, ehr);
    return { breaches, stored: ehr.listCurrent('Observation').length, requests: proxy.countRequests() };
  } finally {
    await proxy.stop();
    await ehr.stop();
  }
}

/** Sends each again until it is answered, without looking what the EHR has: the number of resources that it has too many. */
async function countDoublesOfBlindRetry({ seed }: BarContext): Promise<number> {
  const clock: FakeClock = { now: START };
  const ehr = await startPlainEhr(false);
  const proxy = await startFaultProxy(ehr.url, createFaults(createChance(seed), clock));
  const count = 100;
  const sendOnce = async (name: string) => {
    const resource = { resourceType: 'Observation', identifier: [{ system: 's', value: name }] };
    const entry = [{ resource, request: { method: 'POST', url: 'Observation' } }];
    const body = JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry });
    const signal = AbortSignal.timeout(CALL_LIMIT_MS);
    const answer = await fetch(proxy.url, { method: 'POST', body, signal });
    await answer.text();
    return answer.ok;
  };
  try {
    for (let n = 0; n < count; n++) {
      let isDone = false;
      while (!isDone) isDone = await sendOnce(`b${n}`).catch(() => false);
    }
    return ehr.listCurrent('Observation').length - count;
  } finally {
    await proxy.stop();
    await ehr.stop();
  }
}

/**
 * Write-backs through a proxy that loses one request of five before it is performed and one of five after, answers 503 and 429,
 * cuts answers and is slow: to an EHR with conditional update, and to one without.
 */
export const writeBackFaultsBar: Bar = {
  id: 'R6',
  name: 'write-backs through a faulty network are there once',
  async run(context) {
    const conditional = await deliverThroughFaults(true, context);
    const plain = await deliverThroughFaults(false, context);
    return {
      counts: {
        'stored with conditional update': conditional.stored,
        'requests with conditional update': conditional.requests,
        'stored without': plain.stored,
        'requests without': plain.requests,
      },
      breaches: [...conditional.breaches, ...plain.breaches],
      control: { name: 'a blind retry', found: await countDoublesOfBlindRetry(context) },
    };
  },
};
