import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import type { CaseResult } from '../case-result.ts';
import { toHostileResult } from './expected-deviations.ts';
import {
  buildCanaryObservation,
  CROWD_MS,
  FHIR_JSON,
  HOSTILE_TOKEN,
  isAlive,
  type ServiceProcess,
} from './service-process.ts';

export interface RawAnswer {
  /** Null: closed without an answer. */
  readonly status: number | null;
  readonly ms: number;
}

/** What comes back on a socket to which the pieces are written; the connection's end, or `patience`, ends it. */
export function exchangeBytes(port: number, pieces: readonly string[], patience = 3_000): Promise<RawAnswer> {
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

export const AUTH_HEADER = `Authorization: Bearer ${HOSTILE_TOKEN}`;
export const JSON_HEADER = `Content-Type: ${FHIR_JSON}`;
export const RAW_BODY = JSON.stringify(buildCanaryObservation('raw-1'));
export const LENGTH_HEADER = `Content-Length: ${RAW_BODY.length}`;

export function formatHead(first: string, ...headers: readonly string[]): string {
  return [first, ...headers, '', ''].join('\r\n');
}

export const POST_LINE = 'POST /fhir/Observation HTTP/1.1';
export const HOST_HEADER = 'Host: localhost';

/** The bytes of each case of http-cases.json that is one exchange on one connection. */
export const RAW_REQUESTS: Readonly<Record<string, string>> = {
  'cl-te': `${formatHead(POST_LINE, HOST_HEADER, AUTH_HEADER, JSON_HEADER, LENGTH_HEADER, 'Transfer-Encoding: chunked')}0\r\n\r\n`,
  'cl-cl':
    formatHead(POST_LINE, HOST_HEADER, AUTH_HEADER, JSON_HEADER, LENGTH_HEADER, 'Content-Length: 3') +
    RAW_BODY,
  'chunk-ext': `${formatHead(POST_LINE, HOST_HEADER, AUTH_HEADER, JSON_HEADER, 'Transfer-Encoding: chunked')}1;${'x'.repeat(100_000)}\r\n{\r\n0\r\n\r\n`,
  'chunk-bad': `${formatHead(POST_LINE, HOST_HEADER, AUTH_HEADER, JSON_HEADER, 'Transfer-Encoding: chunked')}ZZ\r\n{}\r\n0\r\n\r\n`,
  'cl-long': `${formatHead(POST_LINE, HOST_HEADER, AUTH_HEADER, JSON_HEADER, 'Content-Length: 2')}{}${'garbage '.repeat(100)}`,
  'hdr-64k': formatHead(POST_LINE, HOST_HEADER, AUTH_HEADER, `X-Long: ${'x'.repeat(65_536)}`),
  'hdr-2000': formatHead(
    POST_LINE,
    HOST_HEADER,
    AUTH_HEADER,
    ...Array.from({ length: 2_000 }, (_, i) => `X-${i}: y`),
  ),
  'hdr-lf':
    formatHead(POST_LINE, HOST_HEADER, AUTH_HEADER, JSON_HEADER, LENGTH_HEADER).replaceAll('\r\n', '\n') +
    RAW_BODY,
  'hdr-fold':
    formatHead(POST_LINE, HOST_HEADER, AUTH_HEADER, JSON_HEADER, LENGTH_HEADER, 'X-Fold: a\r\n b') + RAW_BODY,
  http10: formatHead('POST /fhir/Observation HTTP/1.0', AUTH_HEADER, JSON_HEADER, LENGTH_HEADER) + RAW_BODY,
  'host-2':
    formatHead(POST_LINE, HOST_HEADER, 'Host: evil.invalid', AUTH_HEADER, JSON_HEADER, LENGTH_HEADER) +
    RAW_BODY,
  'uri-16k': formatHead(`GET /fhir/metadata?${'x'.repeat(16_384)} HTTP/1.1`, HOST_HEADER, AUTH_HEADER),
  'uri-nul':
    formatHead('PUT /fhir/Observation/a%00b HTTP/1.1', HOST_HEADER, AUTH_HEADER, JSON_HEADER, LENGTH_HEADER) +
    RAW_BODY,
  'uri-dslash':
    formatHead('POST //fhir//Observation HTTP/1.1', HOST_HEADER, AUTH_HEADER, JSON_HEADER, LENGTH_HEADER) +
    RAW_BODY,
  'uri-case':
    formatHead('POST /FHIR/observation HTTP/1.1', HOST_HEADER, AUTH_HEADER, JSON_HEADER, LENGTH_HEADER) +
    RAW_BODY,
  trace: formatHead('TRACE /fhir/metadata HTTP/1.1', HOST_HEADER, AUTH_HEADER),
  connect: formatHead('CONNECT evil.invalid:443 HTTP/1.1', 'Host: evil.invalid:443', AUTH_HEADER),
  expect: formatHead(
    POST_LINE,
    HOST_HEADER,
    AUTH_HEADER,
    JSON_HEADER,
    'Expect: 100-continue',
    'Content-Length: 10737418240',
  ),
  'expect-bad':
    formatHead(POST_LINE, HOST_HEADER, AUTH_HEADER, JSON_HEADER, LENGTH_HEADER, 'Expect: x') + RAW_BODY,
  'enc-bogus':
    formatHead(POST_LINE, HOST_HEADER, AUTH_HEADER, JSON_HEADER, LENGTH_HEADER, 'Content-Encoding: x') +
    RAW_BODY,
  range:
    formatHead(POST_LINE, HOST_HEADER, AUTH_HEADER, JSON_HEADER, LENGTH_HEADER, 'Range: bytes=0-1') +
    RAW_BODY,
  'ine-bad':
    formatHead(
      POST_LINE,
      HOST_HEADER,
      AUTH_HEADER,
      JSON_HEADER,
      LENGTH_HEADER,
      'If-None-Exist: _id=1&_include=*',
    ) + RAW_BODY,
  prefer:
    formatHead(POST_LINE, HOST_HEADER, AUTH_HEADER, JSON_HEADER, LENGTH_HEADER, 'Prefer: return=bogus') +
    RAW_BODY,
};

export async function runRawCase(running: ServiceProcess, id: string, bytes: string): Promise<CaseResult> {
  const { status, ms } = await exchangeBytes(running.port, [bytes]);
  const good = status === null ? ms < 2_900 : status >= 400 && status < 500;
  const lives = await isAlive(running);
  const heard = status === null ? `no answer in ${Math.round(ms)} ms` : `got ${status}`;
  return toHostileResult(
    `http ${id}`,
    good && lives,
    `${heard}${lives ? '' : ', and the next request was not served'}`,
  );
}

/** The sender goes away after his last byte: the service neither dies nor logs an error of its own. */
export async function runAbortAfterBody(running: ServiceProcess): Promise<CaseResult> {
  const socket = connect(running.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    socket.write(formatHead(POST_LINE, HOST_HEADER, AUTH_HEADER, JSON_HEADER, LENGTH_HEADER) + RAW_BODY, () =>
      resolve(),
    );
  });
  socket.destroy();
  return toHostileResult('http abort-after', await isAlive(running), 'the next request was not served');
}

/** One header byte at a time: closed once the header takes longer than 10 s (looked at every 5 s). */
export async function runSlowHead(running: ServiceProcess): Promise<CaseResult> {
  const { status, ms } = await exchangeBytes(running.port, ['POST /fhir/Observation HTTP/1.1\r\nHo'], 25_000);
  const good = ms < 20_000 && (status === null || (status >= 400 && status < 500));
  return toHostileResult('http slow-head', good, `open for ${Math.round(ms)} ms, status ${status}`);
}

/** More connections than are admitted, that say nothing and stay: once their time is over, the next sender is served. */
export async function runConnectionCrowd(running: ServiceProcess): Promise<CaseResult> {
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
    const { status } = await exchangeBytes(running.port, [
      formatHead(POST_LINE, HOST_HEADER, AUTH_HEADER, JSON_HEADER, LENGTH_HEADER) + RAW_BODY,
    ]);
    served = status === 200 || status === 201;
  }
  for (const socket of sockets) socket.destroy();
  await rest(200);
  const after = await isAlive(running);
  const note = `nobody is served for ${CROWD_MS / 1_000} s${after ? '' : ', nor after they hung up'}`;
  return toHostileResult('http conn-5000', served && after, note);
}

/** Sent apart, beside or after the others. */
export const RUN_APART = new Set(['slow-head', 'conn-5000']);

export async function runMalformedHttp(running: ServiceProcess, path: string): Promise<CaseResult[]> {
  const cases = JSON.parse(readFileSync(join(path, 'http-cases.json'), 'utf8')) as { id: string }[];
  const results: CaseResult[] = [];
  for (const { id } of cases) {
    const bytes = RAW_REQUESTS[id];
    if (bytes !== undefined) results.push(await runRawCase(running, id, bytes));
  }
  results.push(await runAbortAfterBody(running));
  const done = new Set(results.map((result) => result.name));
  const untried = cases.filter(({ id }) => !done.has(`http ${id}`) && !RUN_APART.has(id));
  return [
    ...results,
    ...untried.map(({ id }) => toHostileResult(`http ${id}`, false, 'nobody knows how to send it')),
  ];
}

// HL7's own test cases
