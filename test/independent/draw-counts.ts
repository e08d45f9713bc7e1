import type { Random } from '../../demo/cohort/seeded-random.ts';
import type { CountRow } from './random-facts.ts';

/** At least one day on which counts were taken. */
export type Days = readonly [number, ...number[]];

type Marks = NonNullable<CountRow[2]>;

const LEVELS = {
  verySevere: { anc: '0.1', hb: '62', plt: '6', ret: '12', wbc: '0.9' },
  severe: { anc: '0.3', hb: '70', plt: '10', ret: '20', wbc: '1.5' },
  nonSevere: { anc: '0.8', hb: '80', plt: '30', ret: '70', wbc: '2.4' },
  partial: { anc: '1.0', hb: '95', plt: '60', ret: '80', wbc: '3.4' },
  doubled: { anc: '1.6', hb: '112', plt: '62', ret: '70', wbc: '3.5' },
  normal: { anc: '2.0', hb: '140', plt: '200', ret: '90', wbc: '4.8' },
} as const;

/** Values on, just below and just above the limits of the sets. */
const NEAR_LIMITS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  anc: ['0', '0.19', '0.2', '0.3', '0.49', '0.5', '0.51', '0.6', '0.99', '1.0', '1.01', '1.5', '1.51'],
  hb: [
    '50',
    '59.9',
    '60',
    '79.9',
    '80',
    '84.9',
    '85',
    '90',
    '91',
    '99.9',
    '100',
    '100.1',
    '110',
    '120',
    '130',
  ],
  plt: ['0', '9', '19.9', '20', '20.1', '29.9', '30', '31', '50', '60', '80', '100', '100.1', '150', '150.1'],
  ret: ['0', '19', '20', '30', '59.9', '60', '60.1'],
  wbc: ['3.49', '3.5', '3.99', '4'],
};

const INEXACT: Readonly<Record<string, readonly [string, ...string[]]>> = {
  anc: ['<0.1', '<=0.2', '<0.5', '>=0.5', '>1.5', '0.4..0.7', '0.9..1.6'],
  hb: ['<60', '<=80', '>=100', '>130', '78..92', '95..101'],
  plt: ['<5', '<=20', '<20', '<30', '>=100', '>150', '12..30', '90..110'],
  ret: ['<10', '<60', '>=60', '>60', '15..25'],
  wbc: ['<1', '>4', '3..4'],
};

type Level = keyof typeof LEVELS;
type Analyte = keyof (typeof LEVELS)[Level];

const ANALYTES: readonly Analyte[] = ['anc', 'hb', 'plt', 'ret', 'wbc'];

/** Days and distances on both sides of the edges of rules. */
export const PLACES = {
  targets: [15, 30, 61, 91, 183, 274, 365],
  edges: [
    1, 11, 21, 22, 23, 44, 45, 46, 47, 75, 76, 77, 112, 113, 152, 153, 213, 214, 244, 304, 335, 394, 395, 396,
    430,
  ],
  /** Steps between counts: on both sides of 4, 8, 13 and 52 weeks and of the washouts. */
  steps: [1, 6, 7, 8, 14, 20, 27, 28, 29, 30, 55, 56, 57, 89, 90, 91, 364, 365],
  /** Days from a cause to a count: on both sides of the washouts and the days of independence. */
  lags: [0, 0, 1, 6, 7, 8, 13, 14, 15, 20, 27, 28, 29, 55, 56],
  beforeStart: [
    -57, -56, -55, -40, -30, -29, -28, -28, -27, -27, -20, -20, -12, -12, -9, -9, -8, -3, -2, -1, 0, 1,
  ],
} as const;

/** Days of the course: most visits, and some days that follow others by a step on the edge of a rule. */
export function drawDays(random: Random): Days {
  const visited = PLACES.targets.filter(() => random.chance(0.7));
  const days = visited.map((target) =>
    random.chance(0.6) ? target + random.integer(-5, 5) : target + random.integer(-20, 20),
  );
  if (random.chance(0.4)) days.push(random.pick(PLACES.edges), random.pick(PLACES.edges));
  if (random.chance(0.5)) days.push(random.integer(1, 420));
  for (let more = random.integer(0, 4); more > 0; more -= 1)
    days.push((days[random.integer(0, days.length)] ?? 10) + random.pick(PLACES.steps));
  const sorted = [...new Set([random.integer(1, 60), ...days])]
    .filter((day) => day > 0)
    .sort((x, y) => x - y);
  return sorted as [number, ...number[]];
}

function drawValue(random: Random, analyte: Analyte, level: Level): string | undefined {
  const chance = random.between(0, 100);
  if (chance < (analyte === 'wbc' ? 60 : 7)) return undefined;
  if (chance < 73) return LEVELS[level][analyte];
  return random.pick((chance < 92 ? NEAR_LIMITS : INEXACT)[analyte] ?? ['1']);
}

function drawMarks(random: Random): Marks {
  const chance = random.between(0, 100);
  if (chance < 62) return {};
  if (chance < 82) return { time: random.pick(['07:00', '08:00', '12:00', '18:00']) };
  if (chance < 90) return { method: random.pick(['manual', 'unspecified', 'estimate']) };
  if (chance < 92) return { method: 'derived' as 'manual' };
  if (chance < 96) return { status: random.pick(['preliminary', 'corrected']) };
  return chance < 97 ? { absent: 'clumped' } : {};
}

/** Draws the counts of a day at one of these levels. */
export function drawRow(random: Random, day: number | string, levels: readonly Level[]): CountRow {
  const level = levels[random.integer(0, levels.length - 1)] ?? 'severe';
  const values = ANALYTES.flatMap((analyte) => {
    const value = drawValue(random, analyte, level);
    return value === undefined ? [] : [[analyte, value] as const];
  });
  return [day, Object.fromEntries(values), drawMarks(random)];
}

const COURSES: readonly [readonly Level[], ...(readonly Level[])[]] = [
  ['partial', 'partial', 'partial', 'severe'],
  ['partial'],
  ['normal', 'normal', 'partial'],
  ['normal', 'normal', 'normal', 'verySevere'],
  ['doubled'],
  ['doubled', 'doubled', 'nonSevere'],
  ['nonSevere', 'nonSevere', 'partial'],
  ['nonSevere'],
  ['severe'],
  ['verySevere', 'severe', 'nonSevere', 'partial', 'doubled', 'normal'],
];

/** Draws several of a kind, or none at all. */
export const drawSome = <T>(random: Random, chance: number, most: number, draw: () => T): readonly T[] =>
  random.chance(chance) ? Array.from({ length: random.integer(1, most) }, draw) : [];

/** A partial date has no time of day. */
function dropTime([day, values, marks]: CountRow): CountRow {
  const { time: _, ...timeless } = marks ?? {};
  return [day, values, timeless];
}

/** Draws the counts of a course, with those before the first infusion. */
export function drawCounts(random: Random, days: Days): readonly CountRow[] {
  const levels = random.pick(COURSES);
  const before = drawSome(random, 0.5, 3, () =>
    drawRow(random, random.pick([-40, -29, -28, -28, -27, -14, -7, -3, -2, -1, 0]), [
      'verySevere',
      'severe',
      'nonSevere',
      'partial',
    ]),
  );
  const rows = days.map((day) => drawRow(random, day, levels));
  const again = drawSome(random, 0.35, 3, () =>
    drawRow(random, random.pick(days), ['severe', 'partial', 'normal']),
  );
  const partial = drawSome(random, 0.3, 2, () => {
    const from = random.pick([-20, 12, 24, 48, 60, 78, 90, 155]);
    return dropTime(drawRow(random, `${from}/${from + random.pick([3, 10, 15, 30])}`, levels));
  });
  const partialAgain = partial.slice(0, random.integer(0, 1)).map(([days]) => drawRow(random, days, levels));
  return [...before, ...rows, ...again, ...partial, ...partialAgain.map(dropTime)];
}
