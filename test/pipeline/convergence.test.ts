import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Failure } from '../../src/errors.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import {
  createScratchFolder,
  expectSameState,
  type PipelineSandbox,
  readSandboxState,
  withPipelineSandbox,
} from './pipeline-sandbox.ts';
import { buildSentEnrolment, formatMrn, type VersionHistory } from './sent-resources.ts';
import {
  generateDeletions,
  generateEvents,
  generateHistories,
  generateKeyOrder,
  HISTORY_COUNT,
  type KeyState,
  PATIENT_NUMBERS,
  type StoryEvent,
  sendVersion,
} from './story-arbitraries.ts';

/**
 * After any sequence of events the state equals a fresh recompute from the final inputs: facts, judgements, and what is
 * live in the EHR. Each sequence runs in a transaction that is undone.
 */
const folder = createScratchFolder('convergence-');
const store = openSqliteStore(join(folder, 'store.db'));

afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

type EnrolmentOrEvent =
  | StoryEvent
  | { readonly kind: 'enrol'; readonly patient: number; readonly by: 'id' | 'mrn' };

interface Story {
  readonly said: readonly VersionHistory[];
  readonly events: readonly EnrolmentOrEvent[];
  readonly order: readonly number[];
}

/** The last key: who is enrolled by a ResearchSubject, and never deleted. */
const ENROLMENT_KEY = HISTORY_COUNT;

function generateStories(by: fc.Arbitrary<'id' | 'mrn'>): fc.Arbitrary<Story> {
  const inStudy = fc.array(
    fc.constantFrom('on-study', 'off-study').map((status) => buildSentEnrolment(2, status)),
    { minLength: 1, maxLength: 3 },
  );
  const enrolled = inStudy.map((versions) => ({ resourceType: 'ResearchSubject', id: 'rs-S2', versions }));
  return fc
    .record({
      said: fc.tuple(generateHistories(by), enrolled).map(([all, last]) => [...all, last]),
      gone: generateDeletions(HISTORY_COUNT, 3),
      names: fc.tuple(by, by),
      order: generateKeyOrder(HISTORY_COUNT),
    })
    .chain(({ said: all, gone, names, order }) => {
      const enrolments = names.map((name, n) => ({ kind: 'enrol', patient: n, by: name }) as const);
      return generateEvents<EnrolmentOrEvent>(all, [...gone, ...enrolments]).map((events) => ({
        said: all,
        events,
        order,
      }));
    });
}

/** What is true in the end: of each key the number of its version in force; the names by which they were enrolled. */
interface FinalInputs {
  readonly inForce: ReadonlyMap<number, number>;
  readonly enrolled: ReadonlyMap<number, string>;
}

/** Plays the story; whatever the EHR could not mean (see `lateRepeats`) is left out. */
async function playStory(world: PipelineSandbox, story: Story, lateRepeats: boolean): Promise<FinalInputs> {
  const known = new Map<number, KeyState>();
  const enrolled = new Map<number, string>();
  for (const event of story.events) {
    if (event.kind === 'judge') await world.assessDirty();
    else if (event.kind === 'deliver') await world.deliverAll();
    else if (event.kind === 'enrol') await enrolOnce(world, enrolled, event.patient, event.by);
    else if (event.kind === 'delete') await deleteKey(world, story, known, event.key);
    else await sendStoryVersion(world, story, known, event, lateRepeats);
  }
  await world.assessDirty();
  const live = [...known].filter(([, { isLive: is }]) => is);
  return { inForce: new Map(live.map(([key, { highestVersion: highest }]) => [key, highest])), enrolled };
}

/** Whoever is known as a subject already, by a merge, is not enrolled again: that is no input. */
async function enrolOnce(world: PipelineSandbox, enrolled: Map<number, string>, n: number, by: 'id' | 'mrn') {
  if (enrolled.has(n)) return;
  const name = by === 'id' ? `Patient/p${n}` : formatMrn(n);
  try {
    await world.enrol(`S${n}`, name);
    enrolled.set(n, name);
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
  }
}

async function deleteKey(
  world: PipelineSandbox,
  { said: all }: Story,
  known: Map<number, KeyState>,
  key: number,
) {
  const { resourceType = '', id = '' } = all[key] ?? {};
  await world.deleteResource(resourceType, id);
  const state = known.get(key);
  if (state) known.set(key, { ...state, isLive: false });
}

async function sendStoryVersion(
  world: PipelineSandbox,
  story: Story,
  known: Map<number, KeyState>,
  event: { readonly key: number; readonly version: number },
  lateRepeats: boolean,
): Promise<void> {
  const about = story.said[event.key];
  if (!about) return;
  const state = known.get(event.key) ?? { highestVersion: -1, isLive: false };
  const isNewer = event.version > state.highestVersion;
  // What was sealed and then deleted is forgotten wholly, its number too: a late repeat would be news.
  if (!isNewer && !state.isLive && !lateRepeats) return;
  const refused = (await sendVersion(world, about, event.version)).startsWith('4');
  if (isNewer && !refused) known.set(event.key, { highestVersion: event.version, isLive: true });
}

async function replayFinalInputs(
  world: PipelineSandbox,
  { said: all, order }: Story,
  final: FinalInputs,
): Promise<void> {
  for (const [n, name] of final.enrolled) await world.enrol(`S${n}`, name);
  for (const key of [ENROLMENT_KEY, ...order]) {
    const number = final.inForce.get(key);
    const about = all[key];
    if (about && number !== undefined) await sendVersion(world, about, number);
  }
  await world.assessDirty();
}

async function expectConvergence(story: Story, lateRepeats: boolean): Promise<void> {
  const everybody = async (world: PipelineSandbox) => {
    if (lateRepeats) for (const n of PATIENT_NUMBERS) await world.enrol(`S${n}`, `Patient/p${n}`);
  };
  const { final, state } = await withPipelineSandbox(store, async (world) => {
    await everybody(world);
    const played = await playStory(world, story, lateRepeats);
    return { final: played, state: await readSandboxState(world.tx) };
  });
  const wanted = await withPipelineSandbox(store, async (world) => {
    await everybody(world);
    await replayFinalInputs(world, story, final);
    return readSandboxState(world.tx);
  });
  expectSameState(state, wanted);
}

const RUNS = Number(process.env.CONVERGENCE_RUNS ?? 1000);

test('late enrolments, names and merges: the order in which things come does not matter', async () => {
  const by = fc.constantFrom('id' as const, 'mrn' as const);
  await fc.assert(
    fc.asyncProperty(generateStories(by), (story) => expectConvergence(story, false)),
    { numRuns: RUNS },
  );
}, 1_200_000);

test('everybody enrolled: neither do late repeats of what was deleted', async () => {
  const stories_ = generateStories(fc.constant('id' as const)).map((story) => ({
    ...story,
    events: story.events.filter((event) => event.kind !== 'enrol'),
  }));
  await fc.assert(
    fc.asyncProperty(stories_, (story) => expectConvergence(story, true)),
    { numRuns: RUNS },
  );
}, 1_200_000);

test('the comparison sees a difference', () => {
  expect(() => expectSameState({ facts: [1] }, { facts: [2] })).toThrow();
});
