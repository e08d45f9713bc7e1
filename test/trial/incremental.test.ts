import { expect, test } from '@jest/globals';
import { createRandom, type Random } from '../../demo/cohort/seeded-random.ts';
import { assessSubject } from '../../src/trial/assess-subject.ts';
import type { SubjectAssessment } from '../../src/trial/assessment.ts';
import { addDays } from '../../src/trial/calendar-days.ts';
import { reconcileFacts } from '../../src/trial/counts/reconcile-facts.ts';
import { separateWithdrawn } from '../../src/trial/counts/statements-in-force.ts';
import type { Fact, LabFact, Subject } from '../../src/trial/facts.ts';
import { listSubjectQuestions } from '../../src/trial/questions/list-subject-questions.ts';
import { drawSubject } from '../independent/draw-subject.ts';
import { buildRandomFacts, type RandomSubject } from '../independent/random-facts.ts';
import {
  buildVignetteSubject,
  DAY_ZERO,
  readBundledCriteria,
  readBundledProtocol,
  type Vignette,
} from './vignette.ts';
import { selectVignetteRules, type VignetteRules } from './vignette-answers.ts';

/**
 * What a new fact does not change is not derived again: parts are remembered by the facts that they follow from, as objects. A
 * copy of the facts is unknown to every memory, so that its assessment is made from scratch.
 */
const RUNS = Number(process.env.INCREMENTAL_RUNS ?? 6);
const rules = { protocol: readBundledProtocol(), criteria: readBundledCriteria() };

interface Derived {
  readonly facts: readonly Fact[];
  readonly assessment: SubjectAssessment;
  readonly questions: readonly unknown[];
}

function derive(subject: Subject, stated: readonly Fact[], today: string, by: VignetteRules): Derived {
  const facts = reconcileFacts(stated);
  const { undecided } = separateWithdrawn(stated);
  return {
    facts,
    assessment: assessSubject({ subject, facts, today, ...by }),
    questions: listSubjectQuestions(subject, facts, undecided),
  };
}

/** Adds what relates to a result: a correction, a contradiction, another status, its withdrawal, clumps in its specimen. */
function listRelated(fact: LabFact, n: number, random: Random): readonly Fact[] {
  if (!random.chance(0.3)) return [];
  const [source] = fact.sources;
  const keys = [`k${n}`];
  const specimen = random.pick<{ specimen?: string }>([{}, { specimen: `specimen ${n % 3}` }]);
  const other: LabFact = {
    ...fact,
    key: random.pick([fact.key, `${fact.key}|${n}`]),
    sources: [{ ...source, id: `other-${n}` }],
    status: random.pick<LabFact['status']>(['final', 'corrected', 'amended', 'preliminary']),
    relations: { keys, ...(random.chance(0.5) ? { issued: n } : {}) },
    measured: random.pick([
      fact.measured,
      { value: '33', comparator: null },
      { value: '5', comparator: '<' },
    ]),
    ...specimen,
  };
  const { subject, at } = fact;
  const base = { subject, at, sources: [{ ...source, id: `more-${n}` }] as const };
  const withdrawal: Fact = {
    ...{ ...base, kind: 'withdrawal', key: `w${n}`, relations: { keys } },
    statements: [`lab ${fact.analyte}`],
  };
  const clumps: Fact = {
    ...{ ...base, kind: 'finding', key: `c${n}`, finding: 'platelet-clumps', present: true },
    ...{ status: 'final', original: fact.original, ...specimen },
  };
  return [other, ...(random.chance(0.2) ? [withdrawal] : []), ...(random.chance(0.1) ? [clumps] : [])];
}

/** Draws the facts that are known after each step of a history: they arrive in any order, and some are taken back for a while. */
function drawHistory(v: RandomSubject, random: Random): readonly (readonly Fact[])[] {
  const facts = buildRandomFacts(v).flatMap((fact, n) =>
    fact.kind === 'lab' ? [fact, ...listRelated(fact, n, random)] : [fact],
  );
  const arriving = random.shuffle(facts);
  const steps: (readonly Fact[])[] = [];
  for (let known = 1; known <= arriving.length; known += 1 + random.integer(0, 4)) {
    const arrived = arriving.slice(0, known);
    steps.push(random.chance(0.3) ? arrived.filter(() => random.chance(0.9)) : arrived);
  }
  return steps;
}

test('a history assessed fact by fact yields at each step what the same facts yield from scratch', () => {
  for (let run = 0; run < RUNS; run += 1) {
    const random = createRandom(3, `${run}`);
    const v = drawSubject(random);
    const by = selectVignetteRules(rules, v as unknown as Vignette);
    const subject = buildVignetteSubject(v);
    for (const known of drawHistory(v, random)) {
      const today = addDays(DAY_ZERO, v.today - (random.chance(0.3) ? random.integer(0, 99) : 0));
      const fromScratch = derive(subject, structuredClone(known), today, by);
      expect(derive(subject, known, today, by)).toEqual(fromScratch);
    }
  }
});

test('where nothing has changed, the reconciled facts and the traces stay the same objects', () => {
  const v = drawSubject(createRandom(3, '1'));
  const by = selectVignetteRules(rules, v as unknown as Vignette);
  const subject = buildVignetteSubject(v);
  const stated = buildRandomFacts(v);
  const today = addDays(DAY_ZERO, v.today);
  const [first, second] = [derive(subject, stated, today, by), derive(subject, [...stated], today, by)];
  expect(second.facts.every((fact, i) => fact === first.facts[i])).toBe(true);
  const listClassTraces = ({ assessment }: Derived) =>
    assessment.assessments.flatMap(({ trace }) => trace.flatMap(({ of }) => of));
  expect(listClassTraces(first).length).toBeGreaterThan(5);
  const [traces, again] = [listClassTraces(first), listClassTraces(second)];
  expect(again.every((trace, i) => trace === traces[i])).toBe(true);
});
