import type { Judgement, LaterEvent, Verdict } from '../assessment.ts';
import { percentOf } from './rounding.ts';

/** How many of those who were asked; `open` of them cannot be told. Percent with one decimal place. */
export interface EventShare {
  readonly count: number;
  readonly of: number;
  readonly percent: number;
  readonly open: number;
  /** The rule, the sets that state it, and who is in the denominator. */
  readonly definition: string;
}

/** What befell the subjects later; each is absent where no set that judged a subject states a rule for it. */
export interface LaterEvents {
  readonly relapse?: EventShare;
  readonly clonalEvolution?: EventShare;
  readonly highRiskClonalEvolution?: EventShare;
}

/** What was found of one event in one subject, and by which rule. */
interface Found {
  readonly rule: string;
  readonly verdict: Verdict;
}

/** What befell one subject later; absent where it was not asked. */
export type LaterVerdicts = Readonly<Partial<Record<keyof LaterEvents, Found>>>;

function foundIn({ criteria, paragraph }: LaterEvent, verdict: Verdict): Found {
  return { rule: `${criteria.id} ${criteria.version}: ${paragraph}`, verdict };
}

/** The verdicts of one judgement. */
export function laterVerdicts({ relapse, clonalEvolution }: Judgement): LaterVerdicts {
  return {
    ...(relapse ? { relapse: foundIn(relapse, relapse.verdict) } : {}),
    ...(clonalEvolution
      ? {
          clonalEvolution: foundIn(clonalEvolution, clonalEvolution.verdict),
          highRiskClonalEvolution: foundIn(clonalEvolution, clonalEvolution.highRisk),
        }
      : {}),
  };
}

const WHO = {
  relapse: 'confirmed responders',
  clonalEvolution: 'all infused',
  highRiskClonalEvolution: 'all infused',
} as const satisfies Record<keyof LaterEvents, string>;

function shareOf(found: readonly Found[], who: string): EventShare {
  const count = (verdict: Verdict): number => found.filter((one) => one.verdict === verdict).length;
  const rules = [...new Set(found.map(({ rule }) => rule))].sort();
  return {
    count: count('true'),
    of: found.length,
    percent: percentOf(count('true'), found.length),
    open: count('unknown'),
    definition: `${rules.join('; ')}; of ${who}`,
  };
}

/**
 * Relapse of the confirmed responders, and clonal evolution of all infused, among those whose set states a rule. What
 * cannot be told is counted apart and stays in the denominator.
 */
export function laterEventsOf(subjects: readonly LaterVerdicts[]): LaterEvents {
  const shares = (Object.keys(WHO) as (keyof LaterEvents)[]).flatMap((event) => {
    const found = subjects.flatMap((one) => one[event] ?? []);
    return found.length === 0 ? [] : [[event, shareOf(found, WHO[event])]];
  });
  return Object.fromEntries(shares);
}
