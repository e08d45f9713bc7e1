import type { InteractionResult } from './interaction.ts';
import type { Disposition, OutcomeIssue } from './operation-outcome.ts';

/** The outcome of a delivery, in resources by disposition. `resources` is the sum of all other counts except `facts`. */
export interface IngestSummary {
  readonly resources: number;
  readonly mapped: number;
  readonly facts: number;
  readonly held: number;
  /** Resources without data for the trial; withdrawn ones (deleted, entered in error) too, with the reason `withdrawn`. */
  readonly ignored: number;
  readonly dropped: number;
  readonly unchanged: number;
  readonly invalid: number;
  /** The number of resources by the reason for which they were not mapped: work item reasons and other outcome codes. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** The summary of no resources. */
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

/** Lists the reasons of a disposition: the outcome codes of its issues, or the disposition itself without such codes. */
function listReasons(disposition: Disposition, issues: readonly OutcomeIssue[]): string[] {
  if (disposition === 'mapped' || disposition === 'unchanged') return [];
  if (disposition === 'withdrawn') return ['withdrawn'];
  const details = new Set<string>(issues.map((issue) => issue.detail));
  details.delete(disposition);
  return details.size > 0 ? [...details] : [disposition];
}

/** Returns the summary with one more resource. */
function addResource(
  summary: IngestSummary,
  disposition: Disposition,
  facts: number,
  issues: readonly OutcomeIssue[],
) {
  const column = selectSummaryColumn(disposition);
  const reasons = new Map(Object.entries(summary.reasons));
  for (const reason of listReasons(disposition, issues)) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  return {
    ...summary,
    resources: summary.resources + 1,
    facts: summary.facts + facts,
    [column]: summary[column] + 1,
    reasons: Object.fromEntries([...reasons].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** Returns the summary with the results of more interactions. */
export function addResults(summary: IngestSummary, results: readonly InteractionResult[]): IngestSummary {
  return results.reduce(
    (total, { disposition, facts, issues }) => addResource(total, disposition, facts, issues),
    summary,
  );
}

/** Returns the summary with one more resource, which could not be read and counts as invalid. */
export function addUnreadableResource(summary: IngestSummary, issue: OutcomeIssue): IngestSummary {
  return addResource(summary, 'invalid', 0, [issue]);
}

/** Returns the sum of two summaries. */
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
