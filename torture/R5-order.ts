import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../demo/cohort/seeded-random.ts';
import type { Interaction } from '../src/fhir/interaction.ts';
import type { Resource } from '../src/fhir/resource.ts';
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts';
import type { Store, StoreTransaction } from '../src/store/store.ts';
import { createGrowthMeter, METERED_SITE } from '../test/pipeline/growth/growth-meter.ts';
import type { Bar, BarContext, BarResult } from './bar.ts';
import { buildCountResource } from './support/sent-resources.ts';

const VERSIONS = [1, 2, 3, 4, 5] as const;
/** The version that is entered in error; null for none. */
const WITHDRAWALS = [null, ...VERSIONS] as const;
const COPIES = 3;
/** How the copies of a version arrive: all copies of one after the other, the whole order again and again, or mixed. */
const ARRANGEMENTS = ['together', 'rounds', 'mixed'] as const;

interface History {
  readonly order: readonly number[];
  readonly withdrawal: number | null;
  readonly arrangement: (typeof ARRANGEMENTS)[number];
}

function listOrders(values: readonly number[]): readonly (readonly number[])[] {
  if (values.length <= 1) return [values];
  return values.flatMap((first) =>
    listOrders(values.filter((value) => value !== first)).map((others) => [first, ...others]),
  );
}

const listHistories = (): readonly History[] =>
  listOrders(VERSIONS).flatMap((order) =>
    WITHDRAWALS.flatMap((withdrawal) =>
      ARRANGEMENTS.map((arrangement) => ({ order, withdrawal, arrangement })),
    ),
  );

/** The deliveries of a history: each version as often as there are copies. */
function listDeliveries({ order, arrangement }: History, seed: number): readonly number[] {
  const copies = Array.from({ length: COPIES }, () => order);
  if (arrangement === 'rounds') return copies.flat();
  if (arrangement === 'together')
    return order.flatMap((version) => Array.from({ length: COPIES }, () => version));
  return createRandom(seed, `order ${order.join('')}`).shuffle(copies.flat());
}

/** Whether versions carry the number of their sender; without it the order of arrival is all there is. */
type Numbering = 'numbered' | 'unnumbered';

function buildDelivery(version: number, withdrawal: number | null, numbering: Numbering): Interaction {
  const resource = {
    ...buildCountResource('o', 'p1', version * 10, `2026-02-0${version}`),
    status: version === withdrawal ? 'entered-in-error' : 'final',
    ...(numbering === 'numbered' ? { meta: { versionId: String(version) } } : {}),
  };
  return {
    method: 'update',
    resourceType: 'Observation',
    id: 'o',
    resource: resource as unknown as Resource,
    ifNoneExist: null,
    ifMatch: null,
  };
}

/** What must not depend on the order: the current version, the facts, the work, and which versions are kept. */
async function readState(tx: StoreTransaction): Promise<string> {
  const key = { site: METERED_SITE, resourceType: 'Observation', id: 'o' };
  const current = await tx.inbox.getCurrent(key);
  const facts = await tx.facts.listForSubject('msc-aa', 'S1');
  const open = await tx.workItems.list('open');
  const kept = (await tx.inbox.listVersions(key)).map(({ senderVersion }) => senderVersion).sort();
  return JSON.stringify({
    current: current && [current.senderVersion, current.body, current.disposition],
    // A withdrawal takes back what another resource says only where its own resource is not known to have said it.
    facts: facts.filter(({ kind }) => kind !== 'withdrawal'),
    open: open.map(({ reason, group }) => `${reason} ${group}`).sort(),
    kept: [...new Set(kept)],
  });
}

class UndoneHistory extends Error {}

/** Plays deliveries in a transaction that is undone, and returns the state at their end. */
async function playDeliveries(store: Store, deliveries: readonly Interaction[]): Promise<string> {
  let state = '';
  await store
    .transaction(async (tx) => {
      const within: Store = { ...store, transaction: (work) => work(tx), read: (work) => work(tx) };
      const { accept, enrol } = createGrowthMeter(within);
      const day = '2026-01-01';
      await enrol('msc-aa', [
        { subject: 'S1', site: METERED_SITE, patient: 'Patient/p1', enrolledOn: day, consentedOn: day },
      ]);
      for (const delivery of deliveries) await accept(METERED_SITE, [delivery], 'each', 'test');
      state = await readState(tx);
      throw new UndoneHistory();
    })
    .catch((cause: unknown) => {
      if (!(cause instanceof UndoneHistory)) throw cause;
    });
  return state;
}

const playHistory = (store: Store, history: History, seed: number, numbering: Numbering): Promise<string> =>
  playDeliveries(
    store,
    listDeliveries(history, seed).map((version) => buildDelivery(version, history.withdrawal, numbering)),
  );

const formatHistory = ({ order, withdrawal, arrangement }: History): string =>
  `versions ${order.join(' ')}, ${withdrawal ?? 'none'} entered in error, copies ${arrangement}`;

/** Plays the histories; returns those that end otherwise than each version once, in order. */
async function listDeviations(
  store: Store,
  histories: readonly History[],
  seed: number,
  numbering: Numbering,
): Promise<readonly string[]> {
  const wanted = new Map<number | null, string>();
  const deviations: string[] = [];
  for (const history of histories) {
    const { withdrawal } = history;
    const once = VERSIONS.map((version) => buildDelivery(version, withdrawal, numbering));
    const state = wanted.get(withdrawal) ?? (await playDeliveries(store, once));
    wanted.set(withdrawal, state);
    if ((await playHistory(store, history, seed, numbering)) !== state)
      deviations.push(formatHistory(history));
  }
  return deviations;
}

/** How many histories are played without numbers in the control. */
const CONTROL_HISTORIES = 20;

async function run({ share, seed }: BarContext): Promise<BarResult> {
  const folder = mkdtempSync(join(tmpdir(), 'trial-adapter-order-'));
  const store = openSqliteStore(join(folder, 'store.db'));
  try {
    const all = createRandom(seed, 'histories').shuffle(listHistories());
    const histories = all.slice(0, Math.max(1, Math.round(all.length * share)));
    const breaches = await listDeviations(store, histories, seed, 'numbered');
    const control = await listDeviations(store, all.slice(0, CONTROL_HISTORIES), seed, 'unnumbered');
    return {
      counts: { histories: histories.length, deliveries: histories.length * VERSIONS.length * COPIES },
      breaches,
      control: { name: 'the same versions without their numbers', found: control.length },
    };
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** R5: the order and the copies in which versions arrive decide nothing. */
export const orderBar: Bar = { id: 'R5', name: 'order and copies of versions', run };
