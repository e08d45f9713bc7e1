import type { SetMembership, StatedEvaluability } from '../../adjudication/evaluability.ts';
import type { Deviation } from '../../assessment.ts';
import type { Analyte, Subject } from '../../facts.ts';
import type { Protocol } from '../../protocol.ts';
import type { VisitFigure } from './visit-figures.ts';

/** Why a subject is not in a set of the analysis; several can hold at once. */
export const EXCLUSION_REASONS = [
  'not-treated',
  'withdrawn',
  'no-baseline-count',
  'too-few-assessed-visits',
  'person-decided',
  'decisions-contradict',
  'not-evaluable',
  'too-few-infusions',
  'dose-out-of-range',
  'missed-infusion',
  'displaced-infusion',
  'missing-weight',
] as const;

export type ExclusionReason = (typeof EXCLUSION_REASONS)[number];

/** Why a subject is not evaluable, and why not per protocol; empty where they are in the set. */
export interface SubjectExclusions {
  readonly evaluable: readonly ExclusionReason[];
  readonly perProtocol: readonly ExclusionReason[];
}

/** What the rules of the sets read of one subject. */
export interface ExclusionInput {
  readonly subject: Subject;
  readonly isTreated: boolean;
  readonly baselineCounts: ReadonlySet<Analyte>;
  readonly visits: readonly VisitFigure[];
  readonly infusions: number;
  readonly deviations: readonly Deviation[];
  /** What people have decided; it wins over the rules of the protocol. */
  readonly decision: StatedEvaluability;
}

/** Lists why a person's decision excludes a subject; people who contradict each other include nobody. */
function listDecidedExclusions({ holds }: SetMembership): readonly ExclusionReason[] {
  if (holds === 'true') return [];
  return [holds === 'false' ? 'person-decided' : 'decisions-contradict'];
}

/**
 * Finds why a subject is not evaluable; empty where they are. The one place where a person's decision comes in: it replaces
 * the rules, for a subject who was treated.
 */
function listEvaluableExclusions(input: ExclusionInput, protocol: Protocol): readonly ExclusionReason[] {
  const { subject, isTreated, baselineCounts, visits, decision } = input;
  const { evaluable } = protocol.analysis.populations;
  if (!isTreated) return ['not-treated'];
  if (decision.evaluable !== null) return listDecidedExclusions(decision.evaluable);
  const assessed = visits.filter(({ states: { overall } }) => ['CR', 'PR', 'NR'].includes(overall));
  const reasons: ExclusionReason[] = [];
  if (subject.status === 'withdrawn') reasons.push('withdrawn');
  if (evaluable.baselineCounts.some((analyte) => !baselineCounts.has(analyte)))
    reasons.push('no-baseline-count');
  if (assessed.length < evaluable.assessedVisits) reasons.push('too-few-assessed-visits');
  return reasons;
}

/**
 * Lists why a subject is left out of the evaluable and the per-protocol set, by the protocol's `analysis.populations`. The
 * per-protocol set is a part of the evaluable one. A person's decision on either replaces its rules. A visit without a class, or with NE, is not an assessed one; a class
 * that follows from the end of the observation is.
 */
export function listExclusions(input: ExclusionInput, protocol: Protocol): SubjectExclusions {
  const evaluable = listEvaluableExclusions(input, protocol);
  if (!input.isTreated) return { evaluable, perProtocol: ['not-treated'] };
  const { infusions, withoutDeviations } = protocol.analysis.populations.perProtocol;
  const deviations = input.deviations.map(({ kind }) => kind);
  const byRule = [
    ...(input.infusions < infusions ? (['too-few-infusions'] as const) : []),
    ...withoutDeviations.filter((kind) => deviations.includes(kind)),
  ];
  const { perProtocol } = input.decision;
  return {
    evaluable,
    perProtocol: [
      ...(evaluable.length > 0 ? (['not-evaluable'] as const) : []),
      ...(perProtocol === null ? byRule : listDecidedExclusions(perProtocol)),
    ],
  };
}
