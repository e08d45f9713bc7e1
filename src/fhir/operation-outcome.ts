import type { Failure } from '../errors.ts';
import { buildCodeSystemUrl } from './canonical-urls.ts';

/** What became of a resource. Every resource ends as exactly one of these. */
export type Disposition = 'mapped' | 'held' | 'ignored' | 'dropped' | 'unchanged' | 'invalid' | 'withdrawn';

/** One finding about a payload: which element, what is the matter, what to do. Never carries values of a patient. */
export interface OutcomeIssue {
  readonly severity: 'error' | 'warning' | 'information';
  /** FHIR IssueType code. */
  readonly code: string;
  /** Such as `mapped`, `held`, or a work item reason. */
  readonly detail: string;
  /** FHIRPath of the element; omitted where the finding is about the whole payload. */
  readonly expression?: string;
  /** Names the fix. */
  readonly diagnostics: string;
}

export interface OperationOutcome {
  readonly resourceType: 'OperationOutcome';
  readonly issue: readonly unknown[];
}

/** An OperationOutcome always has at least one issue (R4 OperationOutcome.issue 1..*). */
export function buildOperationOutcome(issues: readonly OutcomeIssue[]): OperationOutcome {
  const all = issues.length > 0 ? issues : [DONE_ISSUE];
  return {
    resourceType: 'OperationOutcome',
    issue: all.map((issue) => ({
      severity: issue.severity,
      code: issue.code,
      details: { coding: [{ system: buildCodeSystemUrl('intake-outcome'), code: issue.detail }] },
      diagnostics: issue.diagnostics,
      ...(issue.expression ? { expression: [issue.expression] } : {}),
    })),
  };
}

const DONE_ISSUE: OutcomeIssue = {
  severity: 'information',
  code: 'informational',
  detail: 'done',
  diagnostics: 'Done.',
};

/** A Failure as the one error issue that a caller is shown. */
export function toOutcomeIssue(failure: Failure): OutcomeIssue {
  return {
    severity: 'error',
    code: failure.meaning.issue,
    detail: failure.code.replace('/', '-'),
    ...(failure.at ? { expression: failure.at } : {}),
    diagnostics: `${failure.message}${failure.fix ? ` Fix: ${failure.fix}` : ''}`,
  };
}
