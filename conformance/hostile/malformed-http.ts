import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
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

interface RawAnswer {
  /** null where the connection was closed without an answer. */
  readonly status: number | null;
  readonly ms: number;
}

/** Writes bytes to a new connection. Resolves at the answer's head, the end of the connection, or after `timeoutMs`. */
function exchangeBytes(port: number, bytes: string, timeoutMs = 3_000): Promise<RawAnswer> {
  const started = performance.now();
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      const status = /^HTTP\/1\.[01] (?!100)(\d{3})/m.exec(received)?.[1];
      resolve({ status: status ? Number(status) : null, ms: performance.now() - started });
    };
    const timer = setTimeout(finish, timeoutMs);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (/^HTTP\/1\.[01] (?!100)\d{3}[\s\S]*\r\n\r\n/m.test(received)) finish();
    });
    socket.on('error', finish);
    socket.on('close', finish);
    socket.write(bytes, 'latin1');
  });
}

const AUTH_HEADER = `Authorization: Bearer ${HOSTILE_TOKEN}`;
const JSON_HEADER = `Content-Type: ${FHIR_JSON}`;
const RAW_BODY = JSON.stringify(buildCanaryObservation('raw-1'));
const LENGTH_HEADER = `Content-Length: ${RAW_BODY.length}`;

function formatHead(requestLine: string, ...headers: readonly string[]): string {
  return [requestLine, ...headers, '', ''].join('\r\n');
}

const POST_LINE = 'POST /fhir/Observation HTTP/1.1';
const HOST_HEADER = 'Host: localhost';

/** A valid request. */
const POST_REQUEST = formatHead(POST_LINE, HOST_HEADER, AUTH_HEADER, JSON_HEADER, LENGTH_HEADER) + RAW_BODY;

/** The bytes of each case in http-cases.json that is one exchange on one connection. */
const RAW_REQUESTS: Readonly<Record<string, string>> = {
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

async function runRawCase(running: ServiceProcess, id: string, bytes: string): Promise<CaseResult> {
  const { status, ms } = await exchangeBytes(running.port, bytes);
  // A connection that is closed without an answer must be closed by the service, not by the timeout.
  const isRefused = status === null ? ms < 2_900 : status >= 400 && status < 500;
  const isServed = await isAlive(running);
  const outcome = status === null ? `no answer in ${Math.round(ms)} ms` : `got ${status}`;
  return toHostileResult(
    `http ${id}`,
    isRefused && isServed,
    `${outcome}${isServed ? '' : ', and the next request was not served'}`,
  );
}

/** The sender closes the connection after the last byte. The service must survive and log no error of its own. */
async function runAbortAfterBody(running: ServiceProcess): Promise<CaseResult> {
  const socket = connect(running.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    socket.write(POST_REQUEST, () => resolve());
  });
  socket.destroy();
  return toHostileResult('http abort-after', await isAlive(running), 'the next request was not served');
}

/** Sends half a header and no more. The service closes the connection after 10 s, which it checks every 5 s. */
export async function runSlowHead(running: ServiceProcess): Promise<CaseResult> {
  const { status, ms } = await exchangeBytes(running.port, 'POST /fhir/Observation HTTP/1.1\r\nHo', 25_000);
  const isClosed = ms < 20_000 && (status === null || (status >= 400 && status < 500));
  return toHostileResult('http slow-head', isClosed, `open for ${Math.round(ms)} ms, status ${status}`);
}

/** Opens more connections than are admitted, all silent. Once the service has closed them, it must serve again. */
export async function runConnectionCrowd(running: ServiceProcess): Promise<CaseResult> {
  const sockets: Socket[] = [];
  for (let i = 0; i < 5_000; i++) {
    const socket = connect({ port: running.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined);
    sockets.push(socket.resume());
    if (i % 250 === 249) await delay(5);
  }
  const started = performance.now();
  let isServed = false;
  while (!isServed && performance.now() - started < CROWD_MS) {
    await delay(500);
    // On a connection of its own: fetch may still have an open one.
    const { status } = await exchangeBytes(running.port, POST_REQUEST);
    isServed = status === 200 || status === 201;
  }
  for (const socket of sockets) socket.destroy();
  await delay(200);
  const isServedAfter = await isAlive(running);
  const note = `no request was served for ${CROWD_MS / 1_000} s${isServedAfter ? '' : ', nor after the connections were closed'}`;
  return toHostileResult('http conn-5000', isServed && isServedAfter, note);
}

/** Cases that are run in parallel with the others or after them, since they take long. */
const RUN_APART = new Set(['slow-head', 'conn-5000']);

export async function runMalformedHttp(running: ServiceProcess, path: string): Promise<CaseResult[]> {
  const cases = JSON.parse(readFileSync(join(path, 'http-cases.json'), 'utf8')) as { id: string }[];
  const results: CaseResult[] = [];
  for (const { id } of cases) {
    const bytes = RAW_REQUESTS[id];
    if (bytes !== undefined) results.push(await runRawCase(running, id, bytes));
  }
  results.push(await runAbortAfterBody(running));
  const tried = new Set(results.map(({ name }) => name));
  const untried = cases.filter(({ id }) => !tried.has(`http ${id}`) && !RUN_APART.has(id));
  return [
    ...results,
    ...untried.map(({ id }) => toHostileResult(`http ${id}`, false, 'there is no request for this case')),
  ];
}
