import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { siteAsOf } from '../../src/pipeline/as-of.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite.ts';
import type { Fact } from '../../src/trial/facts.ts';
import {
  count,
  enrolment,
  infusion,
  mrn,
  numbered,
  patient,
  product,
  type Said,
  type Whom,
} from './chart.ts';
import { inWorld, type Sent, SITE, STUDY, stateOf, type World } from './world.ts';

/**
 * After any sequence of events the state equals a fresh recompute from the final inputs: facts, judgements, and what is
 * live in the EHR. Each sequence runs in a transaction that is undone.
 */
const folder = mkdtempSync(join(tmpdir(), 'convergence-'));
const store = openSqliteStore(join(folder, 'store.db'));

afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

type Event =
  | { readonly kind: 'version'; readonly key: number; readonly version: number }
  | { readonly kind: 'delete'; readonly key: number }
  | { readonly kind: 'enrol'; readonly patient: number; readonly by: 'id' | 'mrn' }
  | { readonly kind: 'judge' | 'deliver' };

interface Story {
  readonly said: readonly Said[];
  readonly events: readonly Event[];
  /** The order in which the final inputs are fed to the fresh store. */
  readonly order: readonly number[];
}

const versions = (resourceType: string, id: string, one: fc.Arbitrary<Sent>): fc.Arbitrary<Said> =>
  fc.array(one, { minLength: 1, maxLength: 3 }).map((all) => ({ resourceType, id, versions: all }));

const patients = [0, 1, 2] as const;

function saidBy(whom: fc.Arbitrary<Whom>): fc.Arbitrary<readonly Said[]> {
  const status = fc.constantFrom(
    'final',
    'final',
    'corrected',
    'preliminary',
    'cancelled',
    'entered-in-error',
  );
  const given = fc.constantFrom('completed', 'completed', 'completed', 'not-done', 'entered-in-error');
  const value = fc.constantFrom(8, 15, 60, 160);
  const days = fc.constantFrom('2026-01-10', '2026-01-12', '2026-01-20');
  const persons = patients.map((n) => {
    // A Patient keeps his number: once it has told whom his id means, the id means him without it too.
    const numbered = fc.constant(patient(n, true));
    return versions('Patient', `p${n}`, numbered);
  });
  const counts = [0, 1, 2, 3, 4].map((n) =>
    versions(
      'Observation',
      `o${n}`,
      fc.tuple(whom, value, status).map(([w, v, s]) => count(n, w, v, s)),
    ),
  );
  const infusions = [0, 1].map((n) => {
    const one = fc.tuple(whom, days, given).map(([w, d, s]) => infusion(n, w, d, s));
    return versions('MedicationAdministration', `m${n}`, one);
  });
  const lot = versions(
    'Medication',
    'lot',
    fc.constantFrom('bm-msc', 'bm-msc', 'bm-msc', 'something').map(product),
  );
  const inStudy = fc.constantFrom('on-study', 'off-study').map((s) => enrolment(2, s));
  return fc.tuple(...persons, ...counts, ...infusions, lot, versions('ResearchSubject', 'rs2', inStudy));
}

const KEYS = 12;
const NEVER_DELETED = KEYS - 1;

/** Every version of every key, some deletions, enrolments, judgements and deliveries: most of them, in any order. */
function eventsOf(by: fc.Arbitrary<'id' | 'mrn'>): fc.Arbitrary<readonly Event[]> {
  const all: Event[] = Array.from({ length: KEYS * 3 }, (_, n) => ({
    kind: 'version',
    key: n % KEYS,
    version: Math.floor(n / KEYS),
  }));
  const doing: Event[] = [{ kind: 'judge' }, { kind: 'deliver' }];
  const gone = fc.array(fc.nat({ max: NEVER_DELETED - 1 }), { maxLength: 3 });
  return fc.tuple(by, by, gone).chain(([first, second, keys]) => {
    const enrolments: Event[] = [first, second].map((name, n) => ({ kind: 'enrol', patient: n, by: name }));
    const deletions: Event[] = keys.map((key) => ({ kind: 'delete', key }));
    const pool = [...all, ...deletions, ...enrolments, ...doing, ...doing];
    return fc.shuffledSubarray(pool, { minLength: 20, maxLength: pool.length });
  });
}

function stories(by: fc.Arbitrary<'id' | 'mrn'>): fc.Arbitrary<Story> {
  const whom = fc.record({ patient: fc.constantFrom(0, 0, 0, 1, 2), by });
  return fc.record({
    said: saidBy(whom),
    events: eventsOf(by),
    order: fc.shuffledSubarray([...Array(KEYS).keys()], { minLength: KEYS }),
  });
}

/** What is true in the end of each key: the number of its version in force, or null. */
interface Final {
  readonly inForce: Map<number, number>;
  readonly enrolled: Map<number, string>;
}

interface Known {
  highest: number;
  live: boolean;
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
    else if (event.kind === 'version') await version(world, story, known, event, lateRepeats);
  }
  await world.judge();
  const live = [...known].filter(([, { live: is }]) => is);
  return { inForce: new Map(live.map(([key, { highest }]) => [key, highest])), enrolled };
}

async function enrolOnce(world: World, enrolled: Map<number, string>, n: number, by: 'id' | 'mrn') {
  if (enrolled.has(n)) return;
  const name = by === 'id' ? `Patient/p${n}` : mrn(n);
  enrolled.set(n, name);
  await world.enrol(`S${n}`, name);
}

async function remove(world: World, { said }: Story, known: Map<number, Known>, key: number) {
  const { resourceType = '', id = '' } = said[key] ?? {};
  await world.remove(resourceType, id);
  const state = known.get(key);
  if (state) state.live = false;
}

async function version(
  world: World,
  { said }: Story,
  known: Map<number, Known>,
  event: { readonly key: number; readonly version: number },
  lateRepeats: boolean,
): Promise<void> {
  const sent = said[event.key]?.versions[event.version];
  if (!sent) return;
  const state = known.get(event.key) ?? { highest: -1, live: false };
  const isNewer = event.version > state.highest;
  // What was sealed and then deleted is forgotten wholly, its number too: a late repeat would be news.
  if (!isNewer && !state.live && !lateRepeats) return;
  expect(await world.send(numbered(sent, event.version + 1))).not.toMatch(/\d/);
  if (isNewer) known.set(event.key, { highest: event.version, live: true });
}

async function fresh(world: World, { said, order }: Story, final: Final): Promise<void> {
  for (const [n, name] of final.enrolled) await world.enrol(`S${n}`, name);
  for (const key of order) {
    const number = final.inForce.get(key);
    const sent = number === undefined ? undefined : said[key]?.versions[number];
    if (sent && number !== undefined) await world.send(numbered(sent, number + 1));
  }
  await world.judge();
}

async function converges(story: Story, lateRepeats: boolean): Promise<void> {
  const { final, state } = await inWorld(store, async (world) => {
    if (lateRepeats) for (const n of patients) await world.enrol(`S${n}`, `Patient/p${n}`);
    const played = await play(world, story, lateRepeats);
    return { final: played, state: await stateOf(world.tx) };
  });
  const wanted = await inWorld(store, async (world) => {
    if (lateRepeats) for (const n of patients) await world.enrol(`S${n}`, `Patient/p${n}`);
    await fresh(world, story, final);
    return stateOf(world.tx);
  });
  expect(state).toEqual(wanted);
}

/** A subject's facts at the end of a day, as the live store had them. */
interface Page {
  readonly day: string;
  readonly facts: ReadonlyMap<string, readonly Fact[]>;
}

async function factsNow(world: World): Promise<ReadonlyMap<string, readonly Fact[]>> {
  const facts = new Map<string, readonly Fact[]>();
  for (const { subject } of await world.tx.subjects.list(STUDY)) {
    facts.set(subject, await world.tx.facts.of(STUDY, subject));
  }
  return facts;
}

/** Three events a day; at the end of each the facts are written down. */
async function keepDiary(world: World, story: Story): Promise<readonly Page[]> {
  for (const n of patients) await world.enrol(`S${n}`, `Patient/p${n}`);
  const known = new Map<number, Known>();
  const diary: Page[] = [];
  for (let at = 0; at < story.events.length; at += 3) {
    const day = new Date(Date.parse('2026-07-01T00:00:00Z') + at * 28_800_000).toISOString().slice(0, 10);
    world.clock(`${day}T15:59:59.999Z`);
    for (const event of story.events.slice(at, at + 3)) {
      if (event.kind === 'delete') await remove(world, story, known, event.key);
      if (event.kind === 'version') await version(world, story, known, event, true);
    }
    diary.push({ day, facts: await factsNow(world) });
  }
  return diary;
}

const RUNS = Number(process.env.CONVERGENCE_RUNS ?? 400);

test('late enrolments and names: the order in which things come does not matter', async () => {
  const by = fc.constantFrom('id' as const, 'mrn' as const);
  await fc.assert(
    fc.asyncProperty(stories(by), (story) => converges(story, false)),
    { numRuns: RUNS },
  );
}, 120_000);

test('everybody enrolled: neither do late repeats of what was deleted', async () => {
  const stories_ = stories(fc.constant('id' as const)).map((story) => ({
    ...story,
    events: story.events.filter((event) => event.kind !== 'enrol'),
  }));
  await fc.assert(
    fc.asyncProperty(stories_, (story) => converges(story, true)),
    { numRuns: RUNS },
  );
}, 120_000);

test('as of an earlier day: exactly the facts of the end of that day, whatever came later', async () => {
  await fc.assert(
    fc.asyncProperty(stories(fc.constant('id' as const)), (story) =>
      inWorld(store, async (world) => {
        const diary = await keepDiary(world, story);
        for (const { day, facts } of diary) {
          const then = await siteAsOf(world.tx, world.parts, SITE, day);
          const subjects = await world.tx.subjects.list(STUDY);
          const reread = new Map(subjects.map((subject) => [subject.subject, then.facts(subject)]));
          expect([day, reread]).toEqual([day, facts]);
        }
      }),
    ),
    { numRuns: RUNS / 5 },
  );
}, 120_000);
