import { expect, test } from '@jest/globals';
import { addDays } from '../../src/trial/days.ts';
import { candidateOf } from '../../src/trial/endpoints/predictors.ts';
import { DAY_ZERO, factsOf, realProtocol, type Vignette } from './vignette.ts';

const protocol = realProtocol();

/** Whether a subject with these treatments had ATG before the first infusion: 1 or 0. */
function hadAtgBefore(v: Partial<Vignette>): number {
  const facts = factsOf({ name: '-', follows: '-', today: 400, expect: {}, ...v });
  const infused = { facts, dayZero: DAY_ZERO, isResponder: false, days: 400, died: false };
  return Number(candidateOf(infused, protocol, addDays(DAY_ZERO, 400)).hadPreviousAgent);
}

test.each<[string, Partial<Vignette>, number]>([
  ['ATG as a treatment', { drugs: [[-200, 'atg']] }, 1],
  ['ATG in a month before the first infusion', { drugs: [['-60/-30', 'atg']] }, 1],
  ['ATG in the month of the first infusion, before it or after', { drugs: [['-14/16', 'atg']] }, 0],
  ['ATG after the first infusion', { drugs: [[40, 'atg']] }, 0],
  ['ATG as the conditioning of a later transplant', { drugs: [[40, 'atg']], transplant: 45 }, 0],
  ['ATG as the conditioning of an earlier transplant', { drugs: [[-405, 'atg']], transplant: -400 }, 0],
  [
    'ATG as a treatment, then as conditioning',
    {
      drugs: [
        [-700, 'atg'],
        [-405, 'atg'],
      ],
      transplant: -400,
    },
    1,
  ],
  ['ATG as a treatment long before a transplant', { drugs: [[-415, 'atg']], transplant: -400 }, 1],
])('previous ATG: %s', (_name, given, expected) => {
  expect(hadAtgBefore(given)).toBe(expected);
});
