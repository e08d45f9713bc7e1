import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  expectSameState,
  listStandingFacts,
  type PipelineSandbox,
  readSandboxState,
  SANDBOX_SECOND_STUDY,
  SANDBOX_STUDY,
  usePipelineSandbox,
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
 * Subjects withdraw and take part again, in one of two studies, and are merged meanwhile. While a subject has withdrawn,
 * their facts stay as they were; when all take part again, the state equals a fresh computation from what was kept.
 */
const withPipelineSandbox = usePipelineSandbox();

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

/** The final inputs of a story: the status of each subject, and for each key the version with the content that counts. */
class StoryOutcome {
  private readonly versionOf: number[] = [];
  readonly statuses: Status[] = SUBJECTS.map(() => 'on-study');
  /** The highest version that the store has recorded. */
  readonly highest = new Map<number, number>();
  /** The version with its content in the store. */
  readonly content = new Map<number, number>();

  async sendStatus(sandbox: PipelineSandbox, who: number, status: Status): Promise<void> {
    const { study, patient } = SUBJECTS[who] ?? { study: '', patient: 0 };
    const version = (this.versionOf[who] ?? 0) + 1;
    this.versionOf[who] = version;
    this.statuses[who] = status;
    expect(
      await sandbox.send(withVersionId(buildSentEnrolment(patient, status, study), version)),
    ).not.toMatch(/\d/);
  }

  async sendVersion(
    sandbox: PipelineSandbox,
    about: VersionHistory,
    key: number,
    version: number,
  ): Promise<void> {
    const answer = await sendVersion(sandbox, about, version);
    const before = this.highest.get(key);
    if (answer === 'unchanged' || (answer === 'dropped' && before === undefined)) return;
    this.highest.set(key, version);
    if (answer === 'dropped') this.content.delete(key);
    else this.content.set(key, version);
  }

  async remove(sandbox: PipelineSandbox, about: VersionHistory, key: number): Promise<void> {
    await sandbox.deleteResource(about.resourceType, about.id);
    this.content.delete(key);
  }
}

/** Expects the facts of a withdrawn subject to be those at the withdrawal. */
async function expectFrozen(
  sandbox: PipelineSandbox,
  frozen: Map<number, unknown>,
  who: number,
): Promise<void> {
  const { study, subject } = SUBJECTS[who] ?? { study: '', subject: '' };
  const facts = await listStandingFacts(sandbox.tx, { study, subject });
  if (frozen.has(who)) expectSameState([subject, facts], [subject, frozen.get(who)]);
  frozen.set(who, facts);
}

async function applyEvent(
  sandbox: PipelineSandbox,
  story: Story,
  kept: StoryOutcome,
  event: StatusOrEvent,
): Promise<void> {
  if (event.kind === 'judge') return sandbox.assessDirty();
  if (event.kind === 'deliver') return sandbox.deliverAll();
  if (event.kind === 'status') return kept.sendStatus(sandbox, event.who, event.status);
  const about = story.said[event.key];
  if (!about) return;
  if (event.kind === 'delete') return kept.remove(sandbox, about, event.key);
  await kept.sendVersion(sandbox, about, event.key, event.version);
}

/** Plays the story; then every withdrawn subject takes part again. */
async function playStory(sandbox: PipelineSandbox, story: Story): Promise<StoryOutcome> {
  const kept = new StoryOutcome();
  const frozen = new Map<number, string>();
  for (const who of SUBJECTS.keys()) await kept.sendStatus(sandbox, who, 'on-study');
  for (const event of story.events) {
    await applyEvent(sandbox, story, kept, event);
    for (const who of SUBJECTS.keys()) {
      if (kept.statuses[who] === 'withdrawn') await expectFrozen(sandbox, frozen, who);
      else frozen.delete(who);
    }
  }
  for (const who of frozen.keys()) await kept.sendStatus(sandbox, who, 'on-study');
  await sandbox.assessDirty();
  return kept;
}

async function replayFinalInputs(sandbox: PipelineSandbox, story: Story, kept: StoryOutcome): Promise<void> {
  const replayed = new StoryOutcome();
  for (const who of SUBJECTS.keys()) await replayed.sendStatus(sandbox, who, 'on-study');
  for (const [who, status] of kept.statuses.entries())
    if (status !== 'on-study') await replayed.sendStatus(sandbox, who, status);
  for (const key of story.order) {
    const [version, about] = [kept.content.get(key), story.said[key]];
    if (version !== undefined && about) await sendVersion(sandbox, about, version);
  }
  await sandbox.assessDirty();
}

const RUNS = Number(process.env.CONVERGENCE_RUNS ?? 300);

test('while a subject has withdrawn nothing changes; afterwards only kept and current content counts', async () => {
  await fc.assert(
    fc.asyncProperty(stories, async (story) => {
      const { kept, state } = await withPipelineSandbox(async (sandbox) => {
        const left = await playStory(sandbox, story);
        return { kept: left, state: await readSandboxState(sandbox.tx) };
      });
      const wanted = await withPipelineSandbox(async (sandbox) => {
        await replayFinalInputs(sandbox, story, kept);
        return readSandboxState(sandbox.tx);
      });
      expectSameState(state, wanted);
    }),
    { numRuns: RUNS },
  );
}, 1_200_000);
