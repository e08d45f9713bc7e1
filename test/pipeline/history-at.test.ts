import { test } from '@jest/globals';
import fc from 'fast-check';
import { reconstructSite } from '../../src/pipeline/query/site-snapshot.ts';
import { createSiteTransaction } from '../../src/pipeline/site-transaction.ts';
import type { Fact } from '../../src/trial/facts.ts';
import {
  expectSameState,
  listStandingFacts,
  type PipelineSandbox,
  SANDBOX_SECOND_STUDY,
  SANDBOX_SITE,
  SANDBOX_STUDIES,
  usePipelineSandbox,
} from './pipeline-sandbox.ts';
import { buildSentEnrolment, type VersionHistory, withVersionId } from './sent-resources.ts';
import {
  generateDeletions,
  generateEvents,
  generateHistories,
  HISTORY_COUNT,
  PATIENT_NUMBERS,
  type StoryEvent,
  sendVersion,
} from './story-arbitraries.ts';

const withPipelineSandbox = usePipelineSandbox();

type StatusOrEvent =
  | StoryEvent
  | { readonly kind: 'status'; readonly patient: number; readonly status: string };

interface Story {
  readonly said: readonly VersionHistory[];
  readonly events: readonly StatusOrEvent[];
}

const statusChanges = fc.record({
  kind: fc.constant('status' as const),
  patient: fc.constantFrom(0, 1),
  status: fc.constantFrom('on-study', 'off-study'),
});

const stories: fc.Arbitrary<Story> = fc
  .record({
    said: generateHistories(fc.constant('id' as const)),
    gone: generateDeletions(HISTORY_COUNT, 3),
    left: fc.array(statusChanges, { maxLength: 3 }),
  })
  .chain(({ said: all, gone, left }) =>
    generateEvents<StatusOrEvent>(all, [...gone, ...left]).map((events) => ({ said: all, events })),
  );

/** Every subject's facts at the end of a day, as the store had them then. */
interface DayRecord {
  readonly day: string;
  readonly factsBySubject: readonly (readonly [string, readonly Fact[]])[];
}

async function readAllFacts(sandbox: PipelineSandbox): Promise<DayRecord['factsBySubject']> {
  const facts: [string, readonly Fact[]][] = [];
  for (const study of SANDBOX_STUDIES) {
    for (const { subject } of await sandbox.tx.subjects.list(study)) {
      facts.push([subject, await listStandingFacts(sandbox.tx, { study, subject })]);
    }
  }
  return facts;
}

async function applyEvent(
  sandbox: PipelineSandbox,
  { said: all }: Story,
  event: StatusOrEvent,
  at: number,
): Promise<void> {
  if (event.kind === 'status') {
    await sandbox.send(withVersionId(buildSentEnrolment(event.patient, event.status), at + 1));
    return;
  }
  if (event.kind !== 'version' && event.kind !== 'delete') return;
  const about = all[event.key];
  if (!about) return;
  if (event.kind === 'delete') await sandbox.deleteResource(about.resourceType, about.id);
  else await sendVersion(sandbox, about, event.version);
}

/** Plays three events a day, and records the facts at the end of each day. */
async function recordDays(sandbox: PipelineSandbox, story: Story): Promise<readonly DayRecord[]> {
  for (const n of PATIENT_NUMBERS) await sandbox.enrol(`S${n}`, `Patient/p${n}`);
  await sandbox.enrol('Z0', 'Patient/p0', SANDBOX_SECOND_STUDY);
  const records: DayRecord[] = [];
  for (let at = 0; at < story.events.length; at += 3) {
    const day = new Date(Date.parse('2026-07-01T00:00:00Z') + at * 28_800_000).toISOString().slice(0, 10);
    sandbox.setClock(`${day}T15:59:59.999Z`);
    for (const [n, event] of story.events.slice(at, at + 3).entries())
      await applyEvent(sandbox, story, event, at + n);
    records.push({ day, factsBySubject: await readAllFacts(sandbox) });
  }
  return records;
}

async function expectSameHistory(
  sandbox: PipelineSandbox,
  { day, factsBySubject: facts }: DayRecord,
): Promise<void> {
  const then = await reconstructSite(createSiteTransaction(sandbox.tx, sandbox.parts, SANDBOX_SITE), day);
  const reread: [string, readonly Fact[]][] = [];
  for (const study of SANDBOX_STUDIES) {
    for (const subject of await sandbox.tx.subjects.list(study)) {
      reread.push([subject.subject, then.listFacts(subject).filter(({ kind }) => kind !== 'withdrawal')]);
    }
  }
  expectSameState([day, reread], [day, facts]);
}

const RUNS = Number(process.env.CONVERGENCE_RUNS ?? 150);

test('as of an earlier day: exactly the facts at the end of that day, regardless of later versions or merges', async () => {
  await fc.assert(
    fc.asyncProperty(stories, (story) =>
      withPipelineSandbox(async (sandbox) => {
        for (const record of await recordDays(sandbox, story)) await expectSameHistory(sandbox, record);
      }),
    ),
    { numRuns: RUNS },
  );
}, 1_200_000);
