import { toPercent } from '../../statistics/percent.ts';
import type { LateEvent, SubjectAssessment, Verdict } from '../assessment.ts';

/**
 * The share of the evaluated subjects with the event; for `open` of them it cannot be determined. Percent with one
 * decimal place.
 */
export interface LateEventShare {
  readonly count: number;
  readonly of: number;
  readonly percent: number;
  readonly open: number;
  /** The rule, the sets that state it, and the denominator. */
  readonly definition: string;
}

/** Late events of the subjects; each is absent where no set that was used states a rule for it. */
export interface LateEventFigures {
  readonly relapse?: LateEventShare;
  readonly clonalEvolution?: LateEventShare;
  readonly highRiskClonalEvolution?: LateEventShare;
}

/** The verdict on one event in one subject, and the rule. */
interface LateEventFinding {
  readonly rule: string;
  readonly verdict: Verdict;
}

/** Late events of one subject; absent where they were not evaluated. */
export type LateEventVerdicts = Readonly<Partial<Record<keyof LateEventFigures, LateEventFinding>>>;

function buildFinding({ criteria, paragraph }: LateEvent, verdict: Verdict): LateEventFinding {
  return { rule: `${criteria.id} ${criteria.version}: ${paragraph}`, verdict };
}

/** Derives the verdicts of one assessment. */
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

function buildLateEventShare(findings: readonly LateEventFinding[], denominator: string): LateEventShare {
  const count = (verdict: Verdict): number =>
    findings.filter((finding) => finding.verdict === verdict).length;
  const rules = [...new Set(findings.map(({ rule }) => rule))].sort();
  return {
    count: count('true'),
    of: findings.length,
    percent: toPercent(count('true'), findings.length),
    open: count('unknown'),
    definition: `${rules.join('; ')}; of ${denominator}`,
  };
}

/**
 * Counts relapse of the confirmed responders, and clonal evolution of all infused, among those whose set states a
 * rule. Subjects in whom it cannot be determined are counted separately and stay in the denominator.
 */
export function countLateEvents(subjects: readonly LateEventVerdicts[]): LateEventFigures {
  const shares = (Object.keys(DENOMINATOR_NAMES) as (keyof LateEventFigures)[]).flatMap((event) => {
    const findings = subjects.flatMap((verdicts) => verdicts[event] ?? []);
    return findings.length === 0 ? [] : [[event, buildLateEventShare(findings, DENOMINATOR_NAMES[event])]];
  });
  return Object.fromEntries(shares);
}
