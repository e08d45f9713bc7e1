import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type Library, readLibrary } from '../../src/library.ts';
import {
  type AssessmentDependencies,
  assessAndQueueWriteBack,
  type DueAssessment,
  holdFailedAssessment,
} from '../../src/pipeline/assess/assess-and-write-back.ts';
import { markOutdatedSubjects } from '../../src/pipeline/assess/mark-outdated.ts';
import { findStudyRules } from '../../src/service/study-rules.ts';
import { type PipelineSandbox, SANDBOX_STUDY, usePipelineSandbox } from './pipeline-sandbox.ts';
import { buildSentCount, buildSentInfusion, buildSentPatient, buildSentProduct } from './sent-resources.ts';

const withPipelineSandbox = usePipelineSandbox();
const MAPPINGS = join(import.meta.dirname, '../../mappings');
const library = readLibrary({ mappingsDir: MAPPINGS, studiesDir: join(MAPPINGS, 'studies') });
const PATIENT = { patient: 0, identifiedBy: 'id' } as const;

/** Assesses by the bundled study, as the service does; the sandbox's own rules have no digest. */
function assessBy(
  sandbox: PipelineSandbox,
  from: Library = library,
  softwareVersion = '1',
  codeDigest = 'code',
) {
  const dependencies: AssessmentDependencies = {
    ...sandbox.assessmentParts,
    softwareVersion,
    codeDigest,
    getStudyRules: () => findStudyRules(from, SANDBOX_STUDY),
  };
  const { subjects } = sandbox.tx;
  const listDue = async () => {
    const due: DueAssessment[] = [];
    for (const { study, subject } of await subjects.listDueForAssessment(10))
      due.push({ study, subject, mark: (await subjects.claimForAssessment(study, subject)) ?? 0 });
    return due;
  };
  return {
    dependencies,
    listDue,
    async assess() {
      for (const due of await listDue()) await assessAndQueueWriteBack(sandbox.tx, dependencies, due);
    },
    async countOutdated() {
      await markOutdatedSubjects(sandbox.parts.store, dependencies, [SANDBOX_STUDY]);
      return (await listDue()).length;
    },
  };
}

/** One infusion on 10 January; the window of W2 is from 21 to 31 January, and no count is in it. */
async function sendStory(sandbox: PipelineSandbox): Promise<void> {
  sandbox.setClock('2026-01-25T12:00:00Z');
  await sandbox.send(buildSentPatient(0, null));
  await sandbox.enrol('S0', 'Patient/p0');
  await sandbox.send(buildSentProduct('bm-msc'));
  await sandbox.send(buildSentInfusion(0, PATIENT, '2026-01-10', 'completed'));
  await sandbox.send(buildSentCount(0, PATIENT, 8, 'final'));
}

const readVisits = async ({ tx }: PipelineSandbox) =>
  (await tx.assessments.get(SANDBOX_STUDY, 'S0'))?.assessments
    .filter(({ scope }) => scope === 'overall')
    .map(({ visit }) => visit);

test('a subject whose facts, rules and windows are the same is not assessed again', () =>
  withPipelineSandbox(async (sandbox) => {
    await sendStory(sandbox);
    const usual = assessBy(sandbox);
    await usual.assess();
    expect(await usual.countOutdated()).toBe(0);
    sandbox.setClock('2026-01-26T12:00:00Z');
    expect(await usual.countOutdated()).toBe(0);
  }));

test('a window that is over since today is assessed today, at the midnight of the site', () =>
  withPipelineSandbox(async (sandbox) => {
    await sendStory(sandbox);
    const usual = assessBy(sandbox);
    await usual.assess();
    // Shanghai is eight hours ahead: 31 January ends at 16:00.
    sandbox.setClock('2026-01-31T15:30:00Z');
    if ((await usual.countOutdated()) > 0) await usual.assess();
    expect(await readVisits(sandbox)).toEqual([]);
    expect(await usual.countOutdated()).toBe(0);
    sandbox.setClock('2026-01-31T16:30:00Z');
    expect(await usual.countOutdated()).toBe(1);
    await usual.assess();
    expect(await readVisits(sandbox)).toEqual(['W2', 'all']);
    expect(await usual.countOutdated()).toBe(0);
  }));

test('other rules, other mappings and other software assess everybody again', () =>
  withPipelineSandbox(async (sandbox) => {
    await sendStory(sandbox);
    const { digests } = library;
    const others = [
      assessBy(sandbox, { ...library, digests: { ...digests, rules: 'other' } }),
      assessBy(sandbox, { ...library, digests: { ...digests, mappings: 'other' } }),
      assessBy(sandbox, library, '2'),
      assessBy(sandbox, library, '1', 'corrected code'),
    ];
    for (const other of others) {
      await assessBy(sandbox).assess();
      expect(await other.countOutdated()).toBe(1);
      await other.assess();
      expect(await other.countOutdated()).toBe(0);
      expect(await assessBy(sandbox).countOutdated()).toBe(1);
    }
  }));

test('a subject who could not be assessed is tried again', () =>
  withPipelineSandbox(async (sandbox) => {
    await sendStory(sandbox);
    const usual = assessBy(sandbox);
    await usual.assess();
    await sandbox.tx.subjects.markForAssessment(SANDBOX_STUDY, 'S0');
    const [due] = await usual.listDue();
    if (!due) throw new Error('Nobody is due.');
    await holdFailedAssessment(sandbox.tx, usual.dependencies, due);
    expect(await usual.listDue()).toEqual([]);
    expect(await usual.countOutdated()).toBe(1);
  }));

test('a subject who has withdrawn consent is not assessed again', () =>
  withPipelineSandbox(async (sandbox) => {
    await sendStory(sandbox);
    const subject = await sandbox.tx.subjects.get(SANDBOX_STUDY, 'S0');
    if (!subject) throw new Error('The subject is missing.');
    await sandbox.tx.subjects.put({ ...subject, status: 'withdrawn' });
    const usual = assessBy(sandbox);
    await usual.assess();
    expect(await assessBy(sandbox, library, '2').countOutdated()).toBe(0);
  }));
