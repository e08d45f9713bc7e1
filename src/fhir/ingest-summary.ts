import type { InteractionResult } from './interaction.ts';
import type { Disposition, OutcomeIssue } from './operation-outcome.ts';

/** What became of a delivery of many resources. `resources` is the sum of all other counts but `facts`. */
export interface IngestSummary {
  readonly resources: number;
  readonly mapped: number;
  readonly facts: number;
  readonly held: number;
  /** Nothing for the trial in it; withdrawals (deletions, entered-in-error) count here, with the reason `withdrawn`. */
  readonly ignored: number;
  readonly dropped: number;
  readonly unchanged: number;
  readonly invalid: number;
  /** Why resources were not mapped, by count: work item reasons and details of the other dispositions. */
  readonly reasons: Readonly<Record<string, number>>;
}

export const EMPTY_SUMMARY: IngestSummary = {
  resources: 0,
  mapped: 0,
  facts: 0,
  held: 0,
  ignored: 0,
  dropped: 0,
  unchanged: 0,
  invalid: 0,
  reasons: {},
};

type SummaryColumn = 'mapped' | 'held' | 'ignored' | 'dropped' | 'unchanged' | 'invalid';

function selectSummaryColumn(disposition: Disposition): SummaryColumn {
  return disposition === 'withdrawn' ? 'ignored' : disposition;
}

/** The details that say more than the disposition itself; the disposition where none does. */
function listReasons(disposition: Disposition, issues: readonly OutcomeIssue[]): string[] {
  if (disposition === 'mapped' || disposition === 'unchanged') return [];
  if (disposition === 'withdrawn') return ['withdrawn'];
  const details = new Set<string>(issues.map((issue) => issue.detail));
  details.delete(disposition);
  return details.size > 0 ? [...details] : [disposition];
}

/** The sum with one more resource. */
function addResource(
  sum: IngestSummary,
  disposition: Disposition,
  facts: number,
  issues: readonly OutcomeIssue[],
) {
  const column = selectSummaryColumn(disposition);
  const reasons = new Map(Object.entries(sum.reasons));
  for (const reason of listReasons(disposition, issues)) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  return {
    ...sum,
    resources: sum.resources + 1,
    facts: sum.facts + facts,
    [column]: sum[column] + 1,
    reasons: Object.fromEntries([...reasons].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** The sum with these answers. */
export function addResults(sum: IngestSummary, answers: readonly InteractionResult[]): IngestSummary {
  return answers.reduce((all, each) => addResource(all, each.disposition, each.facts, each.issues), sum);
}

/** The sum with one resource that could not be read at all. */
export function addUnreadableResource(sum: IngestSummary, issue: OutcomeIssue): IngestSummary {
  return addResource(sum, 'invalid', 0, [issue]);
}

/** Two sums as one. */
export function mergeSummaries(a: IngestSummary, b: IngestSummary): IngestSummary {
  const reasons = new Map(Object.entries(a.reasons));
  for (const [reason, count] of Object.entries(b.reasons)) {
    reasons.set(reason, (reasons.get(reason) ?? 0) + count);
  }
  return {
    resources: a.resources + b.resources,
    mapped: a.mapped + b.mapped,
    facts: a.facts + b.facts,
    held: a.held + b.held,
    ignored: a.ignored + b.ignored,
    dropped: a.dropped + b.dropped,
    unchanged: a.unchanged + b.unchanged,
    invalid: a.invalid + b.invalid,
    reasons: Object.fromEntries([...reasons].sort(([x], [y]) => (x < y ? -1 : 1))),
  };
}
