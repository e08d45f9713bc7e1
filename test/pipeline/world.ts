import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { Interaction } from '../../src/fhir/interaction.ts';
import { parseJson } from '../../src/fhir/json.ts';
import type { Issue } from '../../src/fhir/outcome.ts';
import type { Resource } from '../../src/fhir/resource.ts';
import { createSeal } from '../../src/intake/seal.ts';
import { readLibrary } from '../../src/library.ts';
import { createAccept } from '../../src/pipeline/accept.ts';
import { createEnroll } from '../../src/pipeline/enroll.ts';
import { type JudgeParts, judgeAndOwe } from '../../src/pipeline/judge.ts';
import type { PipelineParts } from '../../src/pipeline/parts.ts';
import { supportingReferences } from '../../src/pipeline/references.ts';
import type { Store, StoreTransaction } from '../../src/store/store.ts';
import { judgeSubject } from '../../src/trial/judge.ts';

const MAPPINGS = join(import.meta.dirname, '../../mappings');
const library = readLibrary({ mappingsDir: MAPPINGS, studiesDir: join(MAPPINGS, 'studies') });
const protocol = library.protocols.get('msc-aa');
if (!protocol) throw new Error('The bundled study is missing.');

export const STUDY = 'msc-aa';
/** Another study by the same protocol. */
export const SECOND = 'second';
export const STUDIES: readonly string[] = [STUDY, SECOND];
export const SITE = 's';

/** The pipeline over one open transaction: real stages, real store, and nothing left behind. */
export interface World {
  readonly tx: StoreTransaction;
  /** It is this instant from now on. */
  clock(instant: string): void;
  send(resource: Sent): Promise<string>;
  remove(resourceType: string, id: string): Promise<string>;
  enrol(subject: string, patient: string, study?: string): Promise<void>;
  /** What the answers said, in order. */
  readonly told: Issue[];
  /** Judges every subject whose facts changed. */
  judge(): Promise<void>;
  /** The EHR takes what it is owed. */
  deliver(): Promise<void>;
  readonly parts: PipelineParts;
  readonly judging: JudgeParts;
}

export interface Sent {
  readonly resourceType: string;
  readonly id: string;
  readonly [element: string]: unknown;
}

/** A folder for a store that nobody needs to outlive the test: in memory where the system has such a place. */
export function passingFolder(name: string): string {
  return mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), name));
}

class Undone extends Error {}

/** Runs the work in a world of its own on the store, and undoes all of it. */
export async function inWorld<T>(store: Store, work: (world: World) => Promise<T>): Promise<T> {
  let result: { value: T } | null = null;
  const undone = await store
    .transaction(async (tx) => {
      result = { value: await work(worldOn(tx, store)) };
      throw new Undone();
    })
    .catch((cause: unknown) => cause);
  if (!(undone instanceof Undone) || !result) throw undone;
  return (result as { value: T }).value;
}

/**
 * The purely computing stages answer the same question once: thousands of stories ask the same few hundred.
 */
function remembered<A extends unknown[], T>(work: (...asked: A) => T, keyOf: (...asked: A) => string) {
  const known = new Map<string, T>();
  return (...asked: A): T => {
    const key = keyOf(...asked);
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = work(...asked);
    known.set(key, made);
    return made;
  };
}

const validate = remembered(library.validate, (resource) => JSON.stringify(resource));
const parsed = remembered(parseJson, (text) => text);
const seal = createSeal(new Uint8Array(32));
const sealing = { ...seal, hash: remembered(seal.hash, (name) => name) };
const map = remembered(library.mapper.map, (resource, { resolve, ...context }) =>
  JSON.stringify([resource, context, supportingReferences(resource as Resource).map(resolve)]),
);
const judge = remembered(judgeSubject, ({ subject, facts, today }) =>
  JSON.stringify([subject, facts, today]),
);

function worldOn(tx: StoreTransaction, store: Store): World {
  let now = new Date('2026-06-01T12:00:00Z');
  const within: Store = { ...store, transaction: (work) => work(tx), read: (work) => work(tx) };
  const parts: PipelineParts = {
    store: within,
    seal: sealing,
    studies: STUDIES,
    sealDays: 45,
    site: (site) => ({ site, timeZone: 'Asia/Shanghai', ehrBase: null, map }),
    validate,
    now: () => now,
  };
  const judging = judgeParts(() => now);
  const accept = createAccept(parts);
  const enroll = createEnroll(parts);
  const told: Issue[] = [];
  const one = async (interaction: Interaction): Promise<string> => {
    const [answer] = await accept(SITE, [interaction], 'each', 'test');
    if (!answer) throw new Error('Nothing was answered.');
    told.push(...answer.issues);
    return answer.status < 400 ? answer.disposition : `${answer.status} ${answer.disposition}`;
  };
  const asked = { ifNoneExist: null, ifMatch: null };
  return {
    tx,
    parts,
    judging,
    told,
    clock(instant) {
      now = new Date(instant);
    },
    send: (sent) => {
      const resource = parsed(JSON.stringify(sent)) as Sent;
      return one({ method: 'update', resourceType: sent.resourceType, id: sent.id, resource, ...asked });
    },
    remove: (resourceType, id) => one({ method: 'delete', resourceType, id, resource: null, ...asked }),
    enrol: async (subject, patient, study = STUDY) => {
      const day = '2026-01-01';
      await enroll(study, [{ subject, site: SITE, patient, enrolledOn: day, consentedOn: day }]);
    },
    async judge() {
      for (const dirty of await tx.subjects.dirty(100)) await judgeAndOwe(tx, judging, dirty);
    },
    async deliver() {
      for (let due = [...(await owed(tx, now))]; due.length > 0; due = [...(await owed(tx, now))]) {
        for (const entry of due) await tx.outbox.delivered(entry, null, now.toISOString());
      }
    },
  };
}

const owed = (tx: StoreTransaction, now: Date) => tx.outbox.nextDue(now.toISOString(), [SITE], 100);

function judgeParts(now: () => Date): JudgeParts {
  return {
    softwareVersion: '0',
    judgingFailed: (_who, cause) => {
      throw cause;
    },
    timeZone: () => 'Asia/Shanghai',
    now,
    rules: (study) => ({
      study,
      title: study,
      judge: (subject, facts, today) => {
        if (!protocol) throw new Error('The bundled study is missing.');
        return judge({ subject, facts, protocol, criteria: library.criteria, today });
      },
    }),
  };
}

/** What an EHR holds, or is to hold, as true: the content that matters of every row that is not withdrawn. */
export async function liveRows(tx: StoreTransaction): Promise<readonly unknown[]> {
  const live: unknown[] = [];
  for (const entry of await tx.outbox.list({})) {
    const { status, note, issued, device, author, requester, identifiedDateTime, authoredOn, ...content } =
      JSON.parse(entry.resource) as Record<string, unknown>;
    if (status === 'entered-in-error' || status === 'revoked') continue;
    live.push({ ...content, status: status === 'amended' ? 'final' : status });
  }
  return live;
}

/** Facts, judgements and live write-back of every subject: what must not depend on how the data came in. */
export async function stateOf(tx: StoreTransaction): Promise<unknown> {
  const each = [];
  for (const study of STUDIES) {
    for (const subject of await tx.subjects.list(study)) {
      const facts = await tx.facts.of(study, subject.subject);
      each.push({ subject, facts, judgement: await tx.judgements.get(study, subject.subject) });
    }
  }
  return { each, live: await liveRows(tx) };
}

/** Compared as text, which is quick; where they differ, by what. */
export function expectSame(state: unknown, wanted: unknown): void {
  if (JSON.stringify(state) !== JSON.stringify(wanted)) expect(state).toEqual(wanted);
}
