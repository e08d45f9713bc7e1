import { describe, expect, test } from '@jest/globals';
import { withStore } from '../../support/with-store.ts';
import { type Cost, createGrowthMeter, METERED_SITE } from './growth-meter.ts';
import { SENT_SHAPES, type SentShape, sendGrown } from './sent-shapes.ts';

/** Four times as much may cost at most so many times as much. */
const MOST_GROWTH = 5;
/** Reads that every call makes, whatever it sends. */
const ALLOWANCE = 200;

function measureShape({ before, sent, isOneByOne }: SentShape, n: number): Promise<Cost> {
  return withStore({}, async ({ store }) => {
    const meter = createGrowthMeter(store);
    const day = '2026-01-01';
    const row = {
      subject: 'S1',
      site: METERED_SITE,
      patient: 'Patient/p1',
      enrolledOn: day,
      consentedOn: day,
    };
    await meter.enrol('msc-aa', [row]);
    await sendGrown(meter, before?.(n) ?? [], false);
    return meter.measure(() => sendGrown(meter, sent(n), isOneByOne === true));
  });
}

const countGrowth = (small: number, large: number): number => (large - ALLOWANCE) / Math.max(small, 1);

describe('what a sender writes costs no more than its length', () => {
  test.each(SENT_SHAPES.map((shape) => [shape.name, shape] as const))('%s', async (_name, shape) => {
    const [small, large] = [
      await measureShape(shape, shape.sizes[0]),
      await measureShape(shape, shape.sizes[1]),
    ];
    expect(countGrowth(small.reads, large.reads)).toBeLessThan(MOST_GROWTH);
    if (!shape.isReadAgain) expect(countGrowth(small.content, large.content)).toBeLessThan(MOST_GROWTH);
  });

  test('reading the history of every version for every version is found', async () => {
    const readAll = (n: number) =>
      withStore({}, async ({ store }) => {
        const meter = createGrowthMeter(store);
        const shape = SENT_SHAPES.find(({ name }) => name === 'one version with many contents');
        const key = { site: METERED_SITE, resourceType: 'Observation', id: 'o' };
        await meter.enrol('msc-aa', [
          {
            subject: 'S1',
            site: METERED_SITE,
            patient: 'Patient/p1',
            enrolledOn: '2026-01-01',
            consentedOn: '2026-01-01',
          },
        ]);
        return meter.measure(async () => {
          for (const version of shape?.sent(n) ?? []) {
            await sendGrown(meter, [version], true);
            await meter.dependencies.store.read((tx) => tx.inbox.listVersions(key));
          }
        });
      });
    const [small, large] = [await readAll(50), await readAll(200)];
    expect(countGrowth(small.content, large.content)).toBeGreaterThan(MOST_GROWTH);
  });
});
