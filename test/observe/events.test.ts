import { expect, test } from '@jest/globals';
import { Failure } from '../../src/errors.ts';
import { createEventLog, type EventLog } from '../../src/observe/event-log.ts';
import { createLog } from '../../src/observe/log.ts';

const CANARIES = [
  'Wolfeschlegelstein',
  'MRN-00417',
  '1957-03-04',
  '13800138000',
  'anna@example.org',
  'smith',
];

function collectLog(emit: (events: EventLog) => void): string[] {
  const lines: string[] = [];
  emit(createEventLog(createLog('debug', { write: (line) => void lines.push(line) }), Buffer.from('key')));
  return lines;
}

/** Emits every event, with the canary in every field that takes text and in fields that no event declares. */
function emitAllEvents(events: EventLog, canary: string): void {
  const extra = { name: canary, display: canary, diagnostics: canary, says: canary };
  const about = { site: 'site-1', resourceType: canary, id: canary };
  events.entryAccepted({ ...extra, ...about, door: canary, disposition: canary, facts: 1, status: 201 });
  events.entryAccepted({
    ...about,
    resourceType: 'Patient',
    door: 'rest',
    disposition: 'mapped',
    facts: 1,
    status: 201,
  });
  events.assessmentFailed({ ...extra, study: 'msc-aa', subject: canary, error: new Error(canary) });
  events.mappingFailed({ ...extra, ...about, error: Object.assign(new Error(canary), { code: canary }) });
  events.writebackDelivered({ ...extra, site: 'site-1', entries: 2 });
  events.writebackFailed({ ...extra, site: 'site-1', entries: 2, dead: true });
  events.ehrUnencrypted({ ...extra, site: 'site-1' });
  events.tokenIssued({ ...extra, site: 'site-1', client: `engine ${canary}` });
  events.authenticationRefused({ ...extra, route: `/fhir/${canary}`, reason: canary });
  const answered = { method: canary, route: `/fhir/Patient/${canary}`, code: canary };
  events.requestAnswered({
    ...extra,
    ...answered,
    status: 422,
    ms: 3,
    site: null,
    client: null,
    requestId: canary,
  });
  events.requestsCut({ ...extra, requests: 2 });
  events.auditFailed({ error: new Error(canary) });
  events.requestFailed({ route: canary, error: new TypeError(canary, { cause: new Error(canary) }) });
  events.requestFailed({
    route: '/',
    error: Object.assign(new Error(canary), { name: canary, code: canary }),
  });
  events.serviceBroken({ error: new Failure('store/unusable', canary, { at: canary, fix: canary }) });
  events.serviceBroken({ error: canary });
}

test.each(CANARIES)('%s reaches the log through no event', (canary) => {
  const lines = collectLog((events) => emitAllEvents(events, canary));
  expect(lines).toHaveLength(16);
  expect(lines.join('')).not.toContain(canary);
});

test('a patient appears by type only; other resources as a keyed hash', () => {
  const logEntry = (resourceType: string, id: string) =>
    collectLog((events) =>
      events.entryAccepted({
        site: 's',
        door: 'rest',
        resourceType,
        id,
        disposition: 'mapped',
        facts: 0,
        status: 200,
      }),
    ).map((line) => JSON.parse(line));
  expect(logEntry('Patient', 'p1')[0]).not.toHaveProperty('resource');
  const [first] = logEntry('Observation', 'o1');
  expect(first.resource).toMatch(/^[0-9a-f]{16}$/);
  expect(logEntry('Observation', 'o1')[0].resource).toBe(first.resource);
  expect(logEntry('Observation', 'o2')[0].resource).not.toBe(first.resource);
});

test.each([
  [new Failure('exports/identity', 'x'), { error: 'Failure', code: 'exports/identity' }],
  [Object.assign(new Error('x'), { code: 'EIO' }), { error: 'Error', code: 'EIO' }],
  [Object.assign(new Error('x'), { code: 'SQLITE_FULL' }), { error: 'Error', code: 'SQLITE_FULL' }],
  [Object.assign(new Error('x'), { code: 'Wolfeschlegelstein' }), { error: 'Error', code: 'other' }],
])('the code of an error is logged where it is a known one: %s', (error, expected) => {
  const [line = ''] = collectLog((events) => events.serviceBroken({ error }));
  expect(JSON.parse(line)).toMatchObject(expected);
});

test('an event holds what an operator needs', () => {
  const [line = ''] = collectLog((events) =>
    events.requestAnswered({
      method: 'PUT',
      route: '/fhir/:type/:id',
      status: 503,
      ms: 12,
      site: 'site-1',
      client: 'engine',
      code: 'store/unusable',
      requestId: '0b7e4d6c-1f2a-4c3d-8e9f-a1b2c3d4e5f6',
    }),
  );
  expect(JSON.parse(line)).toMatchObject({
    msg: 'request answered',
    method: 'PUT',
    route: '/fhir/:type/:id',
    status: 503,
    ms: 12,
    site: 'site-1',
    client: 'engine',
    code: 'store/unusable',
    requestId: '0b7e4d6c-1f2a-4c3d-8e9f-a1b2c3d4e5f6',
  });
  expect(JSON.parse(line)).not.toHaveProperty('hostname');
});

test('a request that is not let in is logged with the reason', () => {
  const [line = ''] = collectLog((events) =>
    events.authenticationRefused({ route: '/auth/token', reason: 'replayed' }),
  );
  expect(JSON.parse(line)).toMatchObject({
    route: '/auth/token',
    reason: 'replayed',
    msg: 'authentication refused',
  });
});
