import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Failure } from '../../src/errors.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite.ts';
import { enrolment, mrn, type Said } from './chart.ts';
import {
  anyOf,
  anyOrder,
  deletions,
  type Event,
  KEYS,
  type Known,
  PATIENTS,
  said,
  sendVersion,
} from './hospital-says.ts';
import { expectSame, inWorld, passingFolder, stateOf, type World } from './world.ts';

/**
 * After any sequence of events the state equals a fresh recompute from the final inputs: facts, judgements, and what is
 * live in the EHR. Each sequence runs in a transaction that is undone.
 */
const folder = passingFolder('convergence-');
const store = openSqliteStore(join(folder, 'store.db'));

afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

type Told = Event | { readonly kind: 'enrol'; readonly patient: number; readonly by: 'id' | 'mrn' };

interface Story {
  readonly said: readonly Said[];
  readonly events: readonly Told[];
  readonly order: readonly number[];
}

/** The last key: who is enrolled by a ResearchSubject, and never deleted. */
const ENROLMENT = KEYS;

function stories(by: fc.Arbitrary<'id' | 'mrn'>): fc.Arbitrary<Story> {
  const inStudy = fc.array(
    fc.constantFrom('on-study', 'off-study').map((status) => enrolment(2, status)),
    { minLength: 1, maxLength: 3 },
  );
  const enrolled = inStudy.map((versions) => ({ resourceType: 'ResearchSubject', id: 'rs-S2', versions }));
  return fc
    .record({
      said: fc.tuple(said(by), enrolled).map(([all, last]) => [...all, last]),
      gone: deletions(KEYS, 3),
      names: fc.tuple(by, by),
      order: anyOrder(KEYS),
    })
    .chain(({ said: all, gone, names, order }) => {
      const enrolments = names.map((name, n) => ({ kind: 'enrol', patient: n, by: name }) as const);
      return anyOf<Told>(all, [...gone, ...enrolments]).map((events) => ({ said: all, events, order }));
    });
}

/** What is true in the end: of each key the number of its version in force; the names by which they were enrolled. */
interface Final {
  readonly inForce: ReadonlyMap<number, number>;
  readonly enrolled: ReadonlyMap<number, string>;
}

/** Plays the story; whatever the EHR could not mean (see `lateRepeats`) is left out. */
async function play(world: World, story: Story, lateRepeats: boolean): Promise<Final> {
  const known = new Map<number, Known>();
  const enrolled = new Map<number, string>();
  for (const event of story.events) {
    if (event.kind === 'judge') await world.judge();
    else if (event.kind === 'deliver') await world.deliver();
    else if (event.kind === 'enrol') await enrolOnce(world, enrolled, event.patient, event.by);
    else if (event.kind === 'delete') await remove(world, story, known, event.key);
    else await version(world, story, known, event, lateRepeats);
  }
  await world.judge();
  const live = [...known].filter(([, { live: is }]) => is);
  return { inForce: new Map(live.map(([key, { highest }]) => [key, highest])), enrolled };
}

/** Whoever is known as a subject already, by a merge, is not enrolled again: that is no input. */
async function enrolOnce(world: World, enrolled: Map<number, string>, n: number, by: 'id' | 'mrn') {
  if (enrolled.has(n)) return;
  const name = by === 'id' ? `Patient/p${n}` : mrn(n);
  try {
    await world.enrol(`S${n}`, name);
    enrolled.set(n, name);
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
  }
}

async function remove(world: World, { said: all }: Story, known: Map<number, Known>, key: number) {
  const { resourceType = '', id = '' } = all[key] ?? {};
  await world.remove(resourceType, id);
  const state = known.get(key);
  if (state) known.set(key, { ...state, live: false });
}

async function version(
  world: World,
  story: Story,
  known: Map<number, Known>,
  event: { readonly key: number; readonly version: number },
  lateRepeats: boolean,
): Promise<void> {
  const about = story.said[event.key];
  if (!about) return;
  const state = known.get(event.key) ?? { highest: -1, live: false };
  const isNewer = event.version > state.highest;
  // What was sealed and then deleted is forgotten wholly, its number too: a late repeat would be news.
  if (!isNewer && !state.live && !lateRepeats) return;
  const refused = (await sendVersion(world, about, event.version)).startsWith('4');
  if (isNewer && !refused) known.set(event.key, { highest: event.version, live: true });
}

async function fresh(world: World, { said: all, order }: Story, final: Final): Promise<void> {
  for (const [n, name] of final.enrolled) await world.enrol(`S${n}`, name);
  for (const key of [ENROLMENT, ...order]) {
    const number = final.inForce.get(key);
    const about = all[key];
    if (about && number !== undefined) await sendVersion(world, about, number);
  }
  await world.judge();
}

async function converges(story: Story, lateRepeats: boolean): Promise<void> {
  const everybody = async (world: World) => {
    if (lateRepeats) for (const n of PATIENTS) await world.enrol(`S${n}`, `Patient/p${n}`);
  };
  const { final, state } = await inWorld(store, async (world) => {
    await everybody(world);
    const played = await play(world, story, lateRepeats);
    return { final: played, state: await stateOf(world.tx) };
  });
  const wanted = await inWorld(store, async (world) => {
    await everybody(world);
    await fresh(world, story, final);
    return stateOf(world.tx);
  });
  expectSame(state, wanted);
}

const RUNS = Number(process.env.CONVERGENCE_RUNS ?? 1000);

test('late enrolments, names and merges: the order in which things come does not matter', async () => {
  const by = fc.constantFrom('id' as const, 'mrn' as const);
  await fc.assert(
    fc.asyncProperty(stories(by), (story) => converges(story, false)),
    { numRuns: RUNS },
  );
}, 1_200_000);

test('everybody enrolled: neither do late repeats of what was deleted', async () => {
  const stories_ = stories(fc.constant('id' as const)).map((story) => ({
    ...story,
    events: story.events.filter((event) => event.kind !== 'enrol'),
  }));
  await fc.assert(
    fc.asyncProperty(stories_, (story) => converges(story, true)),
    { numRuns: RUNS },
  );
}, 1_200_000);

test('the comparison sees a difference', () => {
  expect(() => expectSame({ facts: [1] }, { facts: [2] })).toThrow();
});
