import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import {
  createScratchFolder,
  expectSameState,
  type PipelineSandbox,
  readSandboxState,
  SANDBOX_SECOND_STUDY,
  SANDBOX_STUDY,
  withPipelineSandbox,
} from './pipeline-sandbox.ts';
import { buildSentEnrolment, type VersionHistory, withVersionId } from './sent-resources.ts';
import {
  generateDeletions,
  generateEvents,
  generateHistories,
  generateKeyOrder,
  HISTORY_COUNT,
  type StoryEvent,
  sendVersion,
} from './story-arbitraries.ts';

/**
 * Subjects withdraw and come back, in one of two studies, and are merged meanwhile. While one has withdrawn his facts
 * are what they were; when all are back the state equals a fresh recompute from what was kept.
 */
const folder = createScratchFolder('convergence-consent-');
const store = openSqliteStore(join(folder, 'store.db'));

afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Four patients in the first study, two of them in the second one too. */
const SUBJECTS = [
  ...[0, 1, 2, 3].map((patient) => ({ study: SANDBOX_STUDY, patient, subject: `S${patient}` })),
  ...[0, 1].map((patient) => ({ study: SANDBOX_SECOND_STUDY, patient, subject: `Z${patient}` })),
];

type Status = 'on-study' | 'off-study' | 'withdrawn';
type StatusOrEvent = StoryEvent | { readonly kind: 'status'; readonly who: number; readonly status: Status };

interface Story {
  readonly said: readonly VersionHistory[];
  readonly events: readonly StatusOrEvent[];
  readonly order: readonly number[];
}

const statusChanges: fc.Arbitrary<readonly StatusOrEvent[]> = fc.array(
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
    said: generateHistories(fc.constant('id' as const), 8),
    gone: generateDeletions(HISTORY_COUNT, 4),
    consents: statusChanges,
    order: generateKeyOrder(HISTORY_COUNT),
  })
  .chain(({ said: all, gone, consents, order }) =>
    generateEvents<StatusOrEvent>(all, [...gone, ...consents]).map((events) => ({
      said: all,
      events,
      order,
    })),
  );

/** What a story leaves: the status of each subject, and of each key the content that counts. */
class StoryOutcome {
  private readonly versionOf: number[] = [];
  readonly statuses: Status[] = SUBJECTS.map(() => 'on-study');
  /** The highest version that the store knows of. */
  readonly highest = new Map<number, number>();
  /** The version whose content is there. */
  readonly content = new Map<number, number>();

  async sendStatus(world: PipelineSandbox, who: number, status: Status): Promise<void> {
    const { study, patient } = SUBJECTS[who] ?? { study: '', patient: 0 };
    const version = (this.versionOf[who] ?? 0) + 1;
    this.versionOf[who] = version;
    this.statuses[who] = status;
    expect(await world.send(withVersionId(buildSentEnrolment(patient, status, study), version))).not.toMatch(
      /\d/,
    );
  }

  async sendVersion(
    world: PipelineSandbox,
    about: VersionHistory,
    key: number,
    version: number,
  ): Promise<void> {
    const answer = await sendVersion(world, about, version);
    const before = this.highest.get(key);
    if (answer === 'unchanged' || (answer === 'dropped' && before === undefined)) return;
    this.highest.set(key, version);
    if (answer === 'dropped') this.content.delete(key);
    else this.content.set(key, version);
  }

  async remove(world: PipelineSandbox, about: VersionHistory, key: number): Promise<void> {
    await world.deleteResource(about.resourceType, about.id);
    this.content.delete(key);
  }
}

/** The facts of who has withdrawn are what they were when he did. */
async function expectFrozen(
  world: PipelineSandbox,
  frozen: Map<number, unknown>,
  who: number,
): Promise<void> {
  const { study, subject } = SUBJECTS[who] ?? { study: '', subject: '' };
  const facts = await world.tx.facts.listForSubject(study, subject);
  if (frozen.has(who)) expectSameState([subject, facts], [subject, frozen.get(who)]);
  frozen.set(who, facts);
}

async function applyEvent(
  world: PipelineSandbox,
  story: Story,
  kept: StoryOutcome,
  event: StatusOrEvent,
): Promise<void> {
  if (event.kind === 'judge') return world.assessDirty();
  if (event.kind === 'deliver') return world.deliverAll();
  if (event.kind === 'status') return kept.sendStatus(world, event.who, event.status);
  const about = story.said[event.key];
  if (!about) return;
  if (event.kind === 'delete') return kept.remove(world, about, event.key);
  await kept.sendVersion(world, about, event.key, event.version);
}

/** Plays the story; then whoever has withdrawn comes back. */
async function playStory(world: PipelineSandbox, story: Story): Promise<StoryOutcome> {
  const kept = new StoryOutcome();
  const frozen = new Map<number, string>();
  for (const who of SUBJECTS.keys()) await kept.sendStatus(world, who, 'on-study');
  for (const event of story.events) {
    await applyEvent(world, story, kept, event);
    for (const who of SUBJECTS.keys()) {
      if (kept.statuses[who] === 'withdrawn') await expectFrozen(world, frozen, who);
      else frozen.delete(who);
    }
  }
  for (const who of frozen.keys()) await kept.sendStatus(world, who, 'on-study');
  await world.assessDirty();
  return kept;
}

async function replayFinalInputs(world: PipelineSandbox, story: Story, kept: StoryOutcome): Promise<void> {
  const anew = new StoryOutcome();
  for (const who of SUBJECTS.keys()) await anew.sendStatus(world, who, 'on-study');
  for (const [who, status] of kept.statuses.entries())
    if (status !== 'on-study') await anew.sendStatus(world, who, status);
  for (const key of story.order) {
    const [version, about] = [kept.content.get(key), story.said[key]];
    if (version !== undefined && about) await sendVersion(world, about, version);
  }
  await world.assessDirty();
}

const RUNS = Number(process.env.CONVERGENCE_RUNS ?? 800);

test('withdrawn, nothing changes; back again, only what was kept and is still true counts', async () => {
  await fc.assert(
    fc.asyncProperty(stories, async (story) => {
      const { kept, state } = await withPipelineSandbox(store, async (world) => {
        const left = await playStory(world, story);
        return { kept: left, state: await readSandboxState(world.tx) };
      });
      const wanted = await withPipelineSandbox(store, async (world) => {
        await replayFinalInputs(world, story, kept);
        return readSandboxState(world.tx);
      });
      expectSameState(state, wanted);
    }),
    { numRuns: RUNS },
  );
}, 1_200_000);
