import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import nock from 'nock';
import { createEhr } from '../../src/ehr/client.ts';
import type { OutboxEntry } from '../../src/store/store.ts';
import { type Outcome, send } from '../../src/writeback/send.ts';
import { nockTransport } from '../ehr/nock-transport.ts';

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
const HELD = { ...RESOURCE, id: '7', meta: { versionId: '2' } };

function entry(over: Partial<OutboxEntry> = {}): OutboxEntry {
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
    location: null,
    handedOut: 0,
    said: [],
    ...over,
  };
}

beforeAll(() => nock.disableNetConnect());
afterEach(() => nock.cleanAll());
afterAll(() => nock.restore());

const respond = (...entries: unknown[]) => ({
  resourceType: 'Bundle',
  type: 'transaction-response',
  entry: entries.map((response) => ({ response })),
});
const found = (...resources: unknown[]) => ({
  resourceType: 'Bundle',
  type: 'searchset',
  entry: resources.map((resource) => ({ resource })),
});

function transactionGives(status: number, body?: nock.Body): nock.Scope {
  return nock(HOST)
    .post('/fhir')
    .reply(status, body, body ? FHIR : {});
}

function searchGives(status: number, body?: nock.Body): nock.Scope {
  return nock(HOST).get(SEARCH).reply(status, body, FHIR);
}

/** What became of one entry: its location, or whether it may be tried again. */
async function attempt(maybeSent: boolean): Promise<unknown> {
  const ehr = createEhr({ base: `${HOST}/fhir`, timeoutMs: 2000, transport: nockTransport });
  const [outcome, ...rest]: readonly Outcome[] = await send(ehr, [entry({ handedOut: maybeSent ? 1 : 0 })]);
  expect(rest).toEqual([]);
  if (!outcome) throw new Error('no outcome');
  return outcome.delivered ? outcome.location : `${outcome.trouble.recovery}, ${outcome.trouble.effect}`;
}

describe('the answer names the entries', () => {
  const made = { status: '201 Created' };

  test.each([
    ['relative', { ...made, location: 'Observation/7/_history/2' }],
    ['absolute', { ...made, location: `${HOST}/fhir/Observation/7/_history/2` }],
    ['with the version in the ETag', { ...made, location: 'Observation/7', etag: 'W/"2"' }],
  ])('%s', async (_name, response) => {
    transactionGives(200, respond(response, made));
    expect(await attempt(false)).toBe('Observation/7/_history/2');
  });

  test('without location: it is asked for', async () => {
    transactionGives(200, respond(made, made));
    searchGives(200, found(HELD));
    expect(await attempt(false)).toBe('Observation/7/_history/2');
  });

  test('without location, and the search finds nothing yet: delivered all the same', async () => {
    transactionGives(200, respond(made, made));
    searchGives(200, found());
    expect(await attempt(false)).toBeNull();
  });

  test.each([
    ['the resource refused', { status: '412' }, made, 'refuse, none'],
    ['its Provenance refused', { ...made, location: 'Observation/7' }, { status: '422' }, 'refuse, none'],
    ['the resource not now', { status: '503' }, made, 'retry, unknown'],
  ])('%s inside a 200', async (_name, resource, provenance, expected) => {
    transactionGives(200, respond(resource, provenance));
    expect(await attempt(false)).toBe(expected);
  });
});

describe('the answer says nothing of the entries', () => {
  test.each([
    ['201 without a body', 201, undefined],
    ['a Bundle without entries', 200, respond()],
    ['entries for half of it', 200, respond({ status: '200' })],
    ['entries without status', 200, respond({}, {})],
  ])('%s: only what the EHR shows counts', async (_name, status, body) => {
    transactionGives(status, body);
    searchGives(200, found(HELD));
    expect(await attempt(false)).toBe('Observation/7/_history/2');
    transactionGives(status, body);
    searchGives(200, found({ ...HELD, status: 'preliminary' }));
    expect(await attempt(false)).toBe('retry, unknown');
  });
});

describe('what may have been sent is read back first', () => {
  test('held as owed: nothing is sent', async () => {
    const transaction = transactionGives(200, respond());
    searchGives(200, found(HELD));
    expect(await attempt(true)).toBe('Observation/7/_history/2');
    expect(transaction.isDone()).toBe(false);
  });

  test('several: a person must look, nothing is sent', async () => {
    const transaction = transactionGives(200, respond());
    searchGives(200, found(HELD, { ...HELD, id: '8' }));
    expect(await attempt(true)).toBe('refuse, none');
    expect(transaction.isDone()).toBe(false);
  });

  test('the EHR cannot be asked now: nothing is sent', async () => {
    const transaction = transactionGives(200, respond());
    searchGives(503);
    expect(await attempt(true)).toBe('retry, none');
    expect(transaction.isDone()).toBe(false);
  });

  test.each([
    ['older content', 200, found({ ...HELD, issued: '2026-06-01T08:00:00.000Z' })],
    ['a search that the EHR refuses', 403, undefined],
  ])('%s: sent again', async (_name, status, body) => {
    searchGives(status, body);
    transactionGives(
      200,
      respond({ status: '200', location: 'Observation/7/_history/3' }, { status: '201' }),
    );
    expect(await attempt(true)).toBe('Observation/7/_history/3');
  });
});

describe('what was delivered is written over at the version that stands there', () => {
  const LEFT = 'Observation/7/_history/2';
  const OLD = { ...HELD, issued: '2026-06-01T08:00:00.000Z' };
  const said = [JSON.stringify({ ...RESOURCE, issued: OLD.issued })];
  const done = { status: '200', location: 'Observation/7/_history/4' };
  const ehr = createEhr({ base: `${HOST}/fhir`, timeoutMs: 2000, transport: nockTransport });

  async function update(over: Partial<OutboxEntry> = {}): Promise<string> {
    const [outcome] = await send(ehr, [
      entry({ generation: 2, handedOut: 1, location: LEFT, said, ...over }),
    ]);
    if (!outcome) throw new Error('no outcome');
    if (outcome.delivered) return String(outcome.location);
    return `${outcome.trouble.recovery}: ${outcome.trouble.says}${outcome.seen === undefined ? '' : `; ${outcome.seen}`}`;
  }

  /** The transaction must put the resource there. */
  function putTo(url: string, ifMatch: string | undefined, status = 200): nock.Scope {
    return nock(HOST)
      .post('/fhir', ({ entry: [{ request }] }) => request.url === url && request.ifMatch === ifMatch)
      .reply(status, status === 200 ? respond(done, { status: '201' }) : undefined, FHIR);
  }

  test.each([
    ['ours', OLD, 'Observation/7', 'W/"2"'],
    ['ours, with a newer version (a tag)', { ...OLD, meta: { versionId: '3' } }, 'Observation/7', 'W/"3"'],
    ['ours, under another id (the EHR moved)', { ...OLD, id: '70' }, 'Observation/70', 'W/"2"'],
    ['of an EHR that counts no versions', { ...OLD, meta: {} }, SEARCH.slice('/fhir/'.length), undefined],
    ['with an id that is none', { ...OLD, id: '../7' }, SEARCH.slice('/fhir/'.length), undefined],
  ])('%s', async (_name, held, url, ifMatch) => {
    searchGives(200, found(held));
    putTo(url, ifMatch);
    expect(await update()).toBe(done.location);
  });

  test('an EHR that refuses the search is written to as it was left', async () => {
    searchGives(403);
    putTo('Observation/7', 'W/"2"');
    expect(await update()).toBe(done.location);
  });

  test('a search that lags: it is read by its id', async () => {
    searchGives(200, found());
    nock(HOST).get('/fhir/Observation/7').reply(200, OLD, FHIR);
    putTo('Observation/7', 'W/"2"');
    expect(await update()).toBe(done.location);
  });

  test.each([409, 412])('%i: it changed meanwhile, by ourselves: looked at again later', async (status) => {
    searchGives(200, found(OLD));
    putTo('Observation/7', 'W/"2"', status);
    searchGives(200, found({ ...OLD, meta: { versionId: '3' } }));
    expect(await update()).toBe(`retry: HTTP ${status}`);
  });

  test('412 although nothing changed is a refusal of its own', async () => {
    searchGives(200, found(OLD));
    putTo('Observation/7', 'W/"2"', 412);
    searchGives(200, found(OLD));
    expect(await update()).toBe('refuse: HTTP 412');
  });

  test.each([
    ['another status', { status: 'entered-in-error' }],
    ['something put in', { note: [{ text: 'I disagree.' }] }],
    ['something taken out', { issued: undefined }],
  ])('%s by somebody else is not written over', async (_name, change) => {
    searchGives(200, found({ ...OLD, ...change, meta: { versionId: '3' } }));
    expect(await update()).toMatch(/^refuse: somebody changed .*; Observation\/7\/_history\/3$/);
  });
});

test('a conflict is tried again later', async () => {
  transactionGives(409);
  expect(await attempt(false)).toBe('retry, none');
});

describe('a transaction refused as a whole', () => {
  const three = [1, 2, 3].map((n) => entry({ identifier: `urn:s|a.${n}` }));
  const ehr = createEhr({ base: `${HOST}/fhir`, timeoutMs: 2000, transport: nockTransport });
  const outcomes = async () =>
    (await send(ehr, three)).map((o) => (o.delivered ? o.location : o.trouble.says));

  test('is sent entry by entry, until the EHR answers no more', async () => {
    transactionGives(422);
    transactionGives(
      200,
      respond({ status: '200', location: 'Observation/7/_history/3' }, { status: '201' }),
    );
    transactionGives(503);
    expect(await outcomes()).toEqual(['Observation/7/_history/3', 'HTTP 503', 'HTTP 503']);
    expect(nock.isDone()).toBe(true);
  });

  test('is not, where the caller is refused', async () => {
    transactionGives(403);
    expect(await outcomes()).toEqual(['HTTP 403', 'HTTP 403', 'HTTP 403']);
  });
});
