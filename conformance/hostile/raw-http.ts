import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import type { CaseResult } from '../case.ts';
import { alive, CROWD_MS, FHIR_JSON, observation, type Running, TOKEN } from './service.ts';
import { passes } from './verdict.ts';

export interface Raw {
  /** Null: closed without an answer. */
  readonly status: number | null;
  readonly ms: number;
}

/** What comes back on a socket to which the pieces are written; the connection's end, or `patience`, ends it. */
export function exchange(port: number, pieces: readonly string[], patience = 3_000): Promise<Raw> {
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

export const AUTH = `Authorization: Bearer ${TOKEN}`;
export const JSON_TYPE = `Content-Type: ${FHIR_JSON}`;
export const BODY = JSON.stringify(observation('raw-1'));
export const LENGTH = `Content-Length: ${BODY.length}`;

export function head(first: string, ...headers: readonly string[]): string {
  return [first, ...headers, '', ''].join('\r\n');
}

export const POST = 'POST /fhir/Observation HTTP/1.1';
export const HOST = 'Host: localhost';

/** The bytes of each case of http-cases.json that is one exchange on one connection. */
export const REQUESTS: Readonly<Record<string, string>> = {
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

export async function rawCase(running: Running, id: string, bytes: string): Promise<CaseResult> {
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
export async function abortAfterBody(running: Running): Promise<CaseResult> {
  const socket = connect(running.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    socket.write(head(POST, HOST, AUTH, JSON_TYPE, LENGTH) + BODY, () => resolve());
  });
  socket.destroy();
  return passes('http abort-after', await alive(running), 'the next request was not served');
}

/** One header byte at a time: closed once the header takes longer than 10 s (looked at every 5 s). */
export async function slowHead(running: Running): Promise<CaseResult> {
  const { status, ms } = await exchange(running.port, ['POST /fhir/Observation HTTP/1.1\r\nHo'], 25_000);
  const good = ms < 20_000 && (status === null || (status >= 400 && status < 500));
  return passes('http slow-head', good, `open for ${Math.round(ms)} ms, status ${status}`);
}

/** More connections than are admitted, that say nothing and stay: once their time is over, the next sender is served. */
export async function crowd(running: Running): Promise<CaseResult> {
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
export const TAKES_LONG = new Set(['slow-head', 'conn-5000']);

export async function hardlyHttp(running: Running, path: string): Promise<CaseResult[]> {
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
