import { describe, expect, test } from '@jest/globals';
import { computeClopperPearson } from '../../src/statistics/clopper-pearson.ts';
import { tabulateBinomial } from '../../src/statistics/two-stage/binomial-table.ts';
import { findTwoStageDesigns } from '../../src/statistics/two-stage/find-designs.ts';
import {
  computeTwoStageProperties,
  type TwoStageDesign,
} from '../../src/statistics/two-stage/simon-design.ts';
import {
  computeTwoStageLimits,
  computeTwoStageP,
} from '../../src/statistics/two-stage/two-stage-inference.ts';

/** Reads a design as the paper prints it: r1/n1 r/n. */
function parseDesign(text: string): TwoStageDesign {
  const [r1 = 0, n1 = 0, r = 0, n = 0] = text.split(/[ /]/).map(Number);
  return { n1, r1, n, r };
}

/**
 * The designs of Simon, Control Clin Trials 1989;10:1-10, table 1 (p1 − p0 = 0.20), as R 4.2.2 finds them by trying every
 * design (reference/two-stage.R): p0, alpha, beta; the optimal design with its expected size at p0; the minimax design.
 */
const PUBLISHED = [
  [0.05, 0.1, 0.1, '0/9 2/24', 14.5463, '0/13 2/20', 16.4066],
  [0.05, 0.05, 0.2, '0/9 2/17', 11.958, '0/12 2/16', 13.8386],
  [0.05, 0.05, 0.1, '0/9 3/30', 16.7648, '0/15 3/25', 20.3671],
  [0.1, 0.1, 0.1, '1/12 5/35', 19.8429, '1/16 4/25', 20.3674],
  [0.1, 0.05, 0.2, '1/10 5/29', 15.0141, '1/15 5/25', 19.5096],
  [0.1, 0.05, 0.1, '2/18 6/35', 22.5255, '2/22 6/33', 26.1795],
  [0.2, 0.1, 0.1, '3/17 10/37', 26.0225, '3/19 10/36', 28.2635],
  [0.2, 0.05, 0.2, '3/13 12/43', 20.5803, '4/18 10/33', 22.2547],
  [0.2, 0.05, 0.1, '4/19 15/54', 30.4349, '5/24 13/45', 31.2263],
  [0.3, 0.1, 0.1, '7/22 17/46', 29.89, '7/28 15/39', 34.9871],
  [0.3, 0.05, 0.2, '5/15 18/46', 23.6297, '6/19 16/39', 25.69],
  [0.3, 0.05, 0.1, '8/24 24/63', 34.7236, '7/24 21/53', 36.6245],
] as const;

describe('Simon’s designs', () => {
  test.each(PUBLISHED)(
    'p0 %d, alpha %d, beta %d',
    (p0, alpha, beta, optimal, optimalSize, minimax, minimaxSize) => {
      const found = findTwoStageDesigns(p0, p0 + 0.2, alpha, beta, 70);
      expect(found?.optimal).toMatchObject(parseDesign(optimal));
      expect(found?.optimal.expectedSize).toBeCloseTo(optimalSize, 4);
      expect(found?.minimax).toMatchObject(parseDesign(minimax));
      expect(found?.minimax.expectedSize).toBeCloseTo(minimaxSize, 4);
    },
  );

  /** R 4.2.2, dbinom and pbinom: reference/two-stage.R. */
  test.each([
    ['0/9 2/17', 0.05, 0.6302494097246091, 11.958004722203126, 0.04660495723896266],
    ['0/9 2/17', 0.25, 0.07508468627929693, 16.399322509765625, 0.812161111447447],
    ['5/15 18/46', 0.3, 0.7216214402043644, 23.6297353536647, 0.04986500748602934],
    ['5/15 18/46', 0.5, 0.15087890625, 41.32275390625, 0.8032059936744389],
    ['2/22 6/33', 0.1, 0.6200409384119029, 26.17954967746907, 0.0408578235596025],
    ['2/22 6/33', 0.3, 0.02066619697108147, 32.7726718333181, 0.9017689753322947],
  ])('%s at a rate of %d as R has it', (text, p, earlyStop, expectedSize, rejectNull) => {
    const found = computeTwoStageProperties(parseDesign(text), p);
    expect(found.earlyStop).toBeCloseTo(earlyStop, 12);
    expect(found.expectedSize).toBeCloseTo(expectedSize, 11);
    expect(found.rejectNull).toBeCloseTo(rejectNull, 12);
  });

  test('at rates of 0 and 1', () => {
    expect(computeTwoStageProperties(parseDesign('0/9 2/17'), 0)).toEqual({
      earlyStop: 1,
      expectedSize: 9,
      rejectNull: 0,
    });
    expect(computeTwoStageProperties(parseDesign('0/9 2/17'), 1)).toEqual({
      earlyStop: 0,
      expectedSize: 17,
      rejectNull: 1,
    });
    expect(tabulateBinomial(0, 0.3)).toEqual([1]);
  });

  test('no design of too few subjects', () => {
    expect(findTwoStageDesigns(0.05, 0.25, 0.05, 0.2, 15)).toBeNull();
    expect(findTwoStageDesigns(0.05, 0.25, 0.05, 0.2, 16)?.minimax).toMatchObject(parseDesign('0/12 2/16'));
    expect(findTwoStageDesigns(0.05, 0.25, 0.05, 0.2, 0)).toBeNull();
  });
});

describe('a finished trial of 1/10 5/29', () => {
  const design = parseDesign('1/10 5/29');

  /** R 4.2.2, dbinom, pbinom and uniroot: p against 0.1, and 90 % limits. */
  test.each([
    [1, 0.6513215598999997, 0.005116196891823702, 0.394163302436505],
    [2, 0.2639010708999999, 0.03677143788746508, 0.394177729837841],
    [3, 0.2377336892486319, 0.0469016982383561, 0.3943797909713497],
    [5, 0.1016202307822568, 0.0806707988919715, 0.4007357702332795],
    [9, 0.001431694082712007, 0.17468202605722644, 0.4869290117581686],
  ])('%i responders as R has it', (responders, p, low, high) => {
    expect(computeTwoStageP(design, responders, 0.1)).toBeCloseTo(p, 12);
    const limits = computeTwoStageLimits(design, responders, 0.9);
    expect(limits[0]).toBeCloseTo(low, 12);
    expect(limits[1]).toBeCloseTo(high, 12);
  });

  test('none and all respond', () => {
    expect(computeTwoStageP(design, 0, 0.1)).toBeCloseTo(1, 12);
    expect(computeTwoStageLimits(design, 0, 0.9)[0]).toBe(0);
    expect(computeTwoStageP(design, 29, 0.1) / 1e-29).toBeCloseTo(1, 10);
    expect(computeTwoStageLimits(design, 29, 0.9)).toEqual([expect.closeTo(0.9018553723227042, 12), 1]);
  });

  test('p is at most alpha exactly where more than r respond', () => {
    const rejecting = Array.from({ length: 30 }, (_, s) => s).filter(
      (s) => computeTwoStageP(design, s, 0.1) <= 0.05,
    );
    expect(rejecting[0]).toBe(design.r + 1);
    expect(rejecting).toHaveLength(29 - design.r);
  });

  test('more responders never have a larger p or lower limits', () => {
    const all = Array.from({ length: 30 }, (_, s) => ({
      p: computeTwoStageP(design, s, 0.1),
      limits: computeTwoStageLimits(design, s, 0.95),
    }));
    all.slice(1).forEach(({ p, limits }, i) => {
      expect(p).toBeLessThan(all[i]?.p ?? 0);
      expect(limits[0]).toBeGreaterThan(all[i]?.limits[0] ?? 1);
      expect(limits[1]).toBeGreaterThan(all[i]?.limits[1] ?? 1);
    });
  });

  test('a trial that stopped with no responder has the upper limit of its first stage alone', () => {
    expect(computeTwoStageLimits(design, 0, 0.95)[1]).toBeCloseTo(computeClopperPearson(0, 10, 0.95)[1], 12);
  });
});
