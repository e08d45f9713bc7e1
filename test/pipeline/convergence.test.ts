import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Failure } from '../../src/errors.ts';
import {
  expectSameState,
  type PipelineSandbox,
  readSandboxState,
  usePipelineSandbox,
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
 * After any sequence of events the state equals a fresh computation from the final inputs: facts, assessments, and what is
 * live in the EHR. Each sequence runs in a transaction that is rolled back.
 */
const withPipelineSandbox = usePipelineSandbox();

type EnrolmentOrEvent =
  | StoryEvent
  | { readonly kind: 'enrol'; readonly patient: number; readonly by: 'id' | 'mrn' };

interface Story {
  readonly said: readonly VersionHistory[];
  readonly events: readonly EnrolmentOrEvent[];
  readonly order: readonly number[];
}

/** The last key: the enrolment by a ResearchSubject, which is never deleted. */
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

/** The final inputs: the version in force of each key, and the identifier of each enrolment. */
interface FinalInputs {
  readonly inForce: ReadonlyMap<number, number>;
  readonly enrolled: ReadonlyMap<number, string>;
}

/** Plays the story; without `lateRepeats`, repeats of deleted versions are left out. */
async function playStory(sandbox: PipelineSandbox, story: Story, lateRepeats: boolean): Promise<FinalInputs> {
  const known = new Map<number, KeyState>();
  const enrolled = new Map<number, string>();
  for (const event of story.events) {
    if (event.kind === 'judge') await sandbox.assessDirty();
    else if (event.kind === 'deliver') await sandbox.deliverAll();
    else if (event.kind === 'enrol') await enrolOnce(sandbox, enrolled, event.patient, event.by);
    else if (event.kind === 'delete') await deleteKey(sandbox, story, known, event.key);
    else await sendStoryVersion(sandbox, story, known, event, lateRepeats);
  }
  await sandbox.assessDirty();
  const live = [...known].filter(([, { isLive: is }]) => is);
  return { inForce: new Map(live.map(([key, { highestVersion: highest }]) => [key, highest])), enrolled };
}

/** Enrols a patient once. A refusal, because a merge has made the patient a subject already, is no input. */
async function enrolOnce(
  sandbox: PipelineSandbox,
  enrolled: Map<number, string>,
  n: number,
  by: 'id' | 'mrn',
) {
  if (enrolled.has(n)) return;
  const name = by === 'id' ? `Patient/p${n}` : formatMrn(n);
  try {
    await sandbox.enrol(`S${n}`, name);
    enrolled.set(n, name);
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
  }
}

async function deleteKey(
  sandbox: PipelineSandbox,
  { said: all }: Story,
  known: Map<number, KeyState>,
  key: number,
) {
  const { resourceType = '', id = '' } = all[key] ?? {};
  await sandbox.deleteResource(resourceType, id);
  const state = known.get(key);
  if (state) known.set(key, { ...state, isLive: false });
}

async function sendStoryVersion(
  sandbox: PipelineSandbox,
  story: Story,
  known: Map<number, KeyState>,
  event: { readonly key: number; readonly version: number },
  lateRepeats: boolean,
): Promise<void> {
  const about = story.said[event.key];
  if (!about) return;
  const state = known.get(event.key) ?? { highestVersion: -1, isLive: false };
  const isNewer = event.version > state.highestVersion;
  // Of a payload that was sealed and then deleted nothing is kept, not even its number: a late repeat would be new.
  if (!isNewer && !state.isLive && !lateRepeats) return;
  const refused = (await sendVersion(sandbox, about, event.version)).startsWith('4');
  if (isNewer && !refused) known.set(event.key, { highestVersion: event.version, isLive: true });
}

async function replayFinalInputs(
  sandbox: PipelineSandbox,
  { said: all, order }: Story,
  final: FinalInputs,
): Promise<void> {
  for (const [n, name] of final.enrolled) await sandbox.enrol(`S${n}`, name);
  for (const key of [ENROLMENT_KEY, ...order]) {
    const number = final.inForce.get(key);
    const about = all[key];
    if (about && number !== undefined) await sendVersion(sandbox, about, number);
  }
  await sandbox.assessDirty();
}

async function expectConvergence(story: Story, lateRepeats: boolean): Promise<void> {
  const enrolAll = async (sandbox: PipelineSandbox) => {
    if (lateRepeats) for (const n of PATIENT_NUMBERS) await sandbox.enrol(`S${n}`, `Patient/p${n}`);
  };
  const { final, state } = await withPipelineSandbox(async (sandbox) => {
    await enrolAll(sandbox);
    const played = await playStory(sandbox, story, lateRepeats);
    return { final: played, state: await readSandboxState(sandbox.tx) };
  });
  const wanted = await withPipelineSandbox(async (sandbox) => {
    await enrolAll(sandbox);
    await replayFinalInputs(sandbox, story, final);
    return readSandboxState(sandbox.tx);
  });
  expectSameState(state, wanted);
}

const RUNS = Number(process.env.CONVERGENCE_RUNS ?? 300);

test('late enrolments, identifiers and merges: the order of arrival does not matter', async () => {
  const by = fc.constantFrom('id' as const, 'mrn' as const);
  await fc.assert(
    fc.asyncProperty(generateStories(by), (story) => expectConvergence(story, false)),
    { numRuns: RUNS },
  );
}, 1_200_000);

test('with every patient enrolled, late repeats of deleted versions do not matter either', async () => {
  const stories = generateStories(fc.constant('id' as const)).map((story) => ({
    ...story,
    events: story.events.filter((event) => event.kind !== 'enrol'),
  }));
  await fc.assert(
    fc.asyncProperty(stories, (story) => expectConvergence(story, true)),
    { numRuns: RUNS },
  );
}, 1_200_000);

test('the comparison sees a difference', () => {
  expect(() => expectSameState({ facts: [1] }, { facts: [2] })).toThrow();
});
