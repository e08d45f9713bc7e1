import type { OutcomeIssue } from '../operation-outcome.ts';

/** The most issues in an answer: the first ones usually cause the rest. */
export const MAX_ISSUES = 20;

/** Creates the issue of an invalid element. `diagnostics` states the expected value and never shows the one that was sent. */
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
