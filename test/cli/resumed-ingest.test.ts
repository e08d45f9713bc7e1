import { describe, expect, test } from '@jest/globals';
import { createDeliveryCheckpoints } from '../../src/cli/files/delivery-checkpoints.ts';
import { readInput } from '../../src/cli/files/input-files.ts';
import { createRateFormatter } from '../../src/cli/text/format-rate.ts';
import { ingestLines } from '../../src/fhir/ingest.ts';
import { EMPTY_SUMMARY } from '../../src/fhir/ingest-summary.ts';
import { useFolder } from '../support/use-lifecycle.ts';
import { TEST_SITE, useService } from '../support/with-service.ts';

const adapter = useService('test');
const folder = useFolder();

const buildCount = (number: number) => ({
  resourceType: 'Observation',
  id: `o${number}`,
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
  subject: { reference: 'Patient/p' },
  effectiveDateTime: '2026-03-02T08:15:00Z',
  valueQuantity: { value: 24, unit: '10*9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
});

/** 350 lines: counts, one line that is no JSON, a blank line, and a last line without a line feed. */
function writeDelivery(change: (lines: string[]) => void = () => {}): string {
  const lines = Array.from({ length: 350 }, (_, index) => JSON.stringify(buildCount(index)));
  lines[20] = 'not json';
  lines[150] = '';
  change(lines);
  return folder.writeFile('delivery.ndjson', lines.join('\n'));
}

async function* readNothing(): AsyncGenerator<Uint8Array> {}

/** Receives the file as the command does, every checkpoint being kept; the run ends before submission `endsBefore`. */
async function run(path: string, options: { endsBefore?: number; fromStart?: boolean } = {}) {
  const { endsBefore = Number.POSITIVE_INFINITY, fromStart = false } = options;
  let minutes = 0;
  const clock = () => (minutes += 60_000);
  const checkpoints = createDeliveryCheckpoints(adapter.service, { site: TEST_SITE, fromStart }, clock);
  const checkpoint = await checkpoints.open(path);
  const received: string[] = [];
  const input = await readInput(path, readNothing(), checkpoint.from ?? undefined);
  if (input.kind !== 'lines') throw new Error('The delivery is not NDJSON.');
  let submissions = 0;
  const result = await ingestLines(
    input.lines,
    async (interactions, grouping) => {
      submissions += 1;
      if (submissions >= endsBefore) throw new Error('killed');
      received.push(...interactions.map(({ id, resource }) => id ?? resource?.id ?? ''));
      return adapter.service.accept(TEST_SITE, interactions, grouping, 'cli');
    },
    (progress) => checkpoint.keep(progress.checkpoint),
    {},
    checkpoint.from ?? undefined,
  ).catch((cause: Error) => cause.message);
  if (typeof result !== 'string') await checkpoints.finish();
  return { result, received, from: checkpoint.from?.lines ?? 0 };
}

describe('a delivery that was ended', () => {
  test('is resumed after the last lines that were received, and its outcome is that of the whole file', async () => {
    await adapter.enrol('S', 'Patient/p');
    const path = writeDelivery();
    const ended = await run(path, { endsBefore: 3 });
    expect([ended.result, ended.received.length]).toEqual(['killed', 200]);
    const resumed = await run(path);
    // The line that is no JSON and the blank one were read, too.
    expect([resumed.from, resumed.received.length, resumed.received[0]]).toEqual([202, 148, 'o202']);
    expect(resumed.result).toMatchObject({
      summary: { resources: 349, mapped: 348, invalid: 1, unchanged: 0 },
      invalidLines: [{ line: 21 }],
    });
    expect(await adapter.listFacts('S')).toHaveLength(348);
  });

  test('is read from its start after it was received to the end, where the user wants it, and where the file has changed', async () => {
    await adapter.enrol('S', 'Patient/p');
    const path = writeDelivery();
    await run(path, { endsBefore: 2 });
    expect((await run(path, { fromStart: true, endsBefore: 2 })).from).toBe(0);
    expect((await run(path, { endsBefore: 1 })).from).toBe(101);
    expect((await run(writeDelivery((lines) => lines.pop()))).from).toBe(0);
    expect((await run(path)).from).toBe(0);
  });

  test('is read from its start where something was dropped, which may be taken the next time', async () => {
    await adapter.enrol('S', 'Patient/p');
    await adapter.store.transaction(({ subjects }) =>
      subjects.put({
        study: 'msc-aa',
        subject: 'S',
        site: TEST_SITE,
        enrolledOn: '2026-01-01',
        consentedOn: '2026-01-01',
        status: 'withdrawn',
      }),
    );
    const path = writeDelivery();
    await run(path, { endsBefore: 2 });
    expect((await run(path)).from).toBe(0);
  });
});

test('progress states the rate of this run, and the time that is left by the rate of its bytes', () => {
  let now = 0;
  const format = createRateFormatter(10_000, () => now);
  const report = (resources: number, bytes: number) =>
    format({
      summary: { ...EMPTY_SUMMARY, resources },
      place: { lines: resources, bytes },
      checkpoint: null,
    });
  expect(report(500, 4_000)).toBe('500 resources');
  now = 2_000;
  expect(report(700, 6_000)).toBe('700 resources, 100/s, 4 s left');
  now = 200_000;
  expect(report(701, 6_010)).toBe('701 resources, 1/s, 7 min left');
});
