import { describe, expect, test } from '@jest/globals';
import { createRandom } from '../../demo/cohort/seeded-random.ts';
import { assessSubject } from '../../src/trial/assess-subject.ts';
import { addDays } from '../../src/trial/calendar-days.ts';
import {
  buildVignetteFacts,
  buildVignetteSubject,
  DAY_ZERO,
  readBundledCriteria,
  readBundledProtocol,
  readVignetteFiles,
  summariseAssessments,
  type Vignette,
} from '../trial/vignette.ts';
import { selectVignetteRules } from '../trial/vignette-answers.ts';
import { type Answers, deriveClasses } from './derive-classes.ts';
import { drawSubject } from './draw-subject.ts';
import { buildRandomFacts, type CountRow, type RandomSubject } from './random-facts.ts';
import { type RawRules, readRawRules, replaceRawSets } from './raw-rules.ts';
import { trimSubject } from './trim-subject.ts';

/**
 * A second program (`deriveClasses`), written from docs/classes.md and the files under mappings/ without the product's engine, comes
 * to the same severity, classes, status and days: in every clinician's case and for random subjects.
 */
const RUNS = Number(process.env.INDEPENDENT_RUNS ?? 300);
/** The same subjects each time; another number draws others. */
const SEED = Number(process.env.INDEPENDENT_SEED ?? 1);
const TIMEOUT_MS = 3_600_000;

const product = { protocol: readBundledProtocol(), criteria: readBundledCriteria() };
const raw = readRawRules();

function answerByProduct(v: RandomSubject): Answers {
  const assessment = assessSubject({
    subject: buildVignetteSubject(v),
    facts: buildRandomFacts(v),
    today: addDays(DAY_ZERO, v.today),
    ...selectVignetteRules(product, v as unknown as Vignette),
  });
  return { severity: assessment.severity, ...summariseAssessments(assessment) };
}

const answerIndependently = (v: RandomSubject, rules: RawRules = raw): Answers =>
  deriveClasses(
    replaceRawSets(rules, v.set, v.lineageSet),
    buildVignetteSubject(v),
    buildRandomFacts(v),
    addDays(DAY_ZERO, v.today),
  );

/** The answers that differ, by name: the product's, then the other. */
function listDifferences(one: Answers, other: Answers): Readonly<Record<string, readonly unknown[]>> {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries(
    [...names]
      .filter((name) => one[name] !== other[name])
      .map((name) => [name, [one[name] ?? null, other[name] ?? null]]),
  );
}

const compareAnswers = (v: RandomSubject) => listDifferences(answerByProduct(v), answerIndependently(v));

const hasDifference = (v: RandomSubject): boolean => Object.keys(compareAnswers(v)).length > 0;

const subjects = Array.from({ length: RUNS }, (_, index) => drawSubject(createRandom(SEED, `${index}`)));

/** What the second program answers, in the order of the subjects. */
const answers = subjects.map((v) => answerIndependently(v));

const QUESTIONS = /^(severity|best|(overall|erythroid|neutrophil|platelet|days) .*)$/;

test('in every case of a clinician the second program gives the expected class', () => {
  let asked = 0;
  for (const { cases } of readVignetteFiles()) {
    for (const v of cases) {
      const rules = replaceRawSets(raw, v.set, v.lineageSet);
      const today = addDays(DAY_ZERO, v.today);
      const given = deriveClasses(rules, buildVignetteSubject(v), buildVignetteFacts(v), today);
      for (const [question, wanted] of Object.entries(v.expect)) {
        if (!QUESTIONS.test(question)) continue;
        asked += 1;
        expect([v.name, question, given[question] ?? null]).toEqual([v.name, question, wanted]);
      }
    }
  }
  expect(asked).toBeGreaterThanOrEqual(700);
});

test(
  'random subjects: both programs come to the same answers',
  () => {
    const different = subjects.filter(
      (v, index) => Object.keys(listDifferences(answerByProduct(v), answers[index] ?? {})).length > 0,
    );
    const smallest = different.slice(0, 3).map((v) => {
      const small = trimSubject(v, hasDifference);
      return { subject: JSON.stringify(small), productThenIndependent: compareAnswers(small) };
    });
    expect({ differing: different.length, of: RUNS, smallest }).toEqual({
      differing: 0,
      of: RUNS,
      smallest: [],
    });
  },
  TIMEOUT_MS,
);

test('the random subjects have every severity, class and status, and the days to response', () => {
  const values = new Map<string, number>();
  for (const one of answers)
    for (const [name, value] of Object.entries(one)) {
      const kind = `${name.split(' ')[0]} ${typeof value === 'number' ? 'number' : value}`;
      values.set(kind, (values.get(kind) ?? 0) + 1);
    }
  const wanted = [
    ...['SAA', 'VSAA', 'NSAA', 'unknown'].map((severity) => `severity ${severity}`),
    ...['CR', 'PR'].flatMap((name) => [`overall ${name} final`, `overall ${name} preliminary`]),
    ...['NR', 'NE'].map((name) => `overall ${name} final`),
    ...['CR', 'PR', 'NR', 'NE'].flatMap((name) => [`best ${name} final`, `best ${name} preliminary`]),
    ...['erythroid', 'neutrophil', 'platelet'].flatMap((scope) =>
      ['PR', 'NR', 'NE'].map((name) => `${scope} ${name} final`),
    ),
    'days number',
  ];
  expect(wanted.filter((kind) => (values.get(kind) ?? 0) < 2)).toEqual([]);
});

test('the random subjects have what is hard to read', () => {
  const isPartial = (day: unknown) => typeof day === 'string';
  const mayBeBefore = (day: unknown) => isPartial(day) && /^-\d+\/\d/.test(String(day));
  const countSubjects = (isOne: (v: RandomSubject) => boolean) => subjects.filter(isOne).length / RUNS;
  const isUntimedAgain = ([day, , marks]: CountRow, index: number, rows: readonly CountRow[]) =>
    !marks?.time && rows.findIndex(([other]) => other === day) < index;
  const shares = {
    unorderedResults: countSubjects(({ counts = [] }) => counts.some(isUntimedAgain)),
    partialCounts: countSubjects(({ counts = [] }) => counts.some(([day]) => isPartial(day))),
    partialTransfusions: countSubjects((v) => (v.transfusions ?? []).some(([day]) => isPartial(day))),
    perhapsNewDrugs: countSubjects(({ drugs }) => drugs.some(([day]) => mayBeBefore(day))),
    unknownSex: countSubjects(({ sex }) => sex === null || sex === 'other'),
  };
  const least = {
    unorderedResults: 0.2,
    partialCounts: 0.2,
    partialTransfusions: 0.1,
    perhapsNewDrugs: 0.01,
    unknownSex: 0.1,
  };
  const rare = Object.entries(least).filter(([name, share]) => shares[name as keyof typeof shares] < share);
  expect(rare).toEqual([]);
});

/** Returns the rules with a text of their files replaced, which must occur. */
function changeRules({ protocol, sets }: RawRules, from: string, to: string): RawRules {
  const before = JSON.stringify({ protocol, sets: [...sets] });
  const after = before.replaceAll(from, to);
  if (after === before) throw new Error(`does not occur: ${from}`);
  const changed = JSON.parse(after);
  return { protocol: changed.protocol, sets: new Map(changed.sets) };
}

describe('a rule that one of the programs had wrong would be seen:', () => {
  test.each([
    [
      'independent after 29 days',
      '"independenceDays":{"red-cells":28,"platelets":28',
      '"independenceDays":{"red-cells":29,"platelets":29',
    ],
    ['independent before day 28', '"afterStart":true', '"afterStart":false'],
    [
      'platelets confounded for 8 days',
      '"analytes":["platelets"],"days":7',
      '"analytes":["platelets"],"days":8',
    ],
    [
      'haemoglobin confounded for 15 days',
      '"analytes":["hemoglobin"],"days":14',
      '"analytes":["hemoglobin"],"days":15',
    ],
    ['an unknown growth factor confounds nothing', '"other-growth-factor"', '"nothing"'],
    ['baseline within 27 days', '"baselineDays":28', '"baselineDays":27'],
    ['dependent from one unit', '{"units":"2","days":28}', '{"units":"1","days":28}'],
    ['M3 from day 78', '"window":[77,112]', '"window":[78,112]'],
    ['M1 up to day 43', '"window":[23,44]', '"window":[23,43]'],
    ['a continued drug is new', '"onlyIfNew":true', '"onlyIfNew":false'],
    ['a transplant ends nothing', '{"event":"transplant"', '{"event":"medication","agents":[]'],
    ['NE after a new treatment', '"laterVisits":"NR"', '"laterVisits":"NE"'],
    ['best response by M6', '"bestResponseBy":"M12"', '"bestResponseBy":"M6"'],
    ['confirmed after 30 days', '"confirmationDays":28', '"confirmationDays":30'],
    ['confirmed after 14 days for 7', '"confirmationDays":7', '"confirmationDays":14'],
    [
      'severe at neutrophils of 0.5',
      '{"count":"anc","op":"<","value":"0.5"}',
      '{"count":"anc","op":"<=","value":"0.5"}',
    ],
    ['a line below baseline is not worse', '"op":"<","by":"0"', '"op":"<","by":"100"'],
    ['three units fewer', '"fewerUnits":"red-cells","units":"4"', '"fewerUnits":"red-cells","units":"3"'],
  ])('%s', (_name, from, to) => {
    const changed = changeRules(raw, from, to);
    const isSeen = subjects.some(
      (v, index) =>
        Object.keys(listDifferences(answers[index] ?? {}, answerIndependently(v, changed))).length > 0,
    );
    expect(isSeen).toBe(true);
  });
});

test('a difference is reduced to the rows that cause it', () => {
  const [v] = subjects.filter(({ counts }) => (counts ?? []).length > 3);
  const hasPlatelets = ({ counts = [] }: RandomSubject) => counts.some(([, values]) => 'plt' in values);
  const small = trimSubject(v as RandomSubject, hasPlatelets);
  expect(small.counts?.map(([, values]) => Object.keys(values))).toEqual([['plt']]);
  expect([small.transfusions, small.drugs]).toEqual([[], []]);
});
