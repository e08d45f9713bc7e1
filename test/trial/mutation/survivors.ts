import { readFileSync } from 'node:fs';
import { addDays } from '../../../src/trial/days.ts';
import type { Fact, Subject } from '../../../src/trial/facts.ts';
import { judgeSubject } from '../../../src/trial/judge.ts';
import { answerTo, isAsExpected, type Rules, rulesOf } from '../answers.ts';
import {
  caseFiles,
  DAY_ZERO,
  factsOf,
  realCriteria,
  realProtocol,
  subjectOf,
  type Vignette,
} from '../vignette.ts';
import type { Mutant } from './change.ts';

const ROOT = new URL('../../../', import.meta.url);

/** A definition file of the repository. */
export function readDefinition(path: string): Readonly<Record<string, unknown>> {
  return JSON.parse(readFileSync(new URL(path, ROOT), 'utf8'));
}

/** A change that no case can notice, and why. */
interface Equivalent {
  readonly file: string;
  readonly at: string;
  readonly change: string;
  readonly because: string;
}

const nameOf = ({ at, change }: Pick<Mutant, 'at' | 'change'>): string => `${at}: ${change}`;

/** The changes of a file that are known to change nothing. */
export function equivalentsOf(file: string): readonly string[] {
  const all = readDefinition('test/cases/mutation/equivalents.json') as unknown as readonly Equivalent[];
  return all.filter((one) => one.file === file && one.because !== '').map(nameOf);
}

/** A case made ready to be judged again and again. */
interface Ready {
  readonly v: Vignette;
  readonly subject: Subject;
  readonly facts: readonly Fact[];
  readonly today: string;
  /** The sets that give what the case asks for. */
  readonly sets: ReadonlySet<string>;
  /** The case with undefined sets in place of those that it asks nothing of: they are judged in no time. */
  readonly lean: Vignette;
}

const REAL: Rules = { protocol: realProtocol(), criteria: realCriteria() };

const UNDEFINED = 'pang-2017';

const ofLineage = (question: string): boolean => /\b(erythroid|neutrophil|platelet)\b/.test(question);

function ready(v: Vignette): Ready {
  const bare = { v, subject: subjectOf(v), facts: factsOf(v), today: addDays(DAY_ZERO, v.today) };
  const { assessments } = judgeSubject({ ...bare, ...rulesOf(REAL, v) });
  const questions = Object.keys(v.expect);
  const asked = assessments.filter(({ scope }) =>
    questions.some((question) => ofLineage(question) === (scope !== 'overall')),
  );
  const sets = new Set(asked.map(({ criteria }) => criteria.id));
  if (!questions.some(ofLineage)) return { ...bare, sets, lean: { ...v, lineageSet: UNDEFINED } };
  return { ...bare, sets, lean: questions.every(ofLineage) ? { ...v, set: UNDEFINED } : v };
}

// The newest cases last: most were written for one clause, so they are asked first.
const ALL = caseFiles()
  .flatMap(({ cases }) => cases)
  .map(ready)
  .reverse();

function holds({ v, lean, subject, facts, today }: Ready, rules: Rules): boolean {
  const judgement = judgeSubject({ subject, facts, today, ...rulesOf(rules, lean) });
  return Object.entries(v.expect).every(([question, wanted]) =>
    isAsExpected(question, answerTo(question, judgement), wanted),
  );
}

/**
 * The changes after which every case still holds: what they change, no case says. `sets`: only cases that ask for what
 * one of these gives; undefined: all. `rules` gives null for a change that makes no file.
 */
export function survivorsOf(
  mutants: readonly Mutant[],
  rules: (mutant: Mutant) => Rules | null,
  isAsked: (sets: ReadonlySet<string>, v: Vignette) => boolean = () => true,
): readonly string[] {
  const cases = ALL.filter(({ sets, v }) => isAsked(sets, v));
  return mutants
    .filter((mutant) => {
      const own = rules(mutant);
      if (own === null) return false;
      const found = cases.findIndex((one) => !holds(one, own));
      // Who noticed one change is likely to notice its neighbour.
      if (found > 0) cases.unshift(...cases.splice(found, 1));
      return found < 0;
    })
    .map(nameOf);
}
