import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { formatAnswer, type RawAnswer } from '../support/raw-server.ts';

/** One way in which an EHR may answer a transaction. */
export interface AnswerCase {
  readonly says: string;
  readonly answer: RawAnswer;
  /** Whether the answer counts as a success; else it is a failure of this effect, or of either. */
  readonly expect: 'success' | 'none' | 'unknown' | 'failure';
}

const JSON_HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/fhir+json\r\n';
const EMPTY_BUNDLE = '{"resourceType":"Bundle","type":"transaction-response","entry":[]}';
const MEGABYTE = 1024 * 1024;

const send =
  (text: string): RawAnswer =>
  (socket) =>
    void socket.write(Buffer.from(text, 'latin1'));

const sendBody = (body: string): RawAnswer => send(formatAnswer(body));

/** Sends the text again and again, until the other side gives up. */
function sendRepeatedly(socket: Socket, text: string, everyMs: number): void {
  const timer = setInterval(() => socket.writable && socket.write(text, 'latin1'), everyMs);
  socket.on('close', () => clearInterval(timer));
}

const sendThenRepeat =
  (start: string, text: string, everyMs = 5): RawAnswer =>
  (socket) => {
    socket.write(start);
    sendRepeatedly(socket, text, everyMs);
  };

const sendStatus = (status: string, headers = ''): RawAnswer =>
  send(`HTTP/1.1 ${status}\r\n${headers}content-length: 0\r\n\r\n`);

const INFORMATIONAL: readonly AnswerCase[] = [
  {
    says: '101 with Upgrade',
    answer: send('HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n'),
    expect: 'unknown',
  },
  { says: '101 alone', answer: send('HTTP/1.1 101 Switching Protocols\r\n\r\n'), expect: 'unknown' },
  {
    says: '101, then frames of a WebSocket',
    answer: send('HTTP/1.1 101 X\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n\x81\x05hello'),
    expect: 'unknown',
  },
  {
    says: '101, then an answer',
    answer: send(
      `HTTP/1.1 101 X\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n${formatAnswer(EMPTY_BUNDLE)}`,
    ),
    expect: 'unknown',
  },
  { says: '100 and silence', answer: send('HTTP/1.1 100 Continue\r\n\r\n'), expect: 'unknown' },
  { says: '102 and silence', answer: send('HTTP/1.1 102 Processing\r\n\r\n'), expect: 'unknown' },
  {
    says: '102 for ever',
    answer: sendThenRepeat('', 'HTTP/1.1 102 Processing\r\n\r\n'),
    expect: 'unknown',
  },
  {
    says: 'a thousand times 103, then an answer',
    answer: send(
      'HTTP/1.1 103 Early Hints\r\nlink: <http://elsewhere.example/>\r\n\r\n'.repeat(1000) +
        formatAnswer(EMPTY_BUNDLE),
    ),
    expect: 'success',
  },
  { says: '199', answer: send('HTTP/1.1 199 X\r\n\r\n'), expect: 'unknown' },
  {
    says: '101 in the middle of an answer',
    answer: send(`${JSON_HEAD}content-length: 99\r\n\r\n{"HTTP/1.1 101 X\r\n\r\n`),
    expect: 'unknown',
  },
];

const STATUSES: readonly AnswerCase[] = [
  { says: '204 without a body', answer: send('HTTP/1.1 204 No Content\r\n\r\n'), expect: 'success' },
  {
    says: '204 with a body',
    answer: send('HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello'),
    expect: 'success',
  },
  { says: '205', answer: sendStatus('205 Reset Content'), expect: 'success' },
  {
    says: '206 with half a Bundle',
    answer: send(formatAnswer('{"resourceType":', undefined, '206 Partial Content')),
    expect: 'unknown',
  },
  ...[300, 301, 302, 303, 304, 305, 307, 308].map(
    (status): AnswerCase => ({
      says: `${status}`,
      answer: sendStatus(`${status} X`, 'location: http://127.0.0.1:9/\r\n'),
      expect: 'failure',
    }),
  ),
  { says: '302 to nowhere', answer: sendStatus('302 X', 'location: http://[::1:x\r\n'), expect: 'failure' },
  { says: '401', answer: sendStatus('401 X', 'www-authenticate: Basic\r\n'), expect: 'none' },
  { says: '407', answer: sendStatus('407 X'), expect: 'failure' },
  { says: '421', answer: sendStatus('421 X'), expect: 'none' },
  { says: '000', answer: sendStatus('000 X'), expect: 'unknown' },
  { says: '600', answer: sendStatus('600 X'), expect: 'unknown' },
  { says: '999', answer: sendStatus('999 X'), expect: 'unknown' },
  { says: '20', answer: sendStatus('20 X'), expect: 'unknown' },
  { says: '2000', answer: sendStatus('2000 X'), expect: 'unknown' },
];

const HTTP_FAULTS: readonly AnswerCase[] = [
  { says: 'silence', answer: () => {}, expect: 'unknown' },
  { says: 'the end of the connection', answer: (socket) => void socket.end(), expect: 'unknown' },
  { says: 'a reset', answer: (socket) => void socket.resetAndDestroy(), expect: 'unknown' },
  {
    says: 'half an answer, and the connection half closed',
    answer: (socket) => void socket.end(`${JSON_HEAD}content-length: 500\r\n\r\n{"resource`),
    expect: 'unknown',
  },
  { says: 'HTTP/0.9', answer: (socket) => void socket.end(EMPTY_BUNDLE), expect: 'unknown' },
  { says: 'HTTP/2 frames', answer: send('\0\0\x12\x04\0\0\0\0\0'), expect: 'unknown' },
  { says: 'SSH', answer: send('SSH-2.0-OpenSSH_9.2\r\n'), expect: 'unknown' },
  { says: 'random bytes', answer: send('\xff\xfe\x00\x01'.repeat(5000)), expect: 'unknown' },
  {
    says: 'headers for ever',
    answer: sendThenRepeat('HTTP/1.1 200 OK\r\n', `x-filler: ${'x'.repeat(500)}\r\n`, 1),
    expect: 'unknown',
  },
  {
    says: 'a header of 10 MB',
    answer: send(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(10 * MEGABYTE)}\r\n\r\n`),
    expect: 'unknown',
  },
  {
    says: 'a header that drips',
    answer: sendThenRepeat('HTTP/1.1 200 OK\r\nx: ', 'y', 20),
    expect: 'unknown',
  },
  {
    says: 'a body that drips',
    answer: sendThenRepeat(`${JSON_HEAD}content-length: 100000\r\n\r\n`, ' ', 20),
    expect: 'unknown',
  },
  {
    says: 'a body without end',
    answer: sendThenRepeat(
      `${JSON_HEAD}transfer-encoding: chunked\r\n\r\n`,
      `8000\r\n${' '.repeat(32768)}\r\n`,
      1,
    ),
    expect: 'unknown',
  },
  {
    says: 'a body without length, until the connection ends',
    answer: (socket) => void socket.end(`${JSON_HEAD}connection: close\r\n\r\n${EMPTY_BUNDLE}`),
    expect: 'success',
  },
  {
    says: 'chunks that stop',
    answer: (socket) => void socket.end(`${JSON_HEAD}transfer-encoding: chunked\r\n\r\n10\r\n{"resourceType`),
    expect: 'unknown',
  },
  {
    says: 'a chunk without a size',
    answer: send(`${JSON_HEAD}transfer-encoding: chunked\r\n\r\nZZ\r\n{}\r\n`),
    expect: 'unknown',
  },
  {
    says: 'a chunk of 2^64 bytes',
    answer: send(`${JSON_HEAD}transfer-encoding: chunked\r\n\r\n10000000000000000\r\n{}\r\n`),
    expect: 'unknown',
  },
  {
    says: 'two lengths',
    answer: send(`${JSON_HEAD}content-length: 2\r\ncontent-length: 66\r\n\r\n${EMPTY_BUNDLE}`),
    expect: 'unknown',
  },
  { says: 'a negative length', answer: send(`${JSON_HEAD}content-length: -1\r\n\r\n{}`), expect: 'unknown' },
  {
    says: 'a length with a plus',
    answer: send(`${JSON_HEAD}content-length: +66\r\n\r\n${EMPTY_BUNDLE}`),
    expect: 'failure',
  },
  {
    says: 'a length of 2^70',
    answer: send(`${JSON_HEAD}content-length: 1180591620717411303424\r\n\r\n{}`),
    expect: 'unknown',
  },
  {
    says: 'length and chunks',
    answer: send(
      `${JSON_HEAD}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n42\r\n${EMPTY_BUNDLE}\r\n0\r\n\r\n`,
    ),
    expect: 'failure',
  },
  {
    says: 'an unknown transfer coding',
    answer: (socket) => void socket.end(`${JSON_HEAD}transfer-encoding: rot13\r\n\r\n{}`),
    expect: 'unknown',
  },
  {
    says: 'a header with a zero byte',
    answer: send(`HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 0\r\n\r\n`),
    expect: 'unknown',
  },
  {
    says: 'a second answer nobody asked for',
    answer: send(formatAnswer(EMPTY_BUNDLE) + formatAnswer('{"resourceType":"Patient"}')),
    expect: 'success',
  },
];

const buildNested = (open: string, close: string, bytes: number): string => {
  const levels = Math.floor(bytes / (open.length + close.length));
  return open.repeat(levels) + close.repeat(levels);
};

const sendCoded =
  (coding: string, body: Buffer): RawAnswer =>
  (socket) => {
    socket.write(`${JSON_HEAD}content-encoding: ${coding}\r\ncontent-length: ${body.length}\r\n\r\n`);
    socket.write(body);
  };

const BODIES: readonly AnswerCase[] = [
  { says: 'a Bundle', answer: sendBody(EMPTY_BUNDLE), expect: 'success' },
  { says: 'no body', answer: sendStatus('200 OK'), expect: 'success' },
  {
    says: '2xx without a Bundle',
    answer: sendBody('{"resourceType":"OperationOutcome"}'),
    expect: 'unknown',
  },
  { says: 'null', answer: sendBody('null'), expect: 'unknown' },
  { says: 'a list', answer: sendBody('[]'), expect: 'unknown' },
  {
    says: 'entries that are none',
    answer: sendBody(
      '{"resourceType":"Bundle","entry":[null,1,"x",[],{"response":7},{"response":{"status":{}}}]}',
    ),
    expect: 'success',
  },
  { says: 'HTML', answer: send(formatAnswer('<html>', 'text/html')), expect: 'unknown' },
  { says: 'XML', answer: send(formatAnswer('<Bundle/>', 'application/fhir+xml')), expect: 'unknown' },
  {
    says: 'the wrong charset',
    answer: send(
      formatAnswer('{"resourceType":"Bundle","x":"\xe9"}', 'application/fhir+json; charset=latin1'),
    ),
    expect: 'unknown',
  },
  {
    says: 'invalid UTF-8',
    answer: send(`${JSON_HEAD}content-length: 9\r\n\r\n{"a":"\xff\xff`),
    expect: 'unknown',
  },
  {
    says: 'gzip although identity was asked for',
    answer: sendCoded('gzip', gzipSync(EMPTY_BUNDLE)),
    expect: 'success',
  },
  {
    says: 'a gzip bomb',
    answer: sendCoded('gzip', gzipSync(Buffer.alloc(64 * MEGABYTE, 32))),
    expect: 'unknown',
  },
  { says: 'gzip that is none', answer: sendCoded('gzip', Buffer.from('abcd')), expect: 'unknown' },
  { says: 'an unknown coding', answer: sendCoded('rot13', Buffer.from(EMPTY_BUNDLE)), expect: 'failure' },
  {
    says: 'six codings, one in the other',
    answer: sendCoded('gzip, gzip, gzip, gzip, gzip, gzip', gzipSync(EMPTY_BUNDLE)),
    expect: 'unknown',
  },
  { says: 'lists in lists, 4 MB', answer: sendBody(buildNested('[', ']', 4 * MEGABYTE)), expect: 'unknown' },
  {
    says: 'objects in objects, 4 MB',
    answer: sendBody(buildNested('{"a":', '}', 4 * MEGABYTE)),
    expect: 'unknown',
  },
  {
    says: '200,000 entries',
    answer: sendBody(`{"resourceType":"Bundle","entry":[${'{},'.repeat(200_000)}{}]}`),
    expect: 'success',
  },
  {
    says: '100,000 keys',
    answer: sendBody(
      `{${Array.from({ length: 100_000 }, (_, i) => `"k${i}":0`).join()},"resourceType":"Bundle"}`,
    ),
    expect: 'success',
  },
  {
    says: 'one key twice',
    answer: sendBody('{"resourceType":"Patient","resourceType":"Bundle"}'),
    expect: 'unknown',
  },
  {
    says: '__proto__',
    answer: sendBody('{"resourceType":"Bundle","__proto__":{"entry":[]}}'),
    expect: 'unknown',
  },
  { says: 'a number of 1 MB', answer: sendBody(`{"a":${'9'.repeat(MEGABYTE)}}`), expect: 'unknown' },
  { says: '6 MB', answer: sendBody(`"${'x'.repeat(6 * MEGABYTE)}"`), expect: 'unknown' },
];

/** Everything that an EHR, or what stands between, may answer. */
export const ANSWER_CASES: readonly AnswerCase[] = [...INFORMATIONAL, ...STATUSES, ...HTTP_FAULTS, ...BODIES];

/** The bytes of a good answer. */
export const GOOD_ANSWER = formatAnswer(EMPTY_BUNDLE);
