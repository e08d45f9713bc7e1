import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readLibrary } from '../../src/library.ts';
import { assessSelectedSubjects } from '../../src/pipeline/query/assess-as-of.ts';
import { createStudyQueries, type StudyQueries } from '../../src/service/study-queries.ts';
import { readRepositoryJson } from '../mapping/bundled-mappings.ts';
import {
  type PipelineSandbox,
  SANDBOX_STUDY,
  type SentResource,
  usePipelineSandbox,
} from './pipeline-sandbox.ts';
import { buildSentCount, buildSentInfusion, buildSentProduct, withVersionId } from './sent-resources.ts';

const withPipelineSandbox = usePipelineSandbox();

const MAPPINGS = join(import.meta.dirname, '../../mappings');
const library = readLibrary({ mappingsDir: MAPPINGS, studiesDir: join(MAPPINGS, 'studies') });
const createQueries = ({ parts, assessmentParts: judging }: PipelineSandbox) =>
  createStudyQueries(parts.store, () => ({ library, pipeline: parts, assessment: judging }));

const PATIENT = { patient: 0, identifiedBy: 'id' } as const;
const COUNT_CODES = { '751-8': 'anc', '60474-4': 'reticulocytes' };

/** Platelets of a count with steady neutrophils and reticulocytes: severe where the platelets are low. */
function buildBloodCount(n: number, platelets: number, version: number): readonly SentResource[] {
  const first = buildSentCount(n, PATIENT, platelets, version === 1 ? 'final' : 'corrected');
  const others = Object.entries(COUNT_CODES).map(([code, name]) => ({
    ...buildSentCount(n, PATIENT, name === 'anc' ? (n === 0 ? 0.3 : 0.9) : 30, 'final'),
    id: `o${n}-${name}`,
    code: { coding: [{ system: 'http://loinc.org', code }] },
  }));
  return [withVersionId(first, version), ...others.map((other) => withVersionId(other, 1))];
}

/** Severe before the infusion, platelets 24 at W2, M1, M2; on 1 June the laboratory corrects M1 to 12. */
async function sendCorrectedStory(sandbox: PipelineSandbox): Promise<void> {
  sandbox.setClock('2026-03-20T12:00:00Z');
  await sandbox.enrol('S0', 'Patient/p0');
  await sandbox.send(buildSentProduct('bm-msc'));
  await sandbox.send(buildSentInfusion(0, PATIENT, '2026-01-10', 'completed'));
  for (const n of [0, 1, 2, 3]) {
    for (const sent of buildBloodCount(n, n === 0 ? 8 : 24, 1)) await sandbox.send(sent);
  }
  sandbox.setClock('2026-06-01T12:00:00Z');
  for (const sent of buildBloodCount(2, 12, 2)) await sandbox.send(sent);
}

const QUERY = { study: SANDBOX_STUDY, subject: 'S0', asOf: null };

async function assessM1(sandbox: PipelineSandbox, asOf: Parameters<typeof queryAsOf>[0]): Promise<unknown> {
  const [one] = await createQueries(sandbox).assess(queryAsOf(asOf), []);
  const found = one?.judgement.assessments.find((a) => a.visit === 'M1' && a.scope === 'overall');
  return found?.value.kind === 'class' ? found.value.class : undefined;
}

const queryAsOf = (asOf: { day: string; knownBy: 'received' | 'collected' } | null) => ({ ...QUERY, asOf });

describe('as of an earlier day', () => {
  test('a later correction does not rewrite what the decision saw', () =>
    withPipelineSandbox(async (sandbox) => {
      await sendCorrectedStory(sandbox);
      expect(await assessM1(sandbox, null)).toBe('NR');
      expect(await assessM1(sandbox, { day: '2026-05-31', knownBy: 'received' })).toBe('PR');
      expect(await assessM1(sandbox, { day: '2026-06-01', knownBy: 'received' })).toBe('NR');
      expect(await assessM1(sandbox, { day: '2026-05-31', knownBy: 'collected' })).toBe('NR');
    }));

  test('before anything was received there is no assessment, even of counts collected by then', () =>
    withPipelineSandbox(async (sandbox) => {
      await sendCorrectedStory(sandbox);
      expect(await assessM1(sandbox, { day: '2026-03-19', knownBy: 'received' })).toBeUndefined();
      expect(await assessM1(sandbox, { day: '2026-03-19', knownBy: 'collected' })).toBe('NR');
    }));

  test('explain and report describe that day; a query stores nothing', () =>
    withPipelineSandbox(async (sandbox) => {
      await sendCorrectedStory(sandbox);
      const asOf = { day: '2026-05-31', knownBy: 'received' } as const;
      expect((await createQueries(sandbox).explain(queryAsOf(asOf), 'M1')).text).toContain('24');
      expect((await createQueries(sandbox).explain(QUERY, 'M1')).text).toContain('12');
      expect(
        (await createQueries(sandbox).report({ study: SANDBOX_STUDY, asOf, withSensitivity: false })).asOf,
      ).toBe('2026-05-31');
      expect(await sandbox.tx.assessments.get(SANDBOX_STUDY, 'S0')).toBeUndefined();
      expect(await sandbox.tx.outbox.list({})).toEqual([]);
    }));
});

describe('other criteria', () => {
  test('a new version of the set in use: who flips, and by which clause', () =>
    withPipelineSandbox(async (sandbox) => {
      await sendCorrectedStory(sandbox);
      const text = JSON.stringify(readRepositoryJson('mappings/criteria/camitta-severity.json'));
      const json: unknown = JSON.parse(text.replaceAll('"value":"20"', '"value":"10"'));
      expect(JSON.stringify(json)).not.toBe(text);
      const difference = await createQueries(sandbox).compareRules(QUERY, [
        {
          kind: 'file',
          file: 'new.json',
          json,
        },
      ]);
      expect(difference.flips).toContainEqual(
        expect.objectContaining({ subject: 'S0', visit: 'M1', before: 'NR', after: 'PR' }),
      );
      expect(difference.subjectsFlipped).toBe(1);
      expect(Object.values(difference.counts).reduce((a, b) => a + b, 0)).toBe(difference.flips.length);
      expect(await sandbox.tx.outbox.list({})).toEqual([]);
    }));

  test('a set that asks for no second count: what made the difference is said, not "all of"', () =>
    withPipelineSandbox(async (sandbox) => {
      sandbox.setClock('2026-06-01T12:00:00Z');
      await sandbox.enrol('S0', 'Patient/p0');
      await sandbox.send(buildSentProduct('bm-msc'));
      await sandbox.send(buildSentInfusion(0, PATIENT, '2026-01-10', 'completed'));
      for (const [n, platelets] of [8, 24, 24, 12].entries())
        for (const sent of buildBloodCount(n, platelets, 1)) await sandbox.send(sent);
      const { confirmationDays: _none, ...json } = readRepositoryJson(
        'mappings/criteria/bsh-saa.json',
      ) as object & {
        confirmationDays: number;
      };
      const { flips } = await createQueries(sandbox).compareRules(QUERY, [
        {
          kind: 'file',
          file: 'new.json',
          json,
        },
      ]);
      const clause =
        'no longer required: confirmed by a second count at least 28 days apart, none between them failing';
      expect(flips).toContainEqual(
        expect.objectContaining({ visit: 'M1', before: 'NR', after: 'PR', clause }),
      );
      expect(flips.map((flip) => flip.clause)).not.toContain('all of');
    }));

  test('an earlier version of the sets and of the protocol: what each correction of a rule changed', () =>
    withPipelineSandbox(async (sandbox) => {
      sandbox.setClock('2026-06-01T12:00:00Z');
      await sandbox.enrol('S0', 'Patient/p0');
      await sandbox.send(buildSentProduct('bm-msc'));
      await sandbox.send(buildSentInfusion(0, PATIENT, '2026-01-10', 'completed'));
      for (const [n, platelets] of [8, 24, 24, 24].entries())
        for (const sent of buildBloodCount(n, platelets, 1)) await sandbox.send(sent);
      const compare = (rules: Parameters<StudyQueries['compareRules']>[1]) =>
        createQueries(sandbox).compareRules(QUERY, rules);
      const older = { kind: 'set', id: 'bsh-saa', version: '1.0.0' } as const;
      const { flips } = await compare([older]);
      // Version 1.0.0 also counted transfusion-free days before the first infusion.
      expect(flips).toContainEqual(
        expect.objectContaining({ visit: 'W2', scope: 'overall', before: 'NR', after: 'PR' }),
      );
      expect((await compare([{ kind: 'protocol', version: '1.0.0' }])).subjects).toBe(1);
      const unknown = compare([{ ...older, version: '9.0.0' }]);
      await expect(unknown).rejects.toMatchObject({ code: 'criteria/unknown' });
      await expect(compare([{ kind: 'protocol', version: '9.0.0' }])).rejects.toMatchObject({
        code: 'criteria/unknown',
      });
    }));

  test('the set in use differs from itself in nothing; an undefined set makes all NE', () =>
    withPipelineSandbox(async (sandbox) => {
      await sendCorrectedStory(sandbox);
      const by = (id: string) =>
        createQueries(sandbox).compareRules(QUERY, [{ kind: 'set', id, version: null }]);
      expect((await by('bsh-saa')).flips).toEqual([]);
      const { counts } = await by('pang-2017');
      expect(Object.keys(counts).every((change) => change.endsWith('→ NE'))).toBe(true);
    }));
});

test('subjects are read and judged one after the other, and what is not kept is let go', () =>
  withPipelineSandbox(async (sandbox) => {
    const subjects = ['S0', 'S1', 'S2'];
    for (const [i, subject] of subjects.entries()) await sandbox.enrol(subject, `Patient/p${i}`);
    const { parts, assessmentParts: judging } = sandbox;
    const steps: string[] = [];
    await parts.store.read((tx) => {
      const facts: typeof tx.facts = {
        ...tx.facts,
        async listForSubject(study, subject) {
          steps.push(`reads ${subject}`);
          return tx.facts.listForSubject(study, subject);
        },
      };
      const all = { ...QUERY, subject: null };
      return assessSelectedSubjects(
        { ...tx, facts },
        parts,
        judging,
        judging.getStudyRules(SANDBOX_STUDY),
        all,
        ({ subject }) => steps.push(`keeps ${subject.subject}`),
      );
    });
    expect(steps).toEqual(subjects.flatMap((subject) => [`reads ${subject}`, `keeps ${subject}`]));
  }));
