import type { InteractionResult } from '../interaction.ts';
import type { OutcomeIssue } from '../operation-outcome.ts';
import { locateResourceIssue } from './plan-bundle.ts';

const UNEXPLAINED_ISSUE: OutcomeIssue = {
  severity: 'error',
  code: 'processing',
  detail: 'fhir-invalid',
  diagnostics: 'The entry was refused.',
};

/** Finds the first refused entry of a transaction: its status, and its errors located in the Bundle; null without one. */
export function findFailedEntry(
  planned: readonly { index: number }[],
  results: readonly InteractionResult[],
): { status: number; issue: OutcomeIssue; issues: readonly OutcomeIssue[] } | null {
  const position = results.findIndex(({ status }) => status >= 400);
  const result = results[position];
  if (!result) return null;
  const index = planned[position]?.index ?? 0;
  const errors = result.issues.filter(({ severity }) => severity === 'error');
  const issues = (errors.length > 0 ? errors : [UNEXPLAINED_ISSUE]).map((issue) =>
    locateResourceIssue(index, issue),
  );
  return { status: result.status, issue: issues[0] ?? UNEXPLAINED_ISSUE, issues };
}
