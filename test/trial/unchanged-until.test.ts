import { expect, test } from '@jest/globals';
import { createRandom } from '../../demo/cohort/seeded-random.ts';
import { assessSubject } from '../../src/trial/assess-subject.ts';
import { addDays } from '../../src/trial/calendar-days.ts';
import { reconcileFacts } from '../../src/trial/counts/reconcile-facts.ts';
import { deriveUnchangedUntil } from '../../src/trial/unchanged-until.ts';
import { drawSubject } from '../independent/draw-subject.ts';
import { buildRandomFacts, type RandomSubject } from '../independent/random-facts.ts';
import {
  buildVignetteSubject,
  DAY_ZERO,
  readBundledCriteria,
  readBundledProtocol,
  type Vignette,
} from './vignette.ts';
import { selectVignetteRules } from './vignette-answers.ts';

const RUNS = Number(process.env.UNCHANGED_RUNS ?? 12);
const rules = { protocol: readBundledProtocol(), criteria: readBundledCriteria() };

/** The days after the first infusion as of which each subject is assessed. */
const DAYS = [5, 30, 76, 396];
/** Assessments of these days that follow are compared, and that of the last day on which nothing may change. */
const LATER = [1, 2, 7, 14, 29, 45];

function createAssessor(v: RandomSubject) {
  const facts = reconcileFacts(buildRandomFacts(v));
  const subject = buildVignetteSubject(v);
  const { protocol, criteria } = selectVignetteRules(rules, v as unknown as Vignette);
  const assess = (today: string) => assessSubject({ subject, facts, protocol, criteria, today });
  return {
    assess: (today: string): string => JSON.stringify(assess(today)),
    deriveUntil: (today: string): string => deriveUnchangedUntil(facts, protocol, assess(today), today),
  };
}

/** Lists the days up to the one that was derived, or the horizon, on which the assessment is another one. */
function listChangedDays(v: RandomSubject, day: number): readonly string[] {
  const { assess, deriveUntil } = createAssessor(v);
  const today = addDays(DAY_ZERO, day);
  const until = deriveUntil(today);
  const assessed = assess(today);
  const days = [...LATER.map((days) => addDays(today, days)), ...(until < '9999' ? [until] : [])];
  return days.filter((later) => later <= until && assess(later) !== assessed);
}

const subjects = Array.from({ length: RUNS }, (_, index) => drawSubject(createRandom(7, `${index}`)));

test('up to the derived day no assessment of a random subject changes by itself', () => {
  for (const v of subjects)
    for (const day of DAYS) expect([v, day, listChangedDays(v, day)]).toEqual([v, day, []]);
});

test('the derived day is not the day of the assessment where nothing is to come for a while', () => {
  const isLonger = (v: RandomSubject) => {
    const today = addDays(DAY_ZERO, 120);
    return createAssessor(v).deriveUntil(today) > today;
  };
  expect(subjects.filter(isLonger).length).toBeGreaterThan(RUNS / 4);
});

test('the day after the derived one brings a change for many', () => {
  const changes = subjects.filter((v) => {
    const { assess, deriveUntil } = createAssessor(v);
    const today = addDays(DAY_ZERO, 5);
    return assess(addDays(deriveUntil(today), 1)) !== assess(today);
  });
  expect(changes.length).toBeGreaterThan(RUNS / 10);
});
