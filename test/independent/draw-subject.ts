import type { Random } from '../../demo/cohort/seeded-random.ts';
import type { Vignette } from '../trial/vignette.ts';
import { type Days, drawCounts, drawDays, drawRow, drawSome, PLACES } from './draw-counts.ts';
import { dropUndefined, type RandomSubject } from './random-facts.ts';

/** A day, or with this chance a partial date that begins on it. */
const drawDate = (random: Random, day: number, partialChance: number): number | string =>
  random.chance(partialChance) ? `${day}/${day + random.pick([1, 6, 13, 27, 30])}` : day;

/** A day on the edge of a rule before a count, or before day 0. */
function drawCauseDay(random: Random, days: Days): number {
  const chance = random.between(0, 100);
  if (chance < 45) return random.pick(days) - random.pick(PLACES.lags);
  return chance < 85 ? random.pick(PLACES.beforeStart) : random.integer(-60, 400);
}

type TransfusionRow = NonNullable<Vignette['transfusions']>[number];

function drawTransfusion(random: Random, days: Days): TransfusionRow {
  const product = random.pick([
    'red-cells',
    'platelets',
    'red-cells',
    'platelets',
    'red-cells',
    'platelets',
    'any',
  ]);
  const units = random.chance(0.3) ? undefined : random.pick(['1', '1', '2', '2', '3', '4', '0.5']);
  const day = drawDate(random, drawCauseDay(random, days), 0.1);
  const isTimed = typeof day === 'number' && random.chance(0.3);
  const time = isTimed ? random.pick(['06:00', '09:00', '15:00']) : undefined;
  // A list in JSON has no gaps: null is as good as left out.
  return [
    day,
    product,
    ...(units || time ? [units ?? null] : []),
    ...(time ? [time] : []),
  ] as unknown as TransfusionRow;
}

const AGENTS = [
  'filgrastim',
  'pegfilgrastim',
  'csf',
  'epoetin',
  'some-new-factor',
  'eltrombopag',
  'romiplostim',
];
const TREATMENTS = [
  'danazol',
  'stanozolol',
  'ciclosporin',
  'tacrolimus',
  'atg',
  'cyclophosphamide',
  'avatrombopag',
];

type DrugRow = RandomSubject['drugs'][number];

/** A drug given once, or also long before the first infusion. */
function drawDrug(random: Random, days: Days): readonly DrugRow[] {
  const agent = random.pick((random.chance(0.7) ? AGENTS : TREATMENTS) as [string, ...string[]]);
  const day = drawDate(random, drawCauseDay(random, days), 0.15);
  const given: DrugRow = random.chance(0.2) ? [day, agent, random.pick(['06:00', '15:00'])] : [day, agent];
  return random.chance(0.5) ? [[-90, agent], given] : [given];
}

/** A day after day 0 near a count or the edge of a window, for what ends the observation. */
function drawEndDay(random: Random, days: Days): number | string {
  const near = random.pick(days) + random.pick([-2, -1, 0, 1, 2, 10, 14]);
  return drawDate(random, Math.max(1, random.chance(0.6) ? near : random.pick(PLACES.edges)), 0.1);
}

const SETS = [
  'bsh-saa',
  'bsh-nsaa',
  'nih-saa',
  'ebmt-race',
  'japan-paed',
  'iwg2006-hi',
  'pgf-epag',
  'china-1987',
  'china-2017',
];

const INFUSIONS: readonly NonNullable<Vignette['infusions']>[] = [
  [[0]],
  [[0, '0.5', 'stopped'], [7]],
  [[-3, 'none', 'not-done'], [0], [7]],
  [[0, '1.5', 'in-progress']],
];

function drawToday(random: Random, days: Days): number {
  const chance = random.between(0, 100);
  if (chance < 40) return random.pick([500, 900]);
  return chance < 80 ? random.pick(days) + random.pick([0, 1, 5, 30]) : random.pick(PLACES.edges);
}

const drawDiagnosis = (random: Random) =>
  [random.pick<'SAA' | 'VSAA' | 'NSAA'>(['SAA', 'VSAA', 'NSAA']), 'Dr A'] as const;

/** Draws a subject: realistic and nasty. */
export function drawSubject(random: Random): RandomSubject {
  const days = drawDays(random);
  const rarely = <T>(chance: number, draw: () => T) => (random.chance(chance) ? draw() : undefined);
  const subject = {
    name: 'random',
    follows: 'docs/classes.md',
    baseline: random.pick(['SAA', 'SAA', 'VSAA', 'NSAA', 'NSAA', 'NSAA', 'none', 'none']),
    sex: random.pick(['male', 'male', 'male', 'female', 'female', 'female', 'other', null]),
    birth: random.pick([
      '1980-05-05',
      '1980-05-05',
      '1980-05-05',
      null,
      '2009',
      '2009-04',
      '2012-06-01',
      '2019-05-20',
    ]),
    diagnosed: rarely(0.06, () => drawSome(random, 1, 2, () => drawDiagnosis(random))),
    marrow: rarely(0.06, () => drawSome(random, 1, 2, () => [random.chance(0.5), 'Dr A'] as const)),
    status: rarely(0.1, () => random.pick(['off-study', 'off-study', 'off-study', 'off-study', 'withdrawn'])),
    set: rarely(0.5, () => random.pick(SETS as [string, ...string[]])),
    lineageSet: rarely(0.2, () => random.pick(['pgf-epag', 'iwg2006-hi'])),
    today: drawToday(random, days),
    infusions: rarely(0.3, () => random.pick(INFUSIONS as [(typeof INFUSIONS)[number]])),
    counts: drawCounts(random, days),
    transfusions: drawSome(random, 0.6, 5, () => drawTransfusion(random, days)),
    drugs: drawSome(random, 0.35, 3, () => drawDrug(random, days)).flat(),
    transplant: rarely(0.08, () => drawEndDay(random, days)),
    death: rarely(0.08, () => drawEndDay(random, days)),
  };
  const drawn = dropUndefined(subject) as RandomSubject;
  return keepUntilDeath(random.chance(0.1) ? drawDependent(random, drawn, days) : drawn);
}

/** A subject whose counts stay as they were, and whose transfusions before the first infusion decide. */
function drawDependent(random: Random, subject: RandomSubject, days: Days): RandomSubject {
  const { set: _, ...rest } = subject;
  const before = drawSome(random, 1, 2, (): TransfusionRow => {
    const product = random.pick<'red-cells' | 'platelets'>(['red-cells', 'platelets']);
    const day = drawDate(random, -random.integer(1, 30), 0.1);
    return [day, product, random.pick(['1', '1', '2', '0.5'])];
  });
  const counts = days.map((day) => drawRow(random, day, ['nonSevere']));
  return {
    ...rest,
    baseline: 'NSAA',
    counts,
    transfusions: [...before, ...(subject.transfusions ?? []).slice(2)],
  };
}

const readFirstDay = (day: number | string): number => Number(String(day).split('/')[0]);

/** Nobody is treated on the day of their death, or later. */
function keepUntilDeath(subject: RandomSubject): RandomSubject {
  const { death, transplant, drugs } = subject;
  if (death === undefined) return subject;
  const isBefore = (day: number | string) => readFirstDay(day) < readFirstDay(death);
  const { transplant: _, ...rest } = subject;
  const kept = { ...rest, drugs: drugs.filter(([day]) => isBefore(day)) };
  return transplant !== undefined && isBefore(transplant) ? { ...kept, transplant } : kept;
}
