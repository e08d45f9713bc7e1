/**
 * Hostile input over the real HTTP doors: every handmade case, raw, with its own content type; requests that are hardly
 * HTTP, over raw sockets; and FHIR that HL7's own validator accepts or refuses. After each the service must be alive, and
 * at the end nothing of what was sent may stand in its log.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { openSqliteStore } from '../src/store/sqlite/sqlite.ts';
import type { Store } from '../src/store/store.ts';
import type { CaseResult } from './case.ts';

export const name = 'Hostile input';
export const folder = 'corpora/handmade';

const FUTURE = 'a collection time in the future is taken as it was sent and nothing warns of it';
const PROFILE =
  'the finding is of a profile, a terminology or an extension registry, which are not consulted';

/** Where the service does otherwise than the corpus expects, each with its reason. */
const DEVIATIONS: Readonly<Record<string, string>> = {
  'date-12': FUTURE,
  'date-13': FUTURE,
  'status-5': 'a preliminary result is a fact that carries its status; the answer does not speak of it',
  'bundle-getall': 'a batch is answered 200, and its entry 405 (FHIR R4 http, batch)',
  'invalid pat-security-bad-xhtml.json': 'narrative is neither shown nor checked for active content',
  'invalid pat-security-bad-string.json':
    'text that looks like HTML is a FHIR string; it is never shown as HTML',
  'invalid obs-temp-bad.json': PROFILE,
  'invalid obs-temp-code2.json': PROFILE,
  'invalid obs-vs-1.json': PROFILE,
  'invalid obs-vs-2.json': `${PROFILE}; Narrative.div is missing, and that is not looked for`,
  'invalid pat-dob-ext.json': PROFILE,
  'invalid pat-example-ext.json': PROFILE,
  'invalid maiden-name.json': PROFILE,
  'invalid patient-with-turvakielto.json': PROFILE,
};

/** Requests that are sound HTTP after all: RFC 9110 and 9112 let a server serve them. */
const SOUND_HTTP: Readonly<Record<string, string>> = {
  'http http10': 'HTTP/1.0 has no Host header to miss',
  'http range': 'Range means nothing in a POST and is ignored (RFC 9110, 14.2)',
  'http prefer': 'a preference that is not known is ignored (RFC 7240, 2)',
};

/** Types of which every element is checked; the others are not read, so what is wrong inside them is not looked for. */
const CHECKED_TYPES = new Set(['Observation', 'Patient', 'UNPARSEABLE']);

const TOKEN = 'hostile-input-token';
const MAIN = join(import.meta.dirname, '../src/main.ts');
const FAST_MS = 1_000;
/** A connection that says nothing has 10 s, and is looked at every 5 s. */
const CROWD_MS = 20_000;
const FHIR_JSON = 'application/fhir+json';

interface Case {
  readonly id: string;
  readonly file: string;
  readonly contentType: string;
  readonly expect: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly ms: number;
}

/** The running service, and everything it has written. */
interface Running {
  readonly base: string;
  readonly port: number;
  readonly store: Store;
  readonly process: ChildProcess;
  readonly log: () => string;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function passes(name: string, passed: boolean, note: string): CaseResult {
  const known = DEVIATIONS[name] ?? SOUND_HTTP[name];
  const missed = known && !passed ? `${known} (${note})` : note;
  return { name, passed, note: passed ? null : missed, knownMiss: known !== undefined };
}

// The service

async function start(work: string): Promise<Running> {
  const data = join(work, 'data');
  const csv = join(work, 'enrol.csv');
  writeFileSync(
    csv,
    'subject,site,patient,enrolledOn,consentedOn\nH-1,dev,Patient/p1,2026-01-01,2026-01-01\n',
  );
  const enrolled = spawnSync(process.execPath, [MAIN, 'enroll', csv, '--study', 'msc-aa', '--data', data], {
    encoding: 'utf8',
  });
  if (enrolled.status !== 0) throw new Error(`enroll: ${enrolled.stderr}`);
  const env = { ...process.env, TRIAL_ADAPTER_DEV_TOKEN: TOKEN, TRIAL_ADAPTER_LOG_LEVEL: 'debug' };
  const service = spawn(process.execPath, [MAIN, 'serve', '--dev', '--port', '0', '--data', data], { env });
  let log = '';
  const hear = (chunk: Buffer) => {
    log += chunk.toString('utf8');
  };
  service.stdout.on('data', hear);
  service.stderr.on('data', hear);
  const base = await listeningAt(() => log);
  return {
    base,
    port: Number(new URL(base).port),
    store: openSqliteStore(join(data, 'store.db')),
    process: service,
    log: () => log,
  };
}

async function listeningAt(log: () => string): Promise<string> {
  for (let waited = 0; waited < 30_000; waited += 50) {
    const found = /Listening on (http:\S+)/.exec(log());
    if (found?.[1]) return found[1];
    await rest(50);
  }
  throw new Error(`The service did not start: ${log()}`);
}

async function stop(running: Running): Promise<void> {
  await running.store.close();
  const gone = new Promise((resolve) => running.process.once('exit', resolve));
  if (running.process.exitCode !== null) return;
  running.process.kill('SIGTERM');
  await gone;
}

interface Call {
  readonly path: string;
  readonly contentType: string;
  readonly body: Uint8Array;
  readonly gzip?: boolean;
}

async function post(running: Running, { path, contentType, body, gzip }: Call): Promise<Answer> {
  const started = performance.now();
  // Bytes, for a text would get a Content-Type of its own where the case has none.
  const response = await fetch(`${running.base}${path}`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${TOKEN}`,
      ...(contentType === '' ? {} : { 'Content-Type': contentType }),
      ...(gzip ? { 'Content-Encoding': 'gzip' } : {}),
    },
    body: Buffer.from(body),
  });
  const text = await response.text();
  return { status: response.status, text, ms: performance.now() - started };
}

let canaries = 0;

/** A sound request, after each hostile one: served, and soon. */
async function alive(running: Running): Promise<boolean> {
  canaries += 1;
  const body = Buffer.from(JSON.stringify(observation(`canary-${canaries % 5}`)));
  const answer = await post(running, { path: '/Observation', contentType: FHIR_JSON, body }).catch(
    () => null,
  );
  return answer !== null && answer.status < 300 && answer.ms < FAST_MS && running.process.exitCode === null;
}

function observation(id: string): Record<string, unknown> {
  return {
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
    subject: { reference: 'Patient/p1' },
    effectiveDateTime: '2026-01-06T08:00:00Z',
    valueQuantity: { value: 24, unit: 'K/uL' },
  };
}

// What is stored

/** The tree with every number as the text it was written in, read by a parser that is not the adapter's. */
function withDigits(text: string): unknown {
  const keep = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' ? `number ${context?.source}` : value;
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown);
}

async function bodyInForce(running: Running, id: string): Promise<string | null> {
  const key = { site: 'dev', resourceType: 'Observation', id };
  const version = await running.store.transaction((tx) => tx.inbox.current(key));
  return version?.body ?? null;
}

/** The body as it is stored now; without an id it is found under the id that the answer's store gave it. */
async function isPreserved(running: Running, sent: string): Promise<boolean> {
  const tree: unknown = JSON.parse(sent);
  const id = isObject(tree) && typeof tree.id === 'string' ? tree.id : null;
  if (id === null) return false;
  const stored = await bodyInForce(running, id);
  return stored !== null && isDeepStrictEqual(withDigits(stored), withDigits(sent));
}

async function factsOf(running: Running, id: string): Promise<number> {
  const facts = await running.store.transaction((tx) => tx.facts.of('msc-aa', 'H-1'));
  return facts.filter((fact) => fact.sources.some((source) => source.id === id)).length;
}

// The handmade cases

const refused = ({ status }: Answer) => status >= 400 && status < 500;
const accepted = ({ status }: Answer) => status >= 200 && status < 300;
const noFault = ({ status }: Answer) => status < 500;

interface Sent {
  readonly running: Running;
  readonly answer: Answer;
  readonly text: string;
}

const isFact = ({ text }: Answer) => /"mapped"/.test(text);

/** Whether an answer says more than that all is well: held, or ignored with its reason. */
const isFlagged = ({ text }: Answer) => /Held as work item|Ignored:/.test(text);

async function eachAlone({ answer }: Sent): Promise<boolean> {
  const bundle = JSON.parse(answer.text) as { entry?: { response: { status: string } }[] };
  const [good, bad] = (bundle.entry ?? []).map((entry) => entry.response.status);
  return answer.status === 200 && /^2/.test(good ?? '') && /^4/.test(bad ?? '');
}

/** Nothing was polluted: a request after it is answered as before, which `alive` tells for every case. */
const unpolluted = async ({ answer }: Sent) => refused(answer) || !answer.text.includes('isAdmin');

type Check = (sent: Sent) => Promise<boolean>;

const EXPECTATIONS: Readonly<Record<string, Check>> = {
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

function pathFor(id: string): string {
  return id.startsWith('bundle-') ? '' : '/Observation';
}

async function handmade(running: Running, path: string, one: Case): Promise<CaseResult[]> {
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

interface Raw {
  /** Null: closed without an answer. */
  readonly status: number | null;
  readonly ms: number;
}

/** What comes back on a socket to which the pieces are written; the connection's end, or `patience`, ends it. */
function exchange(port: number, pieces: readonly string[], patience = 3_000): Promise<Raw> {
  const started = performance.now();
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let heard = '';
    const done = () => {
      clearTimeout(timer);
      socket.destroy();
      const status = /^HTTP\/1\.[01] (?!100)(\d{3})/m.exec(heard)?.[1];
      resolve({ status: status ? Number(status) : null, ms: performance.now() - started });
    };
    const timer = setTimeout(done, patience);
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      if (/^HTTP\/1\.[01] (?!100)\d{3}[\s\S]*\r\n\r\n/m.test(heard)) done();
    });
    socket.on('error', done);
    socket.on('close', done);
    for (const piece of pieces) socket.write(piece, 'latin1');
  });
}

const AUTH = `Authorization: Bearer ${TOKEN}`;
const JSON_TYPE = `Content-Type: ${FHIR_JSON}`;
const BODY = JSON.stringify(observation('raw-1'));
const LENGTH = `Content-Length: ${BODY.length}`;

function head(first: string, ...headers: readonly string[]): string {
  return [first, ...headers, '', ''].join('\r\n');
}

const POST = 'POST /fhir/Observation HTTP/1.1';
const HOST = 'Host: localhost';

/** The bytes of each case of http-cases.json that is one exchange on one connection. */
const REQUESTS: Readonly<Record<string, string>> = {
  'cl-te': `${head(POST, HOST, AUTH, JSON_TYPE, LENGTH, 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  'cl-cl': head(POST, HOST, AUTH, JSON_TYPE, LENGTH, 'Content-Length: 3') + BODY,
  'chunk-ext': `${head(POST, HOST, AUTH, JSON_TYPE, 'Transfer-Encoding: chunked')}1;${'x'.repeat(100_000)}\r\n{\r\n0\r\n\r\n`,
  'chunk-bad': `${head(POST, HOST, AUTH, JSON_TYPE, 'Transfer-Encoding: chunked')}ZZ\r\n{}\r\n0\r\n\r\n`,
  'cl-long': `${head(POST, HOST, AUTH, JSON_TYPE, 'Content-Length: 2')}{}${'garbage '.repeat(100)}`,
  'hdr-64k': head(POST, HOST, AUTH, `X-Long: ${'x'.repeat(65_536)}`),
  'hdr-2000': head(POST, HOST, AUTH, ...Array.from({ length: 2_000 }, (_, i) => `X-${i}: y`)),
  'hdr-lf': head(POST, HOST, AUTH, JSON_TYPE, LENGTH).replaceAll('\r\n', '\n') + BODY,
  'hdr-fold': head(POST, HOST, AUTH, JSON_TYPE, LENGTH, 'X-Fold: a\r\n b') + BODY,
  http10: head('POST /fhir/Observation HTTP/1.0', AUTH, JSON_TYPE, LENGTH) + BODY,
  'host-2': head(POST, HOST, 'Host: evil.invalid', AUTH, JSON_TYPE, LENGTH) + BODY,
  'uri-16k': head(`GET /fhir/metadata?${'x'.repeat(16_384)} HTTP/1.1`, HOST, AUTH),
  'uri-nul': head('PUT /fhir/Observation/a%00b HTTP/1.1', HOST, AUTH, JSON_TYPE, LENGTH) + BODY,
  'uri-dslash': head('POST //fhir//Observation HTTP/1.1', HOST, AUTH, JSON_TYPE, LENGTH) + BODY,
  'uri-case': head('POST /FHIR/observation HTTP/1.1', HOST, AUTH, JSON_TYPE, LENGTH) + BODY,
  trace: head('TRACE /fhir/metadata HTTP/1.1', HOST, AUTH),
  connect: head('CONNECT evil.invalid:443 HTTP/1.1', 'Host: evil.invalid:443', AUTH),
  expect: head(POST, HOST, AUTH, JSON_TYPE, 'Expect: 100-continue', 'Content-Length: 10737418240'),
  'expect-bad': head(POST, HOST, AUTH, JSON_TYPE, LENGTH, 'Expect: x') + BODY,
  'enc-bogus': head(POST, HOST, AUTH, JSON_TYPE, LENGTH, 'Content-Encoding: x') + BODY,
  range: head(POST, HOST, AUTH, JSON_TYPE, LENGTH, 'Range: bytes=0-1') + BODY,
  'ine-bad': head(POST, HOST, AUTH, JSON_TYPE, LENGTH, 'If-None-Exist: _id=1&_include=*') + BODY,
  prefer: head(POST, HOST, AUTH, JSON_TYPE, LENGTH, 'Prefer: return=bogus') + BODY,
};

async function rawCase(running: Running, id: string, bytes: string): Promise<CaseResult> {
  const { status, ms } = await exchange(running.port, [bytes]);
  const good = status === null ? ms < 2_900 : status >= 400 && status < 500;
  const lives = await alive(running);
  const heard = status === null ? `no answer in ${Math.round(ms)} ms` : `got ${status}`;
  return passes(
    `http ${id}`,
    good && lives,
    `${heard}${lives ? '' : ', and the next request was not served'}`,
  );
}

/** The sender goes away after his last byte: the service neither dies nor logs an error of its own. */
async function abortAfterBody(running: Running): Promise<CaseResult> {
  const socket = connect(running.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    socket.write(head(POST, HOST, AUTH, JSON_TYPE, LENGTH) + BODY, () => resolve());
  });
  socket.destroy();
  return passes('http abort-after', await alive(running), 'the next request was not served');
}

/** One header byte at a time: closed once the header takes longer than 10 s (looked at every 5 s). */
async function slowHead(running: Running): Promise<CaseResult> {
  const { status, ms } = await exchange(running.port, ['POST /fhir/Observation HTTP/1.1\r\nHo'], 25_000);
  const good = ms < 20_000 && (status === null || (status >= 400 && status < 500));
  return passes('http slow-head', good, `open for ${Math.round(ms)} ms, status ${status}`);
}

/** More connections than are admitted, that say nothing and stay: once their time is over, the next sender is served. */
async function crowd(running: Running): Promise<CaseResult> {
  const sockets: Socket[] = [];
  for (let i = 0; i < 5_000; i++) {
    const socket = connect({ port: running.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined);
    sockets.push(socket.resume());
    if (i % 250 === 249) await rest(5);
  }
  const started = performance.now();
  let served = false;
  while (!served && performance.now() - started < CROWD_MS) {
    await rest(500);
    // On a connection of its own: fetch may still hold one from before.
    const { status } = await exchange(running.port, [head(POST, HOST, AUTH, JSON_TYPE, LENGTH) + BODY]);
    served = status === 200 || status === 201;
  }
  for (const socket of sockets) socket.destroy();
  await rest(200);
  const after = await alive(running);
  const note = `nobody is served for ${CROWD_MS / 1_000} s${after ? '' : ', nor after they hung up'}`;
  return passes('http conn-5000', served && after, note);
}

/** Sent apart, beside or after the others. */
const TAKES_LONG = new Set(['slow-head', 'conn-5000']);

async function hardlyHttp(running: Running, path: string): Promise<CaseResult[]> {
  const cases = JSON.parse(readFileSync(join(path, 'http-cases.json'), 'utf8')) as { id: string }[];
  const results: CaseResult[] = [];
  for (const { id } of cases) {
    const bytes = REQUESTS[id];
    if (bytes !== undefined) results.push(await rawCase(running, id, bytes));
  }
  results.push(await abortAfterBody(running));
  const done = new Set(results.map((result) => result.name));
  const untried = cases.filter(({ id }) => !done.has(`http ${id}`) && !TAKES_LONG.has(id));
  return [...results, ...untried.map(({ id }) => passes(`http ${id}`, false, 'nobody knows how to send it'))];
}

// HL7's own test cases

interface Published {
  readonly file: string;
  readonly resourceType: string;
}

async function published(
  running: Running,
  path: string,
  one: Published,
  valid: boolean,
): Promise<CaseResult> {
  const body = readFileSync(join(path, one.file));
  const type = one.resourceType === 'UNPARSEABLE' ? 'Observation' : one.resourceType;
  const answer = await post(running, {
    path: type === 'Bundle' ? '' : `/${type}`,
    contentType: FHIR_JSON,
    body,
  });
  const checked = CHECKED_TYPES.has(one.resourceType);
  const wanted = valid ? accepted : refused;
  const good = checked ? wanted(answer) : noFault(answer);
  const title = `${valid ? 'valid' : 'invalid'} ${one.file}`;
  return passes(title, good && (await alive(running)), `got ${answer.status}: ${answer.text.slice(0, 240)}`);
}

async function publishedCases(running: Running, path: string, valid: boolean): Promise<CaseResult[]> {
  if (!existsSync(path)) return [];
  const all = JSON.parse(readFileSync(join(path, '_manifest.json'), 'utf8')) as Published[];
  const results: CaseResult[] = [];
  for (const one of all) results.push(await published(running, path, one, valid));
  return results;
}

// The log

/** Elements whose text is about a person or written by one. */
const TELLING = new Set([
  'text',
  'value',
  'family',
  'given',
  'reference',
  'display',
  'birthDate',
  'div',
  'line',
]);
/** Shorter ones stand in any log by chance. */
const SHORTEST = 6;

function needlesIn(tree: unknown, key = ''): string[] {
  if (typeof tree === 'string') return TELLING.has(key) && tree.length >= SHORTEST ? [tree] : [];
  if (Array.isArray(tree)) return tree.flatMap((inner) => needlesIn(inner, key));
  if (!isObject(tree)) return [];
  return Object.entries(tree).flatMap(([inner, value]) => needlesIn(value, inner));
}

function needlesOf(file: string): string[] {
  try {
    return needlesIn(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return [];
  }
}

function inLog(running: Running, files: readonly string[]): CaseResult[] {
  const log = running.log();
  const needles = [...new Set(files.flatMap(needlesOf))];
  const found = needles.filter((needle) => log.includes(needle));
  const lines = log.split('\n').length;
  return [
    passes(
      'log: nothing that was sent',
      found.length === 0,
      `${found.length} of ${needles.length} are in it`,
    ),
    passes('log: there is one', lines > files.length && needles.length > 20, `${lines} lines`),
    passes('log: no failure of the service', !/"level":50|request failed/.test(log), 'an error was logged'),
    passes('log: no token', !log.includes(TOKEN), 'the token is in it'),
  ];
}

async function all(running: Running, path: string): Promise<CaseResult[]> {
  const cases = JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')) as Case[];
  const slow = slowHead(running);
  const results: CaseResult[] = [];
  for (const one of cases) results.push(...(await handmade(running, path, one)));
  results.push(...(await hardlyHttp(running, path)));
  for (const valid of [true, false]) {
    const beside = join(path, `../fhir-${valid ? 'valid' : 'invalid'}-r4`);
    results.push(...(await publishedCases(running, beside, valid)));
  }
  results.push(await slow, await crowd(running));
  const files = cases.map(({ file }) => join(path, file));
  return [...results, ...inLog(running, files)];
}

export async function run(path: string): Promise<CaseResult[]> {
  const work = mkdtempSync(join(tmpdir(), 'hostile-'));
  const running = await start(work);
  try {
    return await all(running, path);
  } finally {
    await stop(running);
    rmSync(work, { recursive: true });
  }
}
