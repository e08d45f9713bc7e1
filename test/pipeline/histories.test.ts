import { describe, expect, test } from '@jest/globals';
import { type InteractionHandler, ingestDeletions, ingestDocument } from '../../src/fhir/ingest.ts';
import cases from '../cases/intake/histories.json' with { type: 'json' };
import { TEST_SITE, useService } from '../support/with-service.ts';

/** A history of one Observation, as a server lists it: whatever the order of its entries, the newest state is in force. */
const tested = useService('test');

interface HistoryEntry {
  /** Absent: the Observation was deleted. */
  readonly value?: number;
  readonly version?: string;
  readonly time?: string;
}

function buildEntry(id: string, { value, version, time }: HistoryEntry): object {
  const url = `Observation/${id}`;
  const meta = {
    ...(version === undefined ? {} : { versionId: version }),
    ...(time === undefined ? {} : { lastUpdated: time }),
  };
  const fullUrl = `https://ehr.example/fhir/${url}`;
  if (value !== undefined)
    return { fullUrl, resource: buildCount(id, value, meta), request: { method: 'PUT', url } };
  const response = {
    status: '204',
    ...(version === undefined ? {} : { etag: `W/"${version}"` }),
    ...(time === undefined ? {} : { lastModified: time }),
  };
  return { fullUrl, request: { method: 'DELETE', url }, response };
}

const buildCount = (id: string, value: number, meta: object) => ({
  resourceType: 'Observation',
  id,
  ...(Object.keys(meta).length > 0 ? { meta } : {}),
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
  subject: { reference: 'Patient/p1' },
  effectiveDateTime: '2026-03-02T08:15:00+08:00',
  valueQuantity: { value, unit: '10*9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
});

async function ingestHistory(id: string, entries: readonly HistoryEntry[]): Promise<number> {
  const submit: InteractionHandler = (interactions, grouping) =>
    tested.service.accept(TEST_SITE, interactions, grouping, 'cli');
  const bundle = {
    resourceType: 'Bundle',
    type: 'history',
    entry: entries.map((entry) => buildEntry(id, entry)),
  };
  const { deletions, summary } = await ingestDocument(bundle, submit, { takesResults: true });
  const deleted = await ingestDeletions(deletions, submit);
  return summary.invalid + deleted.summary.invalid;
}

async function readValue(id: string): Promise<number | null> {
  const facts = await tested.listFacts('T-1');
  const fact = facts.find(({ sources }) => sources.some((source) => source.id === id));
  return fact?.kind === 'lab' ? Number(fact.measured?.value) : null;
}

const listOrders = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  items.length < 2
    ? [items]
    : items.flatMap((item) =>
        listOrders(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
      );

describe.each(cases)('$says', ({ entries, inForce }) => {
  test('in any order, and again', async () => {
    await tested.enrol('T-1', 'Patient/p1');
    for (const [index, order] of listOrders<HistoryEntry>(entries).entries()) {
      for (const time of ['first', 'again']) {
        expect(await ingestHistory(`h${index}`, order)).toBe(0);
        expect([time, order, await readValue(`h${index}`)]).toEqual([time, order, inForce]);
      }
    }
  });
});

test('a history that was fetched before a newer version arrived does not delete that version', async () => {
  await tested.enrol('T-1', 'Patient/p1');
  await tested.send(buildCount('h', 30, { versionId: '3' }));
  expect(await ingestHistory('h', [{ version: '2' }, { value: 10, version: '1' }])).toBe(0);
  expect(await readValue('h')).toBe(30);
});

test('without versions and times, the first entry is the newest', async () => {
  await tested.enrol('T-1', 'Patient/p1');
  expect(await ingestHistory('h', [{ value: 30 }, { value: 20 }, {}, { value: 10 }])).toBe(0);
  expect(await readValue('h')).toBe(30);
});

test('a deletion of nothing that can be named is refused', async () => {
  const submit: InteractionHandler = (interactions, grouping) =>
    tested.service.accept(TEST_SITE, interactions, grouping, 'cli');
  const entry = [
    { request: { method: 'DELETE' }, response: { status: '204' } },
    { request: { method: 'DELETE', url: 'Toast/1' }, response: { status: '204' } },
  ];
  const bundle = { resourceType: 'Bundle', type: 'history', entry };
  const { summary, invalidLines } = await ingestDocument(bundle, submit, { takesResults: true });
  expect([summary.invalid, invalidLines.map(({ line }) => line)]).toEqual([2, [1, 2]]);
});
