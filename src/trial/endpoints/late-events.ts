import { toPercent } from '../../statistics/percent.ts';
import type { LateEvent, SubjectAssessment, Verdict } from '../assessment.ts';

/** How many of those who were asked; `open` of them cannot be told. Percent with one decimal place. */
export interface LateEventShare {
  readonly count: number;
  readonly of: number;
  readonly percent: number;
  readonly open: number;
  /** The rule, the sets that state it, and who is in the denominator. */
  readonly definition: string;
}

/** What befell the subjects later; each is absent where no set that judged a subject states a rule for it. */
export interface LateEventFigures {
  readonly relapse?: LateEventShare;
  readonly clonalEvolution?: LateEventShare;
  readonly highRiskClonalEvolution?: LateEventShare;
}

/** What was found of one event in one subject, and by which rule. */
interface LateEventFinding {
  readonly rule: string;
  readonly verdict: Verdict;
}

/** What befell one subject later; absent where it was not asked. */
export type LateEventVerdicts = Readonly<Partial<Record<keyof LateEventFigures, LateEventFinding>>>;

function buildFinding({ criteria, paragraph }: LateEvent, verdict: Verdict): LateEventFinding {
  return { rule: `${criteria.id} ${criteria.version}: ${paragraph}`, verdict };
}

/** The verdicts of one judgement. */
export function deriveLateEventVerdicts({ relapse, clonalEvolution }: SubjectAssessment): LateEventVerdicts {
  return {
    ...(relapse ? { relapse: buildFinding(relapse, relapse.verdict) } : {}),
    ...(clonalEvolution
      ? {
          clonalEvolution: buildFinding(clonalEvolution, clonalEvolution.verdict),
          highRiskClonalEvolution: buildFinding(clonalEvolution, clonalEvolution.highRisk),
        }
      : {}),
  };
}

const DENOMINATOR_NAMES = {
  relapse: 'confirmed responders',
  clonalEvolution: 'all infused',
  highRiskClonalEvolution: 'all infused',
} as const satisfies Record<keyof LateEventFigures, string>;

function buildLateEventShare(found: readonly LateEventFinding[], who: string): LateEventShare {
  const count = (verdict: Verdict): number => found.filter((one) => one.verdict === verdict).length;
  const rules = [...new Set(found.map(({ rule }) => rule))].sort();
  return {
    count: count('true'),
    of: found.length,
    percent: toPercent(count('true'), found.length),
    open: count('unknown'),
    definition: `${rules.join('; ')}; of ${who}`,
  };
}

/**
 * Relapse of the confirmed responders, and clonal evolution of all infused, among those whose set states a rule. What
 * cannot be told is counted apart and stays in the denominator.
 */
export function countLateEvents(subjects: readonly LateEventVerdicts[]): LateEventFigures {
  const shares = (Object.keys(DENOMINATOR_NAMES) as (keyof LateEventFigures)[]).flatMap((event) => {
    const found = subjects.flatMap((one) => one[event] ?? []);
    return found.length === 0 ? [] : [[event, buildLateEventShare(found, DENOMINATOR_NAMES[event])]];
  });
  return Object.fromEntries(shares);
}
