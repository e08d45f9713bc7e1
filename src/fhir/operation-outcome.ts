import type { Failure } from '../errors.ts';
import { buildCodeSystemUrl } from './canonical-urls.ts';
import { type OutcomeCode, toFailureOutcome } from './intake-outcomes.ts';

/** The outcome of a resource. Every resource has exactly one. */
export type Disposition = 'mapped' | 'held' | 'ignored' | 'dropped' | 'unchanged' | 'invalid' | 'withdrawn';

/** One issue of a payload: the element, the problem and the fix. Never contains values of a patient. */
export interface OutcomeIssue {
  readonly severity: 'error' | 'warning' | 'information';
  /** FHIR IssueType code. */
  readonly code: string;
  /** A code of the code system intake-outcome: `mapped`, `fhir-invalid`, a work item reason. */
  readonly detail: OutcomeCode;
  /** FHIRPath of the element; absent for an issue of the whole payload. */
  readonly expression?: string;
  /** The problem and its fix. */
  readonly diagnostics: string;
  /** The id of the work item that the resource waits for; absent or null where it waits for none. */
  readonly workItem?: string | null;
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
      diagnostics: formatDiagnostics(issue),
      ...(issue.expression ? { expression: [issue.expression] } : {}),
    })),
  };
}

/** Creates an issue that only informs the sender; `element` is a FHIRPath. */
export function createNotice(detail: OutcomeCode, element: string, diagnostics: string): OutcomeIssue {
  return { severity: 'information', code: 'informational', detail, expression: element, diagnostics };
}

/** Formats the text of an issue for the sender, with the work item that the resource waits for. */
export function formatDiagnostics({ diagnostics, workItem }: OutcomeIssue): string {
  return workItem ? `Held as work item ${workItem}: ${diagnostics}` : diagnostics;
}

const DONE_ISSUE: OutcomeIssue = {
  severity: 'information',
  code: 'informational',
  detail: 'done',
  diagnostics: 'Done.',
};

/** Converts a Failure to the error issue for the caller. */
export function toOutcomeIssue(failure: Failure): OutcomeIssue {
  return {
    severity: 'error',
    code: failure.meaning.issue,
    detail: toFailureOutcome(failure.code),
    ...(failure.at ? { expression: failure.at } : {}),
    diagnostics: `${failure.message}${failure.fix ? ` Fix: ${failure.fix}` : ''}`,
  };
}
