import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { mergeStatements } from '../../src/trial/counts/merge-statements.ts';
import type { Fact } from '../../src/trial/facts.ts';
import {
  type PipelineSandbox,
  SANDBOX_SITE,
  SANDBOX_STUDY,
  type SentResource,
  usePipelineSandbox,
} from './pipeline-sandbox.ts';
import { buildSentCount } from './sent-resources.ts';

/** One step of a case: hospitals deliver twice, late, out of order, or for the wrong patient. */
type Step =
  | { readonly enrol: string; readonly as: string; readonly in?: string }
  | { readonly remove: string }
  | (VersionFields & {
      readonly count: string;
      /** `Patient/id`, or an identifier as `system|value`. */
      readonly of: string;
      readonly value: number;
      readonly status?: string;
    })
  | (VersionFields & {
      readonly patient: string;
      readonly sex?: string;
      readonly number?: string;
      readonly mrn?: string;
      /** Types of Patient.link, each with a Patient's id (or another server's address of one). */
      readonly links?: Readonly<Record<string, string>>;
    })
  | (VersionFields & { readonly study: string; readonly of: string; readonly status: string });

interface VersionFields {
  readonly version?: number;
  readonly updated?: string;
}

interface DeliveryCase {
  readonly id: string;
  readonly says: string;
  readonly steps: readonly Step[];
  readonly answers: readonly string[];
  /** By subject number; `in` a study other than the first, as `second:Z0`. */
  readonly facts: Readonly<Record<string, readonly string[]>>;
  /** Reasons of the open work items. */
  readonly work: readonly string[];
  /** Parts of the texts of the open work items. */
  readonly fixes?: readonly string[];
  /** Notices in the answers. */
  readonly notices?: readonly string[];
  /** The identifier by which write-back refers to the subject. */
  readonly named?: Readonly<Record<string, string>>;
}

const CASES_FILE = join(import.meta.dirname, '../cases/corrections/deliveries.json');
const cases = JSON.parse(readFileSync(CASES_FILE, 'utf8')) as readonly DeliveryCase[];

const withPipelineSandbox = usePipelineSandbox();

function buildResource(step: Exclude<Step, { enrol: string } | { remove: string }>): SentResource {
  if ('count' in step) {
    const { count: id, value, status = 'final' } = step;
    const sent = buildSentCount(Number(id.slice(1)), { patient: 0, identifiedBy: 'id' }, value, status);
    return { ...sent, subject: buildReference(step.of) };
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
      individual: buildReference(step.of),
    };
  }
  const { patient: id, sex = 'female', number, mrn, links = {} } = step;
  const identifier = [
    ...(number ? [{ system: 'urn:insurance', value: number }] : []),
    ...(mrn ? [{ system: 'urn:mrn', value: mrn }] : []),
  ];
  const link = Object.entries(links).map(([type, other]) => {
    return { type, other: { reference: other.includes('/') ? other : `Patient/${other}` } };
  });
  return {
    resourceType: 'Patient',
    id,
    gender: sex,
    ...(identifier.length > 0 ? { identifier } : {}),
    ...(link.length > 0 ? { link } : {}),
  };
}

function buildReference(name: string): object {
  const [system, value] = name.split('|');
  return value === undefined ? { reference: name } : { identifier: { system, value } };
}

function addMeta(sent: SentResource, { version, updated }: VersionFields): SentResource {
  const meta = {
    ...(version === undefined ? {} : { versionId: String(version) }),
    ...(updated === undefined ? {} : { lastUpdated: updated }),
  };
  return { ...sent, meta };
}

async function applyStep(sandbox: PipelineSandbox, step: Step): Promise<string | null> {
  if ('enrol' in step) {
    await sandbox.enrol(step.enrol, step.as, step.in);
    return null;
  }
  if ('remove' in step) {
    const [type = '', id = ''] = step.remove.split('/');
    return sandbox.deleteResource(type, id);
  }
  return sandbox.send(addMeta(buildResource(step), step));
}

function formatFact(fact: Fact): string {
  if (fact.kind === 'lab') return `${fact.analyte} ${fact.measured?.value}`;
  return fact.kind === 'person' ? `person ${fact.sex}` : fact.kind;
}

/** Parses a subject of a case, `S0` or `second:Z0`, as study and number. */
function parseSubject(text: string): readonly [string, string] {
  const [study, subject] = text.split(':');
  return subject === undefined ? [SANDBOX_STUDY, text] : [study ?? '', subject];
}

const NOTICE_CODES = new Set(['version-gap', 'clock-ahead', 'merge']);

async function expectOutcome(sandbox: PipelineSandbox, each: DeliveryCase): Promise<void> {
  for (const [place, wanted] of Object.entries(each.facts)) {
    const facts = mergeStatements(await sandbox.tx.facts.listForSubject(...parseSubject(place)));
    expect([place, facts.map(formatFact).sort()]).toEqual([place, [...wanted].sort()]);
  }
  const open = (await sandbox.tx.workItems.list('open')).filter(({ site }) => site === SANDBOX_SITE);
  expect(open.map(({ reason }) => reason)).toEqual(each.work);
  for (const part of each.fixes ?? [])
    expect(open.map(({ detail, fix }) => detail + fix).join()).toMatch(part);
  const notices = sandbox.issues.map(({ detail }) => detail).filter((detail) => NOTICE_CODES.has(detail));
  if (each.notices) expect(notices).toEqual(each.notices);
  for (const [place, name] of Object.entries(each.named ?? {}))
    expect([place, (await sandbox.tx.subjects.listPatientIdentifiers(...parseSubject(place)))[0]]).toEqual([
      place,
      name,
    ]);
}

test.each(cases.map((each) => [each.id, each.says, each] as const))('%s: %s', async (_id, _says, each) => {
  await withPipelineSandbox(async (sandbox) => {
    const answers: string[] = [];
    for (const step of each.steps) {
      const answer = await applyStep(sandbox, step);
      await sandbox.assessDirty();
      if (answer !== null) answers.push(answer);
    }
    expect(answers).toEqual(each.answers);
    await expectOutcome(sandbox, each);
  });
});
