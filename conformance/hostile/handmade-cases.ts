import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { mergeStatements } from '../../src/trial/counts/merge-statements.ts';
import type { CaseResult } from '../case-result.ts';
import { toHostileResult } from './expected-deviations.ts';
import { FAST_MS, type HostileAnswer, isAlive, postBody, type ServiceProcess } from './service-process.ts';

export interface HandmadeCase {
  readonly id: string;
  readonly file: string;
  readonly contentType: string;
  readonly expect: string;
}

export const isJsonObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Parses JSON with every number as its source text, by a parser that is not the adapter's. */
function parseKeepingDigits(text: string): unknown {
  const keep = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' ? `number ${context?.source}` : value;
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown);
}

async function readCurrentBody(running: ServiceProcess, id: string): Promise<string | null> {
  const key = { site: 'dev', resourceType: 'Observation', id };
  const version = await running.store.transaction((tx) => tx.inbox.getCurrent(key));
  return version?.body ?? null;
}

/** Whether the body is stored as it was sent, digits included. False for a body without an id, which is not found. */
async function isStoredUnchanged(running: ServiceProcess, sent: string): Promise<boolean> {
  const tree: unknown = JSON.parse(sent);
  const id = isJsonObject(tree) && typeof tree.id === 'string' ? tree.id : null;
  if (id === null) return false;
  const stored = await readCurrentBody(running, id);
  return stored !== null && isDeepStrictEqual(parseKeepingDigits(stored), parseKeepingDigits(sent));
}

async function countFactsFrom(running: ServiceProcess, id: string): Promise<number> {
  const facts = await running.store.transaction((tx) => tx.facts.listForSubject('msc-aa', 'H-1'));
  return mergeStatements(facts).filter((fact) => fact.sources.some((source) => source.id === id)).length;
}

export const isRefused = ({ status }: HostileAnswer) => status >= 400 && status < 500;
export const isAccepted = ({ status }: HostileAnswer) => status >= 200 && status < 300;
export const isNotServerError = ({ status }: HostileAnswer) => status < 500;

interface HostileExchange {
  readonly running: ServiceProcess;
  readonly answer: HostileAnswer;
  readonly text: string;
}

/** Codes of outcomes that need no attention. */
const PLAIN_OUTCOMES = new Set(['done', 'mapped', 'unchanged', 'dropped']);

/** Lists the intake outcome codes of an answer's OperationOutcome; empty where the answer is anything else. */
function listOutcomeCodes({ text }: HostileAnswer): string[] {
  const outcome: unknown = JSON.parse(text);
  if (!isJsonObject(outcome) || !Array.isArray(outcome.issue)) return [];
  return (outcome.issue as OutcomeIssueJson[]).flatMap(({ details }) =>
    details.coding.map(({ code }) => code),
  );
}

interface OutcomeIssueJson {
  readonly details: { readonly coding: readonly { readonly code: string }[] };
}

const isMapped = (answer: HostileAnswer) => listOutcomeCodes(answer).includes('mapped');

/** Whether an answer carries a reason: why the resource is held, why it is ignored, or a warning. */
const isFlagged = (answer: HostileAnswer) =>
  listOutcomeCodes(answer).some((code) => !PLAIN_OUTCOMES.has(code));

async function isAnsweredPerEntry({ answer }: HostileExchange): Promise<boolean> {
  const bundle = JSON.parse(answer.text) as { entry?: { response: { status: string } }[] };
  const [good, bad] = (bundle.entry ?? []).map((entry) => entry.response.status);
  return answer.status === 200 && /^2/.test(good ?? '') && /^4/.test(bad ?? '');
}

/** Whether the prototype keys had no effect. `isAlive` then checks that the next request is answered as before. */
const isUnpolluted = async ({ answer }: HostileExchange) =>
  isRefused(answer) || !answer.text.includes('isAdmin');

type Expectation = (exchange: HostileExchange) => Promise<boolean>;

/** The expectations of the corpus manifest, by name. */
const EXPECTATIONS: Readonly<Record<string, Expectation>> = {
  'accept-preserve': async ({ running, answer, text }) =>
    isAccepted(answer) && (await isStoredUnchanged(running, text)),
  'accept-newversion': async ({ running, answer, text }) =>
    isAccepted(answer) && (await isStoredUnchanged(running, text)),
  'reject-or-preserve': async ({ running, answer, text }) =>
    isRefused(answer) || (isAccepted(answer) && (await isStoredUnchanged(running, text))),
  'reject-4xx': async ({ answer }) => isRefused(answer),
  'reject-4xx-fast': async ({ answer }) => isRefused(answer) && answer.ms < FAST_MS,
  'reject-4xx-or-ignore-unpolluted': isUnpolluted,
  'reject-415': async ({ answer }) => answer.status === 415,
  'reject-415-or-no-entity': async ({ answer }) => answer.status === 415,
  'reject-413': async ({ answer }) => answer.status === 413,
  accept: async ({ answer }) => isAccepted(answer),
  'accept-or-4xx': async ({ answer }) => isAccepted(answer) || isRefused(answer),
  'accept-flag': async ({ answer }) => isAccepted(answer) && isFlagged(answer),
  'accept-withdraw': async ({ running, answer }) =>
    isAccepted(answer) && (await countFactsFrom(running, 'o1')) === 0,
  'accept-no-data': async ({ running, answer }) =>
    isAccepted(answer) && (await countFactsFrom(running, 'o1')) === 0,
  'per-entry': isAnsweredPerEntry,
  'never-5xx': async ({ answer }) => isNotServerError(answer),
  'never-5xx-fast': async ({ answer }) => isNotServerError(answer) && answer.ms < FAST_MS,
  // No reference is followed, and a resource about another patient never becomes a fact of the enrolled one.
  'no-outbound-request': async ({ answer }) => isNotServerError(answer) && !isMapped(answer),
};

function selectPath(id: string): string {
  return id.startsWith('bundle-') ? '' : '/Observation';
}

export async function runHandmadeCase(
  running: ServiceProcess,
  path: string,
  handmade: HandmadeCase,
): Promise<CaseResult[]> {
  const { id, file, contentType, expect } = handmade;
  const meetsExpectation = EXPECTATIONS[expect];
  if (!meetsExpectation) return [toHostileResult(id, false, `there is no expectation ${expect}`)];
  const body = readFileSync(join(path, file));
  const answer = await postBody(running, {
    path: selectPath(id),
    contentType,
    body,
    gzip: file.endsWith('.gz'),
  });
  const isMet = await meetsExpectation({ running, answer, text: body.toString('utf8') });
  const isServed = await isAlive(running);
  const note = `expected ${expect}, got ${answer.status}${isServed ? '' : ', and the next request was not served'}`;
  return [toHostileResult(id, isMet && isServed, `${note}: ${answer.text.slice(0, 160)}`)];
}
