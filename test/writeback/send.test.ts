import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import nock from 'nock';
import { createEhr } from '../../src/ehr/client.ts';
import type { OutboxEntry } from '../../src/store/outbox.ts';
import { type DeliveryOutcome, sendEntries } from '../../src/writeback/send-entries.ts';
import { sendByGlobalFetch } from '../ehr/nock-transport.ts';

const HOST = 'https://ehr.example';
const SEARCH = '/fhir/Observation?identifier=urn%3As%7Ca.1';
const FHIR = { 'content-type': 'application/fhir+json' };
const RESOURCE = {
  resourceType: 'Observation',
  meta: { profile: ['urn:p'] },
  identifier: [{ system: 'urn:s', value: 'a.1' }],
  status: 'final',
  issued: '2026-06-02T08:00:00.000Z',
};
const HELD_RESOURCE = { ...RESOURCE, id: '7', meta: { versionId: '2' } };

function buildOutboxEntry(over: Partial<OutboxEntry> = {}): OutboxEntry {
  return {
    site: 'hz',
    study: 'msc-aa',
    subject: '017',
    identifier: 'urn:s|a.1',
    resourceType: 'Observation',
    resource: JSON.stringify(RESOURCE),
    provenance: '{"resourceType":"Provenance"}',
    generation: 1,
    state: 'pending',
    attempts: 0,
    nextAttemptAt: '2026-06-02T08:00:00.000Z',
    lastError: null,
    failureCode: null,
    failingSince: null,
    location: null,
    handedOut: 0,
    said: [],
    ...over,
  };
}

beforeAll(() => nock.disableNetConnect());
afterEach(() => nock.cleanAll());
afterAll(() => nock.restore());

const buildResponseBundle = (...entries: unknown[]) => ({
  resourceType: 'Bundle',
  type: 'transaction-response',
  entry: entries.map((response) => ({ response })),
});
const buildSearchset = (...resources: unknown[]) => ({
  resourceType: 'Bundle',
  type: 'searchset',
  entry: resources.map((resource) => ({ resource })),
});

function replyToTransaction(status: number, body?: nock.Body): nock.Scope {
  return nock(HOST)
    .post('/fhir')
    .reply(status, body, body ? FHIR : {});
}

function replyToSearch(status: number, body?: nock.Body): nock.Scope {
  return nock(HOST).get(SEARCH).reply(status, body, FHIR);
}

/** The outcome of one attempt: the location, or recovery and effect of the failure. */
async function attemptSend(maybeSent: boolean): Promise<unknown> {
  const ehr = createEhr({ base: `${HOST}/fhir`, timeoutMs: 2000, transport: sendByGlobalFetch });
  const [outcome, ...rest]: readonly DeliveryOutcome[] = await sendEntries(ehr, [
    buildOutboxEntry({ handedOut: maybeSent ? 1 : 0 }),
  ]);
  expect(rest).toEqual([]);
  if (!outcome) throw new Error('no outcome');
  return outcome.delivered ? outcome.location : `${outcome.failure.recovery}, ${outcome.failure.effect}`;
}

describe('an answer that lists the entries', () => {
  const made = { status: '201 Created' };

  test.each([
    ['relative', { ...made, location: 'Observation/7/_history/2' }],
    ['absolute', { ...made, location: `${HOST}/fhir/Observation/7/_history/2` }],
    ['with the version in the ETag', { ...made, location: 'Observation/7', etag: 'W/"2"' }],
  ])('%s', async (_name, response) => {
    replyToTransaction(200, buildResponseBundle(response, made));
    expect(await attemptSend(false)).toBe('Observation/7/_history/2');
  });

  test('without location: the EHR is searched for it', async () => {
    replyToTransaction(200, buildResponseBundle(made, made));
    replyToSearch(200, buildSearchset(HELD_RESOURCE));
    expect(await attemptSend(false)).toBe('Observation/7/_history/2');
  });

  test('without location, and the search finds nothing yet: delivered nevertheless', async () => {
    replyToTransaction(200, buildResponseBundle(made, made));
    replyToSearch(200, buildSearchset());
    expect(await attemptSend(false)).toBeNull();
  });

  test.each([
    ['the resource refused', { status: '412' }, made, 'refuse, none'],
    ['its Provenance refused', { ...made, location: 'Observation/7' }, { status: '422' }, 'refuse, none'],
    ['the resource not possible now', { status: '503' }, made, 'retry, unknown'],
  ])('%s inside a 200', async (_name, resource, provenance, expected) => {
    replyToTransaction(200, buildResponseBundle(resource, provenance));
    expect(await attemptSend(false)).toBe(expected);
  });
});

describe('an answer that does not list the entries', () => {
  test.each([
    ['201 without a body', 201, undefined],
    ['a Bundle without entries', 200, buildResponseBundle()],
    ['entries for half of it', 200, buildResponseBundle({ status: '200' })],
    ['entries without status', 200, buildResponseBundle({}, {})],
  ])('%s: only what the EHR shows counts', async (_name, status, body) => {
    replyToTransaction(status, body);
    replyToSearch(200, buildSearchset(HELD_RESOURCE));
    expect(await attemptSend(false)).toBe('Observation/7/_history/2');
    replyToTransaction(status, body);
    replyToSearch(200, buildSearchset({ ...HELD_RESOURCE, status: 'preliminary' }));
    expect(await attemptSend(false)).toBe('retry, unknown');
  });
});

describe('content that may have been sent is read first', () => {
  test('the EHR holds it already: nothing is sent', async () => {
    const transaction = replyToTransaction(200, buildResponseBundle());
    replyToSearch(200, buildSearchset(HELD_RESOURCE));
    expect(await attemptSend(true)).toBe('Observation/7/_history/2');
    expect(transaction.isDone()).toBe(false);
  });

  test('several resources: an operator has to look, nothing is sent', async () => {
    const transaction = replyToTransaction(200, buildResponseBundle());
    replyToSearch(200, buildSearchset(HELD_RESOURCE, { ...HELD_RESOURCE, id: '8' }));
    expect(await attemptSend(true)).toBe('refuse, none');
    expect(transaction.isDone()).toBe(false);
  });

  test('the EHR does not answer now: nothing is sent', async () => {
    const transaction = replyToTransaction(200, buildResponseBundle());
    replyToSearch(503);
    expect(await attemptSend(true)).toBe('retry, none');
    expect(transaction.isDone()).toBe(false);
  });

  test.each([
    ['older content', 200, buildSearchset({ ...HELD_RESOURCE, issued: '2026-06-01T08:00:00.000Z' })],
    ['a search that the EHR refuses', 403, undefined],
  ])('%s: sent again', async (_name, status, body) => {
    replyToSearch(status, body);
    replyToTransaction(
      200,
      buildResponseBundle({ status: '200', location: 'Observation/7/_history/3' }, { status: '201' }),
    );
    expect(await attemptSend(true)).toBe('Observation/7/_history/3');
  });
});

describe('delivered content is replaced at the version that the EHR holds', () => {
  const LAST_LOCATION = 'Observation/7/_history/2';
  const OLD = { ...HELD_RESOURCE, issued: '2026-06-01T08:00:00.000Z' };
  const said = [JSON.stringify({ ...RESOURCE, issued: OLD.issued })];
  const done = { status: '200', location: 'Observation/7/_history/4' };
  const ehr = createEhr({ base: `${HOST}/fhir`, timeoutMs: 2000, transport: sendByGlobalFetch });

  async function update(over: Partial<OutboxEntry> = {}): Promise<string> {
    const [outcome] = await sendEntries(ehr, [
      buildOutboxEntry({ generation: 2, handedOut: 1, location: LAST_LOCATION, said, ...over }),
    ]);
    if (!outcome) throw new Error('no outcome');
    if (outcome.delivered) return String(outcome.location);
    const { failure, conflictLocation } = outcome;
    const conflict = conflictLocation === undefined ? '' : `; ${conflictLocation}`;
    return `${failure.recovery}: ${failure.code} ${failure.status ?? ''}${conflict}`;
  }

  /** Expects a transaction that puts the resource at the URL. */
  function putTo(url: string, ifMatch: string | undefined, status = 200): nock.Scope {
    return nock(HOST)
      .post('/fhir', ({ entry: [{ request }] }) => request.url === url && request.ifMatch === ifMatch)
      .reply(status, status === 200 ? buildResponseBundle(done, { status: '201' }) : undefined, FHIR);
  }

  test.each([
    ['ours', OLD, 'Observation/7', 'W/"2"'],
    ['ours, with a newer version (a tag)', { ...OLD, meta: { versionId: '3' } }, 'Observation/7', 'W/"3"'],
    ['ours, under another id (the EHR moved)', { ...OLD, id: '70' }, 'Observation/70', 'W/"2"'],
    [
      'of an EHR that does not count versions',
      { ...OLD, meta: {} },
      SEARCH.slice('/fhir/'.length),
      undefined,
    ],
    ['with an id that is not a FHIR id', { ...OLD, id: '../7' }, SEARCH.slice('/fhir/'.length), undefined],
  ])('%s', async (_name, held, url, ifMatch) => {
    replyToSearch(200, buildSearchset(held));
    putTo(url, ifMatch);
    expect(await update()).toBe(done.location);
  });

  test('an EHR that refuses the search is written to at the last location', async () => {
    replyToSearch(403);
    putTo('Observation/7', 'W/"2"');
    expect(await update()).toBe(done.location);
  });

  test('a search index that lags behind: the resource is read by its id', async () => {
    replyToSearch(200, buildSearchset());
    nock(HOST).get('/fhir/Observation/7').reply(200, OLD, FHIR);
    putTo('Observation/7', 'W/"2"');
    expect(await update()).toBe(done.location);
  });

  test.each([409, 412])('%i: it changed meanwhile and is still ours: read again later', async (status) => {
    replyToSearch(200, buildSearchset(OLD));
    putTo('Observation/7', 'W/"2"', status);
    replyToSearch(200, buildSearchset({ ...OLD, meta: { versionId: '3' } }));
    expect(await update()).toBe(`retry: version-conflict ${status}`);
  });

  test('412 although nothing changed is an ordinary refusal', async () => {
    replyToSearch(200, buildSearchset(OLD));
    putTo('Observation/7', 'W/"2"', 412);
    replyToSearch(200, buildSearchset(OLD));
    expect(await update()).toBe('refuse: refused 412');
  });

  test.each([
    ['another status', { status: 'entered-in-error' }],
    ['an element added', { note: [{ text: 'I disagree.' }] }],
    ['an element removed', { issued: undefined }],
  ])('%s by somebody else is not overwritten', async (_name, change) => {
    replyToSearch(200, buildSearchset({ ...OLD, ...change, meta: { versionId: '3' } }));
    expect(await update()).toBe('refuse: changed-in-ehr ; Observation/7/_history/3');
  });
});

test('a conflict is tried again later', async () => {
  replyToTransaction(409);
  expect(await attemptSend(false)).toBe('retry, none');
});

describe('a transaction refused as a whole', () => {
  const three = [1, 2, 3].map((n) => buildOutboxEntry({ identifier: `urn:s|a.${n}` }));
  const ehr = createEhr({ base: `${HOST}/fhir`, timeoutMs: 2000, transport: sendByGlobalFetch });
  const outcomes = async () =>
    (await sendEntries(ehr, three)).map((o) => (o.delivered ? o.location : o.failure.message));

  test('is sent entry by entry, until the EHR stops answering', async () => {
    replyToTransaction(422);
    replyToTransaction(
      200,
      buildResponseBundle({ status: '200', location: 'Observation/7/_history/3' }, { status: '201' }),
    );
    replyToTransaction(503);
    expect(await outcomes()).toEqual(['Observation/7/_history/3', 'HTTP 503', 'HTTP 503']);
    expect(nock.isDone()).toBe(true);
  });

  test('is not sent again where the caller is refused', async () => {
    replyToTransaction(403);
    expect(await outcomes()).toEqual(['HTTP 403', 'HTTP 403', 'HTTP 403']);
  });
});
