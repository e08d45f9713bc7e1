import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, test } from '@jest/globals';
import fc from 'fast-check';
import { siteAsOf } from '../../src/pipeline/as-of.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite.ts';
import type { Fact } from '../../src/trial/facts.ts';
import { enrolment, numbered, type Said } from './chart.ts';
import { anyOf, deletions, type Event, KEYS, PATIENTS, said, sendVersion } from './hospital-says.ts';
import { expectSame, inWorld, passingFolder, SECOND, SITE, STUDIES, type World } from './world.ts';

const folder = passingFolder('as-of-');
const store = openSqliteStore(join(folder, 'store.db'));

afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

type Told = Event | { readonly kind: 'status'; readonly patient: number; readonly status: string };

interface Story {
  readonly said: readonly Said[];
  readonly events: readonly Told[];
}

const leaving = fc.record({
  kind: fc.constant('status' as const),
  patient: fc.constantFrom(0, 1),
  status: fc.constantFrom('on-study', 'off-study'),
});

const stories: fc.Arbitrary<Story> = fc
  .record({
    said: said(fc.constant('id' as const)),
    gone: deletions(KEYS, 3),
    left: fc.array(leaving, { maxLength: 3 }),
  })
  .chain(({ said: all, gone, left }) =>
    anyOf<Told>(all, [...gone, ...left]).map((events) => ({ said: all, events })),
  );

/** Every subject's facts at the end of a day, as the live store had them. */
interface Page {
  readonly day: string;
  readonly facts: readonly (readonly [string, readonly Fact[]])[];
}

async function factsNow(world: World): Promise<Page['facts']> {
  const facts: [string, readonly Fact[]][] = [];
  for (const study of STUDIES) {
    for (const { subject } of await world.tx.subjects.list(study)) {
      facts.push([subject, await world.tx.facts.of(study, subject)]);
    }
  }
  return facts;
}

async function happen(world: World, { said: all }: Story, event: Told, at: number): Promise<void> {
  if (event.kind === 'status') {
    await world.send(numbered(enrolment(event.patient, event.status), at + 1));
    return;
  }
  if (event.kind !== 'version' && event.kind !== 'delete') return;
  const about = all[event.key];
  if (!about) return;
  if (event.kind === 'delete') await world.remove(about.resourceType, about.id);
  else await sendVersion(world, about, event.version);
}

/** Three events a day; at the end of each the facts are written down. */
async function keepDiary(world: World, story: Story): Promise<readonly Page[]> {
  for (const n of PATIENTS) await world.enrol(`S${n}`, `Patient/p${n}`);
  await world.enrol('Z0', 'Patient/p0', SECOND);
  const diary: Page[] = [];
  for (let at = 0; at < story.events.length; at += 3) {
    const day = new Date(Date.parse('2026-07-01T00:00:00Z') + at * 28_800_000).toISOString().slice(0, 10);
    world.clock(`${day}T15:59:59.999Z`);
    for (const [n, event] of story.events.slice(at, at + 3).entries())
      await happen(world, story, event, at + n);
    diary.push({ day, facts: await factsNow(world) });
  }
  return diary;
}

async function expectReread(world: World, { day, facts }: Page): Promise<void> {
  const then = await siteAsOf(world.tx, world.parts, SITE, day);
  const reread: [string, readonly Fact[]][] = [];
  for (const study of STUDIES) {
    for (const subject of await world.tx.subjects.list(study)) {
      reread.push([subject.subject, then.facts(subject)]);
    }
  }
  expectSame([day, reread], [day, facts]);
}

const RUNS = Number(process.env.CONVERGENCE_RUNS ?? 300);

test('as of an earlier day: exactly the facts of the end of that day, whatever came or was merged later', async () => {
  await fc.assert(
    fc.asyncProperty(stories, (story) =>
      inWorld(store, async (world) => {
        for (const page of await keepDiary(world, story)) await expectReread(world, page);
      }),
    ),
    { numRuns: RUNS },
  );
}, 1_200_000);
