import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openSqliteStore } from '../../src/store/sqlite/sqlite.ts';
import { enrolment, numbered, type Said } from './chart.ts';
import { anyOf, anyOrder, deletions, type Event, KEYS, said, sendVersion } from './hospital-says.ts';
import { expectSame, inWorld, passingFolder, SECOND, STUDY, stateOf, type World } from './world.ts';

/**
 * Subjects withdraw and come back, in one of two studies, and are merged meanwhile. While one has withdrawn his facts
 * are what they were; when all are back the state equals a fresh recompute from what was kept.
 */
const folder = passingFolder('convergence-consent-');
const store = openSqliteStore(join(folder, 'store.db'));

afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Four patients in the first study, two of them in the second one too. */
const SUBJECTS = [
  ...[0, 1, 2, 3].map((patient) => ({ study: STUDY, patient, subject: `S${patient}` })),
  ...[0, 1].map((patient) => ({ study: SECOND, patient, subject: `Z${patient}` })),
];

type Status = 'on-study' | 'off-study' | 'withdrawn';
type Told = Event | { readonly kind: 'status'; readonly who: number; readonly status: Status };

interface Story {
  readonly said: readonly Said[];
  readonly events: readonly Told[];
  readonly order: readonly number[];
}

const changes: fc.Arbitrary<readonly Told[]> = fc.array(
  fc.record({
    kind: fc.constant('status' as const),
    who: fc.constantFrom(0, 0, 0, 0, 1, 2, 3, 4, 4, 5),
    status: fc.constantFrom<Status>(
      'on-study',
      'on-study',
      'off-study',
      'withdrawn',
      'withdrawn',
      'withdrawn',
    ),
  }),
  { minLength: 4, maxLength: 10 },
);

const stories: fc.Arbitrary<Story> = fc
  .record({
    said: said(fc.constant('id' as const), 8),
    gone: deletions(KEYS, 4),
    consents: changes,
    order: anyOrder(KEYS),
  })
  .chain(({ said: all, gone, consents, order }) =>
    anyOf<Told>(all, [...gone, ...consents]).map((events) => ({ said: all, events, order })),
  );

/** What a story leaves: the status of each subject, and of each key the content that counts. */
class Kept {
  private readonly versionOf: number[] = [];
  readonly statuses: Status[] = SUBJECTS.map(() => 'on-study');
  /** The highest version that the store knows of. */
  readonly highest = new Map<number, number>();
  /** The version whose content is there. */
  readonly content = new Map<number, number>();

  async tell(world: World, who: number, status: Status): Promise<void> {
    const { study, patient } = SUBJECTS[who] ?? { study: '', patient: 0 };
    const version = (this.versionOf[who] ?? 0) + 1;
    this.versionOf[who] = version;
    this.statuses[who] = status;
    expect(await world.send(numbered(enrolment(patient, status, study), version))).not.toMatch(/\d/);
  }

  async send(world: World, about: Said, key: number, version: number): Promise<void> {
    const answer = await sendVersion(world, about, version);
    const before = this.highest.get(key);
    if (answer === 'unchanged' || (answer === 'dropped' && before === undefined)) return;
    this.highest.set(key, version);
    if (answer === 'dropped') this.content.delete(key);
    else this.content.set(key, version);
  }

  async remove(world: World, about: Said, key: number): Promise<void> {
    await world.remove(about.resourceType, about.id);
    this.content.delete(key);
  }
}

/** The facts of who has withdrawn are what they were when he did. */
async function expectFrozen(world: World, frozen: Map<number, unknown>, who: number): Promise<void> {
  const { study, subject } = SUBJECTS[who] ?? { study: '', subject: '' };
  const facts = await world.tx.facts.of(study, subject);
  if (frozen.has(who)) expectSame([subject, facts], [subject, frozen.get(who)]);
  frozen.set(who, facts);
}

async function happen(world: World, story: Story, kept: Kept, event: Told): Promise<void> {
  if (event.kind === 'judge') return world.judge();
  if (event.kind === 'deliver') return world.deliver();
  if (event.kind === 'status') return kept.tell(world, event.who, event.status);
  const about = story.said[event.key];
  if (!about) return;
  if (event.kind === 'delete') return kept.remove(world, about, event.key);
  await kept.send(world, about, event.key, event.version);
}

/** Plays the story; then whoever has withdrawn comes back. */
async function play(world: World, story: Story): Promise<Kept> {
  const kept = new Kept();
  const frozen = new Map<number, string>();
  for (const who of SUBJECTS.keys()) await kept.tell(world, who, 'on-study');
  for (const event of story.events) {
    await happen(world, story, kept, event);
    for (const who of SUBJECTS.keys()) {
      if (kept.statuses[who] === 'withdrawn') await expectFrozen(world, frozen, who);
      else frozen.delete(who);
    }
  }
  for (const who of frozen.keys()) await kept.tell(world, who, 'on-study');
  await world.judge();
  return kept;
}

async function fresh(world: World, story: Story, kept: Kept): Promise<void> {
  const anew = new Kept();
  for (const who of SUBJECTS.keys()) await anew.tell(world, who, 'on-study');
  for (const [who, status] of kept.statuses.entries())
    if (status !== 'on-study') await anew.tell(world, who, status);
  for (const key of story.order) {
    const [version, about] = [kept.content.get(key), story.said[key]];
    if (version !== undefined && about) await sendVersion(world, about, version);
  }
  await world.judge();
}

const RUNS = Number(process.env.CONVERGENCE_RUNS ?? 800);

test('withdrawn, nothing changes; back again, only what was kept and is still true counts', async () => {
  await fc.assert(
    fc.asyncProperty(stories, async (story) => {
      const { kept, state } = await inWorld(store, async (world) => {
        const left = await play(world, story);
        return { kept: left, state: await stateOf(world.tx) };
      });
      const wanted = await inWorld(store, async (world) => {
        await fresh(world, story, kept);
        return stateOf(world.tx);
      });
      expectSame(state, wanted);
    }),
    { numRuns: RUNS },
  );
}, 1_200_000);
