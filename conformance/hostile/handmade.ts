import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { CaseResult } from '../case.ts';
import { type Answer, alive, FAST_MS, post, type Running } from './service.ts';
import { passes } from './verdict.ts';

export interface Case {
  readonly id: string;
  readonly file: string;
  readonly contentType: string;
  readonly expect: string;
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The tree with every number as the text it was written in, read by a parser that is not the adapter's. */
export function withDigits(text: string): unknown {
  const keep = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' ? `number ${context?.source}` : value;
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown);
}

export async function bodyInForce(running: Running, id: string): Promise<string | null> {
  const key = { site: 'dev', resourceType: 'Observation', id };
  const version = await running.store.transaction((tx) => tx.inbox.current(key));
  return version?.body ?? null;
}

/** The body as it is stored now; without an id it is found under the id that the answer's store gave it. */
export async function isPreserved(running: Running, sent: string): Promise<boolean> {
  const tree: unknown = JSON.parse(sent);
  const id = isObject(tree) && typeof tree.id === 'string' ? tree.id : null;
  if (id === null) return false;
  const stored = await bodyInForce(running, id);
  return stored !== null && isDeepStrictEqual(withDigits(stored), withDigits(sent));
}

export async function factsOf(running: Running, id: string): Promise<number> {
  const facts = await running.store.transaction((tx) => tx.facts.of('msc-aa', 'H-1'));
  return facts.filter((fact) => fact.sources.some((source) => source.id === id)).length;
}

// The handmade cases

export const refused = ({ status }: Answer) => status >= 400 && status < 500;
export const accepted = ({ status }: Answer) => status >= 200 && status < 300;
export const noFault = ({ status }: Answer) => status < 500;

export interface Sent {
  readonly running: Running;
  readonly answer: Answer;
  readonly text: string;
}

export const isFact = ({ text }: Answer) => /"mapped"/.test(text);

/** Whether an answer says more than that all is well: held, or ignored with its reason. */
export const isFlagged = ({ text }: Answer) => /Held as work item|Ignored:/.test(text);

export async function eachAlone({ answer }: Sent): Promise<boolean> {
  const bundle = JSON.parse(answer.text) as { entry?: { response: { status: string } }[] };
  const [good, bad] = (bundle.entry ?? []).map((entry) => entry.response.status);
  return answer.status === 200 && /^2/.test(good ?? '') && /^4/.test(bad ?? '');
}

/** Nothing was polluted: a request after it is answered as before, which `alive` tells for every case. */
export const unpolluted = async ({ answer }: Sent) => refused(answer) || !answer.text.includes('isAdmin');

export type Check = (sent: Sent) => Promise<boolean>;

export const EXPECTATIONS: Readonly<Record<string, Check>> = {
  'accept-preserve': async ({ running, answer, text }) =>
    accepted(answer) && (await isPreserved(running, text)),
  'accept-newversion': async ({ running, answer, text }) =>
    accepted(answer) && (await isPreserved(running, text)),
  'reject-or-preserve': async ({ running, answer, text }) =>
    refused(answer) || (accepted(answer) && (await isPreserved(running, text))),
  'reject-4xx': async ({ answer }) => refused(answer),
  'reject-4xx-fast': async ({ answer }) => refused(answer) && answer.ms < FAST_MS,
  'reject-4xx-or-ignore-unpolluted': unpolluted,
  'reject-415': async ({ answer }) => answer.status === 415,
  'reject-415-or-no-entity': async ({ answer }) => answer.status === 415,
  'reject-413': async ({ answer }) => answer.status === 413,
  accept: async ({ answer }) => accepted(answer),
  'accept-or-4xx': async ({ answer }) => accepted(answer) || refused(answer),
  'accept-flag': async ({ answer }) => accepted(answer) && isFlagged(answer),
  'accept-withdraw': async ({ running, answer }) => accepted(answer) && (await factsOf(running, 'o1')) === 0,
  'accept-no-data': async ({ running, answer }) => accepted(answer) && (await factsOf(running, 'o1')) === 0,
  'per-entry': eachAlone,
  'never-5xx': async ({ answer }) => noFault(answer),
  'never-5xx-fast': async ({ answer }) => noFault(answer) && answer.ms < FAST_MS,
  // Nothing is followed, and what points elsewhere is never taken for the enrolled patient's.
  'no-outbound-request': async ({ answer }) => noFault(answer) && !isFact(answer),
};

export function pathFor(id: string): string {
  return id.startsWith('bundle-') ? '' : '/Observation';
}

export async function handmade(running: Running, path: string, one: Case): Promise<CaseResult[]> {
  const check = EXPECTATIONS[one.expect];
  if (!check) return [passes(one.id, false, `nobody knows what ${one.expect} means`)];
  const body = readFileSync(join(path, one.file));
  const gzip = one.file.endsWith('.gz');
  const answer = await post(running, { path: pathFor(one.id), contentType: one.contentType, body, gzip });
  const good = await check({ running, answer, text: body.toString('utf8') });
  const lives = await alive(running);
  const note = `expected ${one.expect}, got ${answer.status}${lives ? '' : ', and the next request was not served'}`;
  return [passes(one.id, good && lives, `${note}: ${answer.text.slice(0, 160)}`)];
}

// Hardly HTTP
