import { createEhr } from '../src/ehr/client.ts';
import { createOutboxDelivery } from '../src/writeback/outbox-delivery.ts';
import type { Bar, BarContext } from './bar.ts';
import { type ProxyFault, startFaultProxy } from './support/fault-proxy.ts';
import {
  createChance,
  enqueueOwedWrites,
  type FakeClock,
  type OwedWrite,
  type ReopenableStore,
  withEmptyStore,
} from './support/owed-writes.ts';
import { type PlainEhr, startPlainEhr } from './support/plain-ehr.ts';

const CONTENTS = 10_000;
const START = Date.parse('2026-06-01T00:00:00Z');
const HOUR = 3600_000;
const DOWN_FROM = START + HOUR;
const DOWN_UNTIL = DOWN_FROM + 24 * HOUR;
const END = DOWN_UNTIL + 3 * HOUR;
const STEP_MS = 30_000;
const SITE = 'site-1';

const isDown = (now: number): boolean => now >= DOWN_FROM && now < DOWN_UNTIL;

/** The network and the EHR: which requests came before the instant that the EHR had asked for. */
interface Outage {
  chooseFault(): ProxyFault;
  readonly early: string[];
}

/** An outage of 24 hours: connections are lost, or the EHR asks to wait, in seconds or until a date. */
function createOutage(chance: () => number, clock: FakeClock): Outage {
  let notBefore = 0;
  const early: string[] = [];
  const askToWait = (seconds: number, header: string): ProxyFault => {
    notBefore = Math.max(notBefore, clock.now + seconds * 1000);
    return { kind: 'refused', status: chance() < 0.5 ? 503 : 429, headers: { 'retry-after': header } };
  };
  return {
    early,
    chooseFault() {
      if (clock.now < notBefore)
        early.push(`a request ${Math.ceil((notBefore - clock.now) / 1000)} s before Retry-After`);
      if (!isDown(clock.now)) return { kind: 'none' };
      const share = chance();
      if (share < 0.5) return { kind: 'lost-before' };
      const seconds = Math.ceil(chance() * 900);
      if (share < 0.75) return askToWait(seconds, String(seconds));
      return askToWait(seconds, new Date(clock.now + seconds * 1000).toUTCString());
    },
  };
}

/** The contents in the order in which assessments state them: subjects in turn, two resources of each. */
function planContents(count: number): readonly (OwedWrite & { readonly at: number })[] {
  const subjects = Math.max(2, Math.round(count / 50));
  return Array.from({ length: count }, (_, n) => ({
    site: SITE,
    subject: `S${n % subjects}`,
    name: `S${n % subjects}-${Math.floor(n / subjects) % 2}`,
    content: n,
    at: START + Math.floor(((DOWN_UNTIL - START) * n) / count),
  }));
}

function createDelivery({ store }: ReopenableStore, url: string, clock: FakeClock, seed: number) {
  const now = () => new Date(clock.now);
  const ehr = createEhr({ base: url, timeoutMs: 10_000, now });
  return createOutboxDelivery({ store, ehrs: new Map([[SITE, ehr]]), now, random: createChance(seed) });
}

/** Lives through the outage, with a restart every six hours. */
async function liveThrough(
  opened: ReopenableStore,
  url: string,
  clock: FakeClock,
  contents: ReturnType<typeof planContents>,
  seed: number,
): Promise<number> {
  let delivery = createDelivery(opened, url, clock, seed);
  let next = 0;
  for (; clock.now < END; clock.now += STEP_MS) {
    const due = contents.slice(next).findIndex(({ at }) => at > clock.now);
    const until = due < 0 ? contents.length : next + due;
    const stated = contents.slice(next, until);
    next = until;
    if (stated.length > 0) await enqueueOwedWrites(opened.store, stated, new Date(clock.now).toISOString());
    if ((clock.now - START) % (6 * HOUR) === 0) {
      await opened.reopen();
      delivery = createDelivery(opened, url, clock, seed);
    }
    while (await delivery.deliverNext(SITE));
  }
  return (await opened.store.read((tx) => tx.outbox.list({ site: SITE }))).filter(
    ({ state }) => state !== 'delivered',
  ).length;
}

/** Compares what the EHR has with the last contents, and the order in which it got them. */
function listDeliveryBreaches(contents: readonly OwedWrite[], ehr: PlainEhr): readonly string[] {
  const last = new Map(contents.map(({ name, content }) => [name, content]));
  const current = Map.groupBy(ehr.listCurrent('Observation'), (kept) => String(kept.identifier?.[0]?.value));
  const wrong = [...last].flatMap(([name, content]) => {
    const found = current.get(name) ?? [];
    const isRight = found.length === 1 && found[0]?.valueInteger === content;
    return isRight
      ? []
      : [`${name}: ${found.length} resources, ${found[0]?.valueInteger} instead of ${content}`];
  });
  const seen = new Map<string, number>();
  const disordered = ehr.written
    .filter(({ resourceType }) => resourceType === 'Observation')
    .flatMap((kept) => {
      const name = String(kept.identifier?.[0]?.value);
      const content = Number(kept.valueInteger);
      const before = seen.get(name) ?? -1;
      seen.set(name, content);
      return content < before ? [`${name}: ${content} after ${before}`] : [];
    });
  return [...wrong, ...disordered];
}

/** Counts the contents that four attempts in 15 seconds, as some senders make, would lose. */
function countLostByFourAttempts(contents: ReturnType<typeof planContents>): number {
  return contents.filter(({ at }) => [0, 1, 3, 7].every((seconds) => isDown(at + seconds * 1000))).length;
}

async function tryOutage({ share, seed }: BarContext) {
  const clock: FakeClock = { now: START };
  const contents = planContents(Math.max(20, Math.round(CONTENTS * share)));
  const outage = createOutage(createChance(seed), clock);
  const ehr = await startPlainEhr(true);
  const proxy = await startFaultProxy(ehr.url, outage.chooseFault);
  try {
    const undelivered = await withEmptyStore((opened) =>
      liveThrough(opened, proxy.url, clock, contents, seed),
    );
    const breaches = [
      ...listDeliveryBreaches(contents, ehr),
      ...outage.early,
      ...(undelivered > 0 ? [`${undelivered} entries are not delivered`] : []),
    ];
    return {
      counts: {
        contents: contents.length,
        resources: ehr.listCurrent('Observation').length,
        requests: proxy.countRequests(),
      },
      breaches,
      control: { name: 'four attempts in 15 s', found: countLostByFourAttempts(contents) },
    };
  } finally {
    await proxy.stop();
    await ehr.stop();
  }
}

/** An EHR that is down for 24 hours, on a clock that only the bar moves, while results go on arriving and the service restarts. */
export const outageBar: Bar = {
  id: 'R7',
  name: 'an outage of 24 hours loses no write-back, and nothing comes before Retry-After',
  run: tryOutage,
};
