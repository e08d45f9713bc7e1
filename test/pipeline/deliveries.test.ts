import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { openSqliteStore } from '../../src/store/sqlite/sqlite.ts';
import type { Fact } from '../../src/trial/facts.ts';
import { count } from './chart.ts';
import { inWorld, type Sent, SITE, STUDY, type World } from './world.ts';

/** What hospitals deliver twice, late, out of order, to the wrong patient; each case on its own. */
type Step =
  | { readonly enrol: string; readonly as: string }
  | { readonly remove: string }
  | (Versioned & {
      readonly count: string;
      readonly of: string;
      readonly value: number;
      readonly status?: string;
    })
  | (Versioned & {
      readonly patient: string;
      readonly link?: string;
      readonly other?: string;
      readonly number?: string;
    })
  | (Versioned & { readonly study: string; readonly of: string; readonly status: string });

interface Versioned {
  readonly version?: number;
  readonly updated?: string;
}

interface Case {
  readonly id: string;
  readonly says: string;
  readonly steps: readonly Step[];
  readonly answers: readonly string[];
  readonly facts: Readonly<Record<string, readonly string[]>>;
  /** Reasons of the open work items. */
  readonly work: readonly string[];
}

const FILE = join(import.meta.dirname, '../cases/corrections/deliveries.json');
const cases = JSON.parse(readFileSync(FILE, 'utf8')) as readonly Case[];

const folder = mkdtempSync(join(tmpdir(), 'deliveries-'));
const store = openSqliteStore(join(folder, 'store.db'));
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

function resourceOf(step: Exclude<Step, { enrol: string } | { remove: string }>): Sent {
  if ('count' in step) {
    const sent = count(
      Number(step.count.slice(1)),
      { patient: 0, by: 'id' },
      step.value,
      step.status ?? 'final',
    );
    return { ...sent, subject: { reference: step.of } };
  }
  if ('study' in step) {
    const system = 'https://fhir-trial-adapter.example/fhir/sid/subject/msc-aa';
    return {
      resourceType: 'ResearchSubject',
      id: `rs-${step.study}`,
      identifier: [{ system, value: step.study }],
      status: step.status,
      period: { start: '2026-01-01' },
      study: { reference: 'ResearchStudy/msc-aa' },
      individual: { reference: step.of },
    };
  }
  const link = { other: { reference: `Patient/${step.other}` }, type: step.link };
  return {
    resourceType: 'Patient',
    id: step.patient,
    gender: 'female',
    ...(step.number ? { identifier: [{ system: 'urn:insurance', value: step.number }] } : {}),
    ...(step.link ? { link: [link] } : {}),
  };
}

function versioned(sent: Sent, { version, updated }: Versioned): Sent {
  const meta = {
    ...(version === undefined ? {} : { versionId: String(version) }),
    ...(updated === undefined ? {} : { lastUpdated: updated }),
  };
  return { ...sent, meta };
}

async function take(world: World, step: Step): Promise<string | null> {
  if ('enrol' in step) {
    await world.enrol(step.enrol, step.as);
    return null;
  }
  if ('remove' in step) {
    const [type = '', id = ''] = step.remove.split('/');
    return world.remove(type, id);
  }
  return world.send(versioned(resourceOf(step), step));
}

const shown = (fact: Fact): string =>
  fact.kind === 'lab' ? `${fact.analyte} ${fact.measured?.value}` : fact.kind;

test.each(cases.map((each) => [each.id, each.says, each] as const))('%s: %s', async (_id, _says, each) => {
  await inWorld(store, async (world) => {
    const answers: string[] = [];
    for (const step of each.steps) {
      const answer = await take(world, step);
      await world.judge();
      if (answer !== null) answers.push(answer);
    }
    expect(answers).toEqual(each.answers);
    for (const [subject, wanted] of Object.entries(each.facts)) {
      const facts = await world.tx.facts.of(STUDY, subject);
      expect([subject, facts.map(shown).sort()]).toEqual([subject, [...wanted].sort()]);
    }
    const open = await world.tx.work.list('open');
    expect(open.filter(({ site }) => site === SITE).map(({ reason }) => reason)).toEqual(each.work);
  });
});
