import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createEhr } from '../../src/ehr/client.ts';
import type { OutboxEntry } from '../../src/store/outbox.ts';
import type { Store } from '../../src/store/store.ts';
import type { SubjectAssessment } from '../../src/trial/assessment.ts';
import { createOutboxDelivery, type OutboxDelivery } from '../../src/writeback/outbox-delivery.ts';
import { EHR_TOKEN, useEhr } from '../support/with-ehr.ts';
import { useStore } from '../support/with-store.ts';
import { createFaultyTransport, TRANSPORT_FAULTS, type TransportFault } from './faulty-transport.ts';
import {
  buildSampleAssessment,
  buildSampleAssessments,
  buildWritebackContext,
  enqueueWrites,
  SAMPLE_DEVIATION,
  SAMPLE_PROPOSAL,
} from './sample-assessments.ts';

const START = Date.parse('2026-06-02T08:00:00.000Z');
const IDENTIFIER = 'https://fhir-trial-adapter.example/fhir/sid/assessment|msc-aa.017.M3.overall.bsh-saa';

const testStore = useStore('test');
const testEhr = useEhr('test', ['p-17']);
let clock = START;
beforeEach(() => {
  clock = START;
});

function createSender(faults: readonly TransportFault[] = [], random = 0.5): OutboxDelivery {
  const options = {
    base: testEhr.ehr.baseUrl,
    bearerToken: async () => EHR_TOKEN,
    transport: createFaultyTransport(faults),
  };
  return createOutboxDelivery({
    store: testStore.store,
    ehrs: new Map([['hz', createEhr({ ...options, timeoutMs: 5000 })]]),
    now: () => new Date(clock),
    random: () => random,
  });
}

const enqueue = (assessment: SubjectAssessment, previous?: SubjectAssessment) =>
  enqueueWrites(
    testStore.store,
    assessment,
    previous,
    buildWritebackContext({ now: new Date(clock).toISOString() }),
  );

async function listOutboxEntries(): Promise<readonly OutboxEntry[]> {
  return testStore.store.transaction(({ outbox }) => outbox.list({}));
}

async function requireOnlyEntry(): Promise<OutboxEntry> {
  const [entry, ...rest] = await listOutboxEntries();
  if (!entry || rest.length > 0) throw new Error('expected one entry');
  return entry;
}

/** Delivers, one hour after the other, until nothing is pending. Returns the hours that passed. */
async function deliverAll(delivery: OutboxDelivery): Promise<number> {
  for (let rounds = 0; rounds < 60; rounds++) {
    while (await delivery.deliverNext()) {}
    if ((await listOutboxEntries()).every(({ state }) => state !== 'pending')) return rounds;
    clock += 3600_000;
  }
  throw new Error('never delivered');
}

const buildClassAssessment = (value: 'CR' | 'PR' | 'NR') =>
  buildSampleAssessments({
    assessments: [buildSampleAssessment({ value: { kind: 'class', class: value } })],
  });

describe('over a connection that works', () => {
  test('all entries arrive in one transaction, each with its Provenance and location', async () => {
    await enqueue(buildSampleAssessments({ deviations: [SAMPLE_DEVIATION], proposals: [SAMPLE_PROPOSAL] }));
    const delivery = createSender();
    expect(await delivery.deliverNext()).toBe(true);
    expect(await delivery.deliverNext()).toBe(false);
    expect([...testEhr.ehr.answeredByStatus]).toEqual([[200, 1]]);
    const entries = await listOutboxEntries();
    expect(entries.map(({ state }) => state)).toEqual(['delivered', 'delivered', 'delivered']);
    for (const { resourceType, location } of entries) {
      expect(location).toMatch(new RegExp(`^${resourceType}/[^/]+/_history/[^/]+$`));
    }
    const targets = (await testEhr.ehr.search('Provenance')).map((p) => JSON.stringify(p));
    expect(targets).toHaveLength(3);
    for (const { location } of entries) {
      const id = location?.split('/_history')[0];
      expect(targets.filter((text) => text.includes(`"target":[{"reference":"${id}"`))).toHaveLength(1);
    }
  });

  test('a correction updates the same Observation', async () => {
    const delivery = createSender();
    await enqueue(buildClassAssessment('PR'));
    await deliverAll(delivery);
    const before = (await requireOnlyEntry()).location;
    clock += 1000;
    await enqueue(buildClassAssessment('NR'), buildClassAssessment('PR'));
    await deliverAll(delivery);
    const held = await testEhr.ehr.search('Observation');
    expect(held).toHaveLength(1);
    expect(held[0]).toMatchObject({
      status: 'amended',
      valueCodeableConcept: { coding: [{ code: 'NR' }] },
    });
    const after = (await requireOnlyEntry()).location;
    expect(after?.split('/')[1]).toBe(before?.split('/')[1]);
    expect(after).not.toBe(before);
    expect(await testEhr.ehr.search('Provenance')).toHaveLength(2);
  });

  test('120 assessments are sent in transactions of at most 100 entries', async () => {
    const assessments = Array.from({ length: 120 }, (_, i) => buildSampleAssessment({ visit: `V${i}` }));
    await enqueue(buildSampleAssessments({ assessments }));
    await deliverAll(createSender());
    expect([...testEhr.ehr.answeredByStatus]).toEqual([[200, 3]]);
    expect(await testEhr.ehr.search('Observation')).toHaveLength(120);
  });
});

describe('a refusal', () => {
  test('of one entry does not hold up the others', async () => {
    await enqueue(
      buildSampleAssessments({
        assessments: [buildSampleAssessment(), buildSampleAssessment({ visit: 'M6', effective: 'no-date' })],
      }),
    );
    await deliverAll(createSender());
    const states = (await listOutboxEntries()).map(({ identifier, state }) => [
      identifier.includes('.M6.'),
      state,
    ]);
    expect(states).toEqual([
      [false, 'delivered'],
      [true, 'dead'],
    ]);
    expect(await testEhr.ehr.search('Observation')).toHaveLength(1);
  });

  test('because several resources match gives the entry up, and creates no third one', async () => {
    const delivery = createSender();
    await enqueue(buildClassAssessment('PR'));
    await deliverAll(delivery);
    const [held] = await testEhr.ehr.search('Observation');
    const copy = { ...held, id: undefined, meta: undefined };
    await fetch(`${testEhr.ehr.baseUrl}/Observation`, {
      method: 'POST',
      headers: { authorization: `Bearer ${EHR_TOKEN}`, 'content-type': 'application/fhir+json' },
      body: JSON.stringify(copy),
    });
    clock += 1000;
    await enqueue(buildClassAssessment('NR'), buildClassAssessment('PR'));
    await deliverAll(delivery);
    expect(await requireOnlyEntry()).toMatchObject({ state: 'dead', failureCode: 'duplicate-in-ehr' });
    expect(await testEhr.ehr.search('Observation')).toHaveLength(2);
  });

  test('after a subject withdrew, nothing more is written about them', async () => {
    await testStore.store.transaction(({ subjects }) =>
      subjects.put({
        study: 'msc-aa',
        subject: '017',
        site: 'hz',
        enrolledOn: '2026-02-01',
        consentedOn: '2026-02-01',
        status: 'withdrawn',
      }),
    );
    await enqueue(buildClassAssessment('PR'));
    expect(await createSender().deliverNext()).toBe(true);
    expect(await requireOnlyEntry()).toMatchObject({ state: 'dead', failureCode: 'subject-withdrawn' });
    expect(testEhr.ehr.answeredByStatus.size).toBe(0);
  });
});

describe('over a connection that fails', () => {
  test('Retry-After is obeyed, for the entry and for its site', async () => {
    testEhr.ehr.failNext(1, 503, { 'retry-after': '120' });
    await enqueue(buildClassAssessment('PR'));
    const delivery = createSender();
    expect(await delivery.deliverNext()).toBe(true);
    const entry = await requireOnlyEntry();
    expect(Date.parse(entry.nextAttemptAt)).toBeGreaterThanOrEqual(START + 120_000);
    expect(entry).toMatchObject({ failureCode: 'unavailable', failingSince: '2026-06-02T08:00:00.000Z' });
    clock = START + 119_000;
    expect(await delivery.deliverNext()).toBe(false);
    await deliverAll(delivery);
    expect(await requireOnlyEntry()).toMatchObject({
      state: 'delivered',
      lastError: null,
      failureCode: null,
      failingSince: null,
    });
  });

  test('after five failures the site is not called for 30 s, then tried once', async () => {
    const delivery = createSender(Array(20).fill('refused-connection'), 0);
    await enqueue(buildClassAssessment('PR'));
    let attempts = 0;
    while (await delivery.deliverNext()) attempts++;
    expect(attempts).toBe(5);
    clock += 30_000;
    while (await delivery.deliverNext()) attempts++;
    expect(attempts).toBe(6);
  });

  test('what a process sent before it died is not sent again by the next', async () => {
    await enqueue(buildClassAssessment('PR'));
    // The first process sends, and its store fails before it can record the answer.
    const broken: Store = {
      ...testStore.store,
      transaction: (work) =>
        testEhr.ehr.answeredByStatus.size > 0
          ? Promise.reject(new Error('killed'))
          : testStore.store.transaction(work),
    };
    const options = { base: testEhr.ehr.baseUrl, bearerToken: async () => EHR_TOKEN };
    const first = createOutboxDelivery({
      store: broken,
      ehrs: new Map([['hz', createEhr(options)]]),
      now: () => new Date(clock),
      random: () => 0,
    });
    await expect(first.deliverNext()).rejects.toThrow('killed');
    expect((await requireOnlyEntry()).state).toBe('pending');
    clock += 1000;
    await deliverAll(createSender());
    expect(await requireOnlyEntry()).toMatchObject({
      state: 'delivered',
      location: expect.stringMatching(/^Observation\//),
    });
    expect(await testEhr.ehr.search('Provenance')).toHaveLength(1);
  });

  test('two calls at once send each content once', async () => {
    await enqueue(buildClassAssessment('PR'));
    const delivery = createSender();
    const done = await Promise.all([delivery.deliverNext(), delivery.deliverNext('hz')]);
    expect(done.sort()).toEqual([false, true]);
    expect([...testEhr.ehr.answeredByStatus]).toEqual([[200, 1]]);
  });
});

describe('under any sequence of faults', () => {
  interface Step {
    readonly value: 'CR' | 'PR' | 'NR';
    readonly faults: readonly TransportFault[];
    /** Number of attempts before the next content is enqueued. */
    readonly tries: number;
  }
  const step: fc.Arbitrary<Step> = fc.record({
    value: fc.constantFrom('CR', 'PR', 'NR'),
    faults: fc.array(fc.constantFrom(...TRANSPORT_FAULTS), { maxLength: 6 }),
    tries: fc.integer({ min: 1, max: 4 }),
  });

  /** Adds the contents that the EHR holds: each has its own `issued`, and content written twice counts once. */
  async function addHeldContents(seen: Set<unknown>): Promise<void> {
    for (const held of await testEhr.ehr.search('Observation')) seen.add('issued' in held && held.issued);
  }

  async function tryFor({ faults, tries }: Step, seen: Set<unknown>): Promise<void> {
    const delivery = createSender(faults);
    for (let i = 0; i < tries; i++) {
      await delivery.deliverNext();
      await addHeldContents(seen);
      clock += 3600_000;
    }
  }

  /** Plays the steps, each with a new process, and returns the contents that the EHR held at some time. */
  async function play(steps: readonly Step[]): Promise<ReadonlySet<unknown>> {
    const seen = new Set<unknown>();
    let before: SubjectAssessment | undefined;
    for (const played of steps) {
      await enqueue(buildClassAssessment(played.value), before);
      before = buildClassAssessment(played.value);
      await tryFor(played, seen);
    }
    await deliverAll(createSender());
    await addHeldContents(seen);
    return seen;
  }

  test('there is one Observation, with the last content, and one Provenance for each content that arrived', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => {
        await testStore.renew();
        await testEhr.renew();
        clock = START;
        const contents = await play(steps);
        const held = await testEhr.ehr.search('Observation', `identifier=${encodeURIComponent(IDENTIFIER)}`);
        expect(held).toHaveLength(1);
        expect(held[0]).toMatchObject(JSON.parse((await requireOnlyEntry()).resource));
        expect(await testEhr.ehr.search('Provenance')).toHaveLength(contents.size);
      }),
      { numRuns: 40 },
    );
  });
});
