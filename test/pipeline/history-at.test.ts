import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, test } from '@jest/globals';
import fc from 'fast-check';
import { reconstructSite } from '../../src/pipeline/query/site-snapshot.ts';
import { createSiteTransaction } from '../../src/pipeline/site-transaction.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Fact } from '../../src/trial/facts.ts';
import {
  createScratchFolder,
  expectSameState,
  type PipelineSandbox,
  SANDBOX_SECOND_STUDY,
  SANDBOX_SITE,
  SANDBOX_STUDIES,
  withPipelineSandbox,
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

const folder = createScratchFolder('as-of-');
const store = openSqliteStore(join(folder, 'store.db'));

afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

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

/** Every subject's facts at the end of a day, as the live store had them. */
interface DayRecord {
  readonly day: string;
  readonly factsBySubject: readonly (readonly [string, readonly Fact[]])[];
}

async function readAllFacts(world: PipelineSandbox): Promise<DayRecord['factsBySubject']> {
  const facts: [string, readonly Fact[]][] = [];
  for (const study of SANDBOX_STUDIES) {
    for (const { subject } of await world.tx.subjects.list(study)) {
      facts.push([subject, await world.tx.facts.listForSubject(study, subject)]);
    }
  }
  return facts;
}

async function applyEvent(
  world: PipelineSandbox,
  { said: all }: Story,
  event: StatusOrEvent,
  at: number,
): Promise<void> {
  if (event.kind === 'status') {
    await world.send(withVersionId(buildSentEnrolment(event.patient, event.status), at + 1));
    return;
  }
  if (event.kind !== 'version' && event.kind !== 'delete') return;
  const about = all[event.key];
  if (!about) return;
  if (event.kind === 'delete') await world.deleteResource(about.resourceType, about.id);
  else await sendVersion(world, about, event.version);
}

/** Three events a day; at the end of each the facts are written down. */
async function recordDays(world: PipelineSandbox, story: Story): Promise<readonly DayRecord[]> {
  for (const n of PATIENT_NUMBERS) await world.enrol(`S${n}`, `Patient/p${n}`);
  await world.enrol('Z0', 'Patient/p0', SANDBOX_SECOND_STUDY);
  const diary: DayRecord[] = [];
  for (let at = 0; at < story.events.length; at += 3) {
    const day = new Date(Date.parse('2026-07-01T00:00:00Z') + at * 28_800_000).toISOString().slice(0, 10);
    world.setClock(`${day}T15:59:59.999Z`);
    for (const [n, event] of story.events.slice(at, at + 3).entries())
      await applyEvent(world, story, event, at + n);
    diary.push({ day, factsBySubject: await readAllFacts(world) });
  }
  return diary;
}

async function expectSameHistory(
  world: PipelineSandbox,
  { day, factsBySubject: facts }: DayRecord,
): Promise<void> {
  const then = await reconstructSite(createSiteTransaction(world.tx, world.parts, SANDBOX_SITE), day);
  const reread: [string, readonly Fact[]][] = [];
  for (const study of SANDBOX_STUDIES) {
    for (const subject of await world.tx.subjects.list(study)) {
      reread.push([subject.subject, then.factsFor(subject)]);
    }
  }
  expectSameState([day, reread], [day, facts]);
}

const RUNS = Number(process.env.CONVERGENCE_RUNS ?? 300);

test('as of an earlier day: exactly the facts of the end of that day, whatever came or was merged later', async () => {
  await fc.assert(
    fc.asyncProperty(stories, (story) =>
      withPipelineSandbox(store, async (world) => {
        for (const page of await recordDays(world, story)) await expectSameHistory(world, page);
      }),
    ),
    { numRuns: RUNS },
  );
}, 1_200_000);
