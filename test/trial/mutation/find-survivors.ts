import { readFileSync } from 'node:fs';
import { assessSubject } from '../../../src/trial/assess-subject.ts';
import { addDays } from '../../../src/trial/calendar-days.ts';
import type { Fact, Subject } from '../../../src/trial/facts.ts';
import {
  buildVignetteFacts,
  buildVignetteSubject,
  DAY_ZERO,
  readBundledCriteria,
  readBundledProtocol,
  readVignetteFiles,
  type Vignette,
} from '../vignette.ts';
import {
  answerQuestion,
  isAsExpected,
  selectVignetteRules,
  type VignetteRules,
} from '../vignette-answers.ts';
import type { Mutant } from './mutants.ts';

const ROOT = new URL('../../../', import.meta.url);

/** Reads a definition file of the repository. */
export function readDefinitionFile(path: string): Readonly<Record<string, unknown>> {
  return JSON.parse(readFileSync(new URL(path, ROOT), 'utf8'));
}

/** A change that no case can detect, and why. */
interface EquivalentMutant {
  readonly file: string;
  readonly at: string;
  readonly change: string;
  readonly because: string;
}

const formatMutant = ({ at, change }: Pick<Mutant, 'at' | 'change'>): string => `${at}: ${change}`;

/** Lists the changes of a file that are known to have no effect. */
export function listEquivalents(file: string): readonly string[] {
  const all = readDefinitionFile(
    'test/cases/mutation/equivalents.json',
  ) as unknown as readonly EquivalentMutant[];
  return all.filter((one) => one.file === file && one.because !== '').map(formatMutant);
}

/** A case prepared for repeated assessment. */
interface PreparedCase {
  readonly vignette: Vignette;
  readonly subject: Subject;
  readonly facts: readonly Fact[];
  readonly today: string;
  /** The sets that answer the questions of the case. */
  readonly sets: ReadonlySet<string>;
  /** The case with undefined sets in place of those that it has no question for: they take no time to assess. */
  readonly reduced: Vignette;
}

const BUNDLED_RULES: VignetteRules = { protocol: readBundledProtocol(), criteria: readBundledCriteria() };

const UNDEFINED_SET = 'pang-2017';

const isLineageQuestion = (question: string): boolean => /\b(erythroid|neutrophil|platelet)\b/.test(question);

function prepareCase(v: Vignette): PreparedCase {
  const bare = {
    vignette: v,
    subject: buildVignetteSubject(v),
    facts: buildVignetteFacts(v),
    today: addDays(DAY_ZERO, v.today),
  };
  const { assessments } = assessSubject({ ...bare, ...selectVignetteRules(BUNDLED_RULES, v) });
  const questions = Object.keys(v.expect);
  const asked = assessments.filter(({ scope }) =>
    questions.some((question) => isLineageQuestion(question) === (scope !== 'overall')),
  );
  const sets = new Set(asked.map(({ criteria }) => criteria.id));
  if (!questions.some(isLineageQuestion))
    return { ...bare, sets, reduced: { ...v, lineageSet: UNDEFINED_SET } };
  return { ...bare, sets, reduced: questions.every(isLineageQuestion) ? { ...v, set: UNDEFINED_SET } : v };
}

// The newest cases first: most were written for one clause.
const PREPARED_CASES = readVignetteFiles()
  .flatMap(({ cases }) => cases)
  .map(prepareCase)
  .reverse();

function isCaseMet(
  { vignette: v, reduced: lean, subject, facts, today }: PreparedCase,
  rules: VignetteRules,
): boolean {
  const judgement = assessSubject({ subject, facts, today, ...selectVignetteRules(rules, lean) });
  return Object.entries(v.expect).every(([question, wanted]) =>
    isAsExpected(question, answerQuestion(question, judgement), wanted),
  );
}

/**
 * Finds the changes after which every case still passes: no case covers what they change. `isAsked` selects the cases
 * by the sets that answer their questions. `rules` returns null for a change that makes the file invalid.
 */
export function findSurvivors(
  mutants: readonly Mutant[],
  rules: (mutant: Mutant) => VignetteRules | null,
  isAsked: (sets: ReadonlySet<string>, v: Vignette) => boolean = () => true,
): readonly string[] {
  const cases = PREPARED_CASES.filter(({ sets, vignette: v }) => isAsked(sets, v));
  return mutants
    .filter((mutant) => {
      const own = rules(mutant);
      if (own === null) return false;
      const found = cases.findIndex((one) => !isCaseMet(one, own));
      // A case that detects one change is likely to detect its neighbour.
      if (found > 0) cases.unshift(...cases.splice(found, 1));
      return found < 0;
    })
    .map(formatMutant);
}
