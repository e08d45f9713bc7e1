import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { Interaction } from '../../src/fhir/interaction.ts';
import type { OutcomeIssue } from '../../src/fhir/operation-outcome.ts';
import { createSeal } from '../../src/intake/seal.ts';
import { readLibrary } from '../../src/library.ts';
import {
  type AssessmentDependencies,
  assessAndQueueWriteBack,
} from '../../src/pipeline/assess/assess-and-write-back.ts';
import type { PipelineDependencies } from '../../src/pipeline/dependencies.ts';
import { createAcceptInteractions } from '../../src/pipeline/receive/accept-interactions.ts';
import { createEnrolSubjects } from '../../src/pipeline/receive/enrol-from-file.ts';
import { TRUST_WITHOUT_PEOPLE } from '../../src/signatures/check-decision.ts';
import type { Store, StoreTransaction } from '../../src/store/store.ts';
import type { Fact, Subject } from '../../src/trial/facts.ts';
import { rememberResults, rememberStages } from '../support/remember-stages.ts';
import { useStore } from '../support/with-store.ts';

const MAPPINGS_FOLDER = join(import.meta.dirname, '../../mappings');
const library = readLibrary({ mappingsDir: MAPPINGS_FOLDER, studiesDir: join(MAPPINGS_FOLDER, 'studies') });
const protocol = library.protocols.get('msc-aa');
if (!protocol) throw new Error('The bundled study is missing.');
export const SANDBOX_PROTOCOL = protocol;

export const SANDBOX_STUDY = 'msc-aa';
/** Another study by the same protocol. */
export const SANDBOX_SECOND_STUDY = 'second';
export const SANDBOX_STUDIES: readonly string[] = [SANDBOX_STUDY, SANDBOX_SECOND_STUDY];
export const SANDBOX_SITE = 's';

/** The pipeline over one open transaction: real stages, real store, and nothing left behind. */
export interface PipelineSandbox {
  readonly tx: StoreTransaction;
  /** Sets the clock; it does not advance until it is set again. */
  setClock(instant: string): void;
  send(resource: SentResource): Promise<string>;
  deleteResource(resourceType: string, id: string): Promise<string>;
  enrol(subject: string, patient: string, study?: string): Promise<void>;
  /** The issues of the answers, in order. */
  readonly issues: OutcomeIssue[];
  /** Assesses every subject with changed facts. */
  assessDirty(): Promise<void>;
  /** Delivers every pending outbox entry. */
  deliverAll(): Promise<void>;
  readonly parts: PipelineDependencies;
  readonly assessmentParts: AssessmentDependencies;
}

export interface SentResource {
  readonly resourceType: string;
  readonly id: string;
  readonly [element: string]: unknown;
}

/** Runs the work in a sandbox whose transaction is committed. */
export const runInSandbox = <T>(store: Store, work: (sandbox: PipelineSandbox) => Promise<T>): Promise<T> =>
  store.transaction((tx) => work(createSandbox(tx, store)));

class RolledBack extends Error {}

/** Runs the work in a sandbox, and undoes all that it stored. */
type WithPipelineSandbox = <T>(work: (sandbox: PipelineSandbox) => Promise<T>) => Promise<T>;

/** Opens one store for all sandboxes of the file, one after the other. */
export function usePipelineSandbox(): WithPipelineSandbox {
  const testStore = useStore('file');
  return (work) => runAndUndo(testStore.store, work);
}

async function runAndUndo<T>(store: Store, work: (sandbox: PipelineSandbox) => Promise<T>): Promise<T> {
  let result: { value: T } | null = null;
  const undone = await store
    .transaction(async (tx) => {
      result = { value: await work(createSandbox(tx, store)) };
      throw new RolledBack();
    })
    .catch((cause: unknown) => cause);
  if (!(undone instanceof RolledBack) || !result) throw undone;
  return (result as { value: T }).value;
}

const MOST_REMEMBERED = 5000;

const stages = rememberStages(library, MOST_REMEMBERED);
const seal = createSeal(new Uint8Array(32));
const memoizedSeal = { ...seal, hash: rememberResults(seal.hash, (name) => name, MOST_REMEMBERED) };

function createSandbox(tx: StoreTransaction, store: Store): PipelineSandbox {
  let now = new Date('2026-06-01T12:00:00Z');
  const within: Store = { ...store, transaction: (work) => work(tx), read: (work) => work(tx) };
  const parts: PipelineDependencies = {
    store: within,
    seal: memoizedSeal,
    studies: SANDBOX_STUDIES,
    sealDays: 45,
    getSiteContext: (site) => ({
      site,
      timeZone: 'Asia/Shanghai',
      ehrBase: null,
      mayUseSubjectNumber: () => true,
      map: stages.map,
      listVisits: (study) => library.protocols.get(study)?.visits.map(({ id }) => id) ?? null,
    }),
    validate: stages.validate,
    now: () => now,
  };
  const assessmentParts = createAssessmentParts(() => now);
  const accept = createAcceptInteractions(parts);
  const enroll = createEnrolSubjects(parts);
  const issues: OutcomeIssue[] = [];
  const acceptOne = async (interaction: Interaction): Promise<string> => {
    const [answer] = await accept(SANDBOX_SITE, [interaction], 'each', 'test');
    if (!answer) throw new Error('Nothing was answered.');
    issues.push(...answer.issues);
    return answer.status < 400 ? answer.disposition : `${answer.status} ${answer.disposition}`;
  };
  const conditions = { ifNoneExist: null, ifMatch: null };
  return {
    tx,
    parts,
    assessmentParts,
    issues,
    setClock(instant) {
      now = new Date(instant);
    },
    send: (sent) => {
      const resource = stages.parse(JSON.stringify(sent)) as SentResource;
      return acceptOne({
        method: 'update',
        resourceType: sent.resourceType,
        id: sent.id,
        resource,
        ...conditions,
      });
    },
    deleteResource: (resourceType, id) =>
      acceptOne({ method: 'delete', resourceType, id, resource: null, ...conditions }),
    enrol: async (subject, patient, study = SANDBOX_STUDY) => {
      const day = '2026-01-01';
      await enroll(study, [{ subject, site: SANDBOX_SITE, patient, enrolledOn: day, consentedOn: day }]);
    },
    async assessDirty() {
      for (const { study, subject } of await tx.subjects.listDueForAssessment(100)) {
        const mark = await tx.subjects.claimForAssessment(study, subject);
        if (mark !== null) await assessAndQueueWriteBack(tx, assessmentParts, { study, subject, mark });
      }
    },
    async deliverAll() {
      for (let due = [...(await listDue(tx, now))]; due.length > 0; due = [...(await listDue(tx, now))]) {
        for (const entry of due) await tx.outbox.markDelivered(entry, null);
      }
    },
  };
}

const listDue = (tx: StoreTransaction, now: Date) =>
  tx.outbox.takeDue(now.toISOString(), [SANDBOX_SITE], 100);

function createAssessmentParts(now: () => Date): AssessmentDependencies {
  return {
    softwareVersion: '0',
    trust: TRUST_WITHOUT_PEOPLE,
    onAssessmentFailed: (_who, cause) => {
      throw cause;
    },
    getTimeZone: () => 'Asia/Shanghai',
    now,
    getStudyRules: (study) => ({
      study,
      title: study,
      assess: (subject, facts, today) => {
        if (!protocol) throw new Error('The bundled study is missing.');
        return stages.assess({ subject, facts, protocol, criteria: library.criteria, today });
      },
    }),
  };
}

/** Lists the content of every outbox entry that is not retracted: what an EHR holds, or will hold, as true. */
export async function listLiveWrites(tx: StoreTransaction): Promise<readonly unknown[]> {
  const live: unknown[] = [];
  for (const entry of await tx.outbox.list({})) {
    const { status, note, issued, device, author, requester, identifiedDateTime, authoredOn, ...content } =
      JSON.parse(entry.resource) as Record<string, unknown>;
    if (status === 'entered-in-error' || status === 'revoked') continue;
    live.push({ ...content, status: status === 'amended' ? 'final' : status });
  }
  return live;
}

/** Lists the open questions about a subject, without the instants at which they were asked. */
async function listOpenQuestions(tx: StoreTransaction, subject: Subject): Promise<readonly unknown[]> {
  const items = await tx.workItems.listForSubject(subject);
  return items
    .filter(({ status }) => status === 'open')
    .map(({ firstSeen, lastSeen, ...question }) => question);
}

/**
 * Lists the facts of a subject without withdrawals: whether a resource that was entered in error is known to have stated
 * something before depends on which of its versions arrived.
 */
export async function listStandingFacts(
  tx: StoreTransaction,
  { study, subject }: Pick<Subject, 'study' | 'subject'>,
): Promise<readonly Fact[]> {
  return (await tx.facts.listForSubject(study, subject)).filter(({ kind }) => kind !== 'withdrawal');
}

/** Reads facts, assessments, questions and live write-back of every subject: what must not depend on the order of arrival. */
export async function readSandboxState(tx: StoreTransaction): Promise<unknown> {
  const each = [];
  for (const study of SANDBOX_STUDIES) {
    for (const subject of await tx.subjects.list(study)) {
      const facts = await listStandingFacts(tx, subject);
      const judgement = await tx.assessments.get(study, subject.subject);
      each.push({ subject, facts, judgement, questions: await listOpenQuestions(tx, subject) });
    }
  }
  return { each, live: await listLiveWrites(tx) };
}

/** Compares two states as text, which is quick; where they differ, the failure shows where. */
export function expectSameState(state: unknown, wanted: unknown): void {
  if (JSON.stringify(state) !== JSON.stringify(wanted)) expect(state).toEqual(wanted);
}
