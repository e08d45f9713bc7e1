import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createEnrolSubjects } from '../../src/pipeline/receive/enrol-from-file.ts';
import { buildSentContradiction, type ContradictionPart } from './contradiction-resources.ts';
import {
  type PipelineSandbox,
  SANDBOX_SITE,
  SANDBOX_STUDY,
  type SentResource,
  usePipelineSandbox,
} from './pipeline-sandbox.ts';

interface ContradictionCase {
  readonly name: string;
  /** 2026-01-05 where absent; enrolment is on 2026-01-10. */
  readonly consentedOn?: string;
  readonly sent: readonly ContradictionPart[];
  /** What becomes of resources that are not mapped, or not only, by id. */
  readonly dispositions?: Readonly<Record<string, string>>;
  /** The open questions: each by its kind (and resource, where a kind is asked twice), with the resources to look at. */
  readonly asks: Readonly<Record<string, readonly string[]>>;
}

const FOLDER = join(import.meta.dirname, '../cases/contradictions');
const PATIENTS = ['p1', 'p2', 'p3'].map((id) => `Patient/${id}`);
const withPipelineSandbox = usePipelineSandbox();

async function enrol({ parts, tx }: PipelineSandbox, consentedOn: string): Promise<void> {
  const [patient = '', ...others] = PATIENTS;
  const row = { subject: 'S1', site: SANDBOX_SITE, patient, enrolledOn: '2026-01-10', consentedOn };
  await createEnrolSubjects(parts)(SANDBOX_STUDY, [row]);
  for (const other of others)
    await tx.subjects.addEnrolmentIdentifier(SANDBOX_SITE, other, SANDBOX_STUDY, 'S1', 'test');
}

/** Sends the resources, assessing after each where asked, and returns the questions with ids and resources. */
function collectQuestions(
  { consentedOn = '2026-01-05', dispositions = {} }: ContradictionCase,
  resources: readonly SentResource[],
  assessEach: boolean,
): Promise<readonly { kind: string; topic: string; id: string; sources: readonly string[] }[]> {
  return withPipelineSandbox(async (sandbox) => {
    await enrol(sandbox, consentedOn);
    for (const resource of resources) {
      expect([await sandbox.send(resource)]).toEqual([dispositions[resource.id] ?? 'mapped']);
      if (assessEach) await sandbox.assessDirty();
    }
    await sandbox.assessDirty();
    const items = await sandbox.tx.workItems.listForSubject({ study: SANDBOX_STUDY, subject: 'S1' });
    return items
      .filter(({ status }) => status === 'open')
      .map(({ id, kind, group, sources, count }) => {
        expect(count).toBe(sources.length);
        const topic = group.slice(`${SANDBOX_STUDY} S1 `.length);
        return { kind: kind ?? '', topic, id, sources: [...sources].sort() };
      });
  });
}

describe.each(readdirSync(FOLDER))('%s', (file) => {
  const cases = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as readonly ContradictionCase[];
  test.each(cases.map((entry) => [entry.name, entry] as const))('%s', async (_name, entry) => {
    const { asks } = entry;
    const resources = entry.sent.map(buildSentContradiction);
    const asked = await collectQuestions(entry, resources, false);
    const byName = asked.map(({ kind, topic, sources }) => [topic in asks ? topic : kind, sources]);
    expect(Object.fromEntries(byName)).toEqual(asks);
    expect(asked).toHaveLength(Object.keys(asks).length);
    // The same items in any order of arrival, whatever was asked in between.
    expect(await collectQuestions(entry, resources.toReversed(), true)).toEqual(asked);
  });
});
