import type { OutcomeIssue } from '../operation-outcome.ts';

/** The most issues that an answer lists. More help nobody: the first ones are usually the cause of the rest. */
export const MAX_ISSUES = 20;

/** Creates the issue of an invalid element. `diagnostics` states what is expected and never shows what was sent. */
export function createInvalidIssue(code: string, expression: string, diagnostics: string): OutcomeIssue {
  return { severity: 'error', code, detail: 'fhir-invalid', expression, diagnostics };
}

/** Selects the issues that an answer lists: the first of each element, up to the limit. */
export function selectReportedIssues(issues: readonly OutcomeIssue[]): readonly OutcomeIssue[] {
  const elements = new Set<string>();
  const firstIssues = issues.filter(({ expression = '' }) => {
    const isFirst = !elements.has(expression);
    elements.add(expression);
    return isFirst;
  });
  return firstIssues.slice(0, MAX_ISSUES);
}
