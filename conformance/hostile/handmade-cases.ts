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

/** The tree with every number as the text it was written in, read by a parser that is not the adapter's. */
export function parseKeepingDigits(text: string): unknown {
  const keep = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' ? `number ${context?.source}` : value;
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown);
}

export async function readCurrentBody(running: ServiceProcess, id: string): Promise<string | null> {
  const key = { site: 'dev', resourceType: 'Observation', id };
  const version = await running.store.transaction((tx) => tx.inbox.getCurrent(key));
  return version?.body ?? null;
}

/** The body as it is stored now; without an id it is found under the id that the answer's store gave it. */
export async function isStoredUnchanged(running: ServiceProcess, sent: string): Promise<boolean> {
  const tree: unknown = JSON.parse(sent);
  const id = isJsonObject(tree) && typeof tree.id === 'string' ? tree.id : null;
  if (id === null) return false;
  const stored = await readCurrentBody(running, id);
  return stored !== null && isDeepStrictEqual(parseKeepingDigits(stored), parseKeepingDigits(sent));
}

export async function countFactsFrom(running: ServiceProcess, id: string): Promise<number> {
  const facts = await running.store.transaction((tx) => tx.facts.listForSubject('msc-aa', 'H-1'));
  return mergeStatements(facts).filter((fact) => fact.sources.some((source) => source.id === id)).length;
}

// The handmade cases

export const isRefused = ({ status }: HostileAnswer) => status >= 400 && status < 500;
export const isAccepted = ({ status }: HostileAnswer) => status >= 200 && status < 300;
export const isNotServerError = ({ status }: HostileAnswer) => status < 500;

export interface HostileExchange {
  readonly running: ServiceProcess;
  readonly answer: HostileAnswer;
  readonly text: string;
}

export const isMapped = ({ text }: HostileAnswer) => /"mapped"/.test(text);

/** Whether an answer says more than that all is well: held, or ignored with its reason. */
export const isFlagged = ({ text }: HostileAnswer) => /Held as work item|Ignored:/.test(text);

export async function isAnsweredPerEntry({ answer }: HostileExchange): Promise<boolean> {
  const bundle = JSON.parse(answer.text) as { entry?: { response: { status: string } }[] };
  const [good, bad] = (bundle.entry ?? []).map((entry) => entry.response.status);
  return answer.status === 200 && /^2/.test(good ?? '') && /^4/.test(bad ?? '');
}

/** Nothing was polluted: a request after it is answered as before, which `alive` tells for every case. */
export const isUnpolluted = async ({ answer }: HostileExchange) =>
  isRefused(answer) || !answer.text.includes('isAdmin');

export type Expectation = (sent: HostileExchange) => Promise<boolean>;

export const EXPECTATIONS: Readonly<Record<string, Expectation>> = {
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
  // Nothing is followed, and what points elsewhere is never taken for the enrolled patient's.
  'no-outbound-request': async ({ answer }) => isNotServerError(answer) && !isMapped(answer),
};

export function selectPath(id: string): string {
  return id.startsWith('bundle-') ? '' : '/Observation';
}

export async function runHandmadeCase(
  running: ServiceProcess,
  path: string,
  one: HandmadeCase,
): Promise<CaseResult[]> {
  const check = EXPECTATIONS[one.expect];
  if (!check) return [toHostileResult(one.id, false, `nobody knows what ${one.expect} means`)];
  const body = readFileSync(join(path, one.file));
  const gzip = one.file.endsWith('.gz');
  const answer = await postBody(running, {
    path: selectPath(one.id),
    contentType: one.contentType,
    body,
    gzip,
  });
  const good = await check({ running, answer, text: body.toString('utf8') });
  const lives = await isAlive(running);
  const note = `expected ${one.expect}, got ${answer.status}${lives ? '' : ', and the next request was not served'}`;
  return [toHostileResult(one.id, good && lives, `${note}: ${answer.text.slice(0, 160)}`)];
}

// Hardly HTTP
