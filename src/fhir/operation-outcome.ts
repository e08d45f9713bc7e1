import type { Failure } from '../errors.ts';
import { buildCodeSystemUrl } from './canonical-urls.ts';

/** The outcome of a resource. Every resource has exactly one. */
export type Disposition = 'mapped' | 'held' | 'ignored' | 'dropped' | 'unchanged' | 'invalid' | 'withdrawn';

/** One issue of a payload: the element, what is wrong, how to fix it. Never contains values of a patient. */
export interface OutcomeIssue {
  readonly severity: 'error' | 'warning' | 'information';
  /** FHIR IssueType code. */
  readonly code: string;
  /** A code of the code system intake-outcome: `mapped`, `fhir-invalid`, a work item reason. */
  readonly detail: string;
  /** FHIRPath of the element; absent for an issue of the whole payload. */
  readonly expression?: string;
  /** What is wrong and how to fix it. */
  readonly diagnostics: string;
}

export interface OperationOutcome {
  readonly resourceType: 'OperationOutcome';
  readonly issue: readonly unknown[];
}

/** Builds an OperationOutcome. Without issues it has one with the code `done` (R4 OperationOutcome.issue 1..*). */
export function buildOperationOutcome(issues: readonly OutcomeIssue[]): OperationOutcome {
  const listed = issues.length > 0 ? issues : [DONE_ISSUE];
  return {
    resourceType: 'OperationOutcome',
    issue: listed.map((issue) => ({
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

/** Converts a Failure to the error issue that the caller is shown. */
export function toOutcomeIssue(failure: Failure): OutcomeIssue {
  return {
    severity: 'error',
    code: failure.meaning.issue,
    detail: failure.code.replace('/', '-'),
    ...(failure.at ? { expression: failure.at } : {}),
    diagnostics: `${failure.message}${failure.fix ? ` Fix: ${failure.fix}` : ''}`,
  };
}
