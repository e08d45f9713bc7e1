import type { InteractionResult } from '../../fhir/interaction.ts';
import type { Disposition, OutcomeIssue } from '../../fhir/operation-outcome.ts';
import type { ResourceKey } from '../../store/store.ts';

/** An answer about a stored resource. */
export function buildStoredResult(
  key: ResourceKey,
  at: { readonly status: number; readonly version: number; readonly receivedAt: string },
  said: {
    readonly disposition: Disposition;
    readonly facts: number;
    readonly issues: readonly OutcomeIssue[];
  },
): InteractionResult {
  return {
    status: at.status,
    resourceType: key.resourceType,
    id: key.id,
    version: String(at.version),
    lastModified: at.receivedAt,
    ...said,
  };
}

/** An answer to something that was not stored. */
export function buildRefusedResult(
  status: number,
  resourceType: string,
  issue: OutcomeIssue,
): InteractionResult {
  return {
    status,
    resourceType,
    id: null,
    version: null,
    lastModified: null,
    disposition: 'invalid',
    facts: 0,
    issues: [issue],
  };
}

/** A resource that is not valid FHIR: 400 where its structure is broken, else 422. */
export function buildInvalidResult(resourceType: string, issues: readonly OutcomeIssue[]): InteractionResult {
  const status = issues.some((issue) => issue.code === 'structure') ? 400 : 422;
  const first = issues[0];
  if (!first) throw new Error('An invalid resource without a finding.');
  return { ...buildRefusedResult(status, resourceType, first), issues };
}

/** A type that no study here reads; nothing of it is kept. */
export function buildTypeNotNeededResult(resourceType: string): InteractionResult {
  const diagnostics = `Ignored, nothing was kept: no study here needs ${resourceType}.`;
  const issue: OutcomeIssue = {
    severity: 'information',
    code: 'informational',
    detail: 'type-not-needed',
    expression: resourceType,
    diagnostics,
  };
  return { ...buildRefusedResult(200, resourceType, issue), disposition: 'ignored' };
}

/** Consent was withdrawn: processing stops, nothing is deleted; of what we hold it is kept that a version came. */
export function buildSubjectWithdrawnResult(key: ResourceKey, element: string): InteractionResult {
  const diagnostics = 'Dropped, no content was kept: the subject has withdrawn from the study.';
  const issue: OutcomeIssue = {
    severity: 'information',
    code: 'business-rule',
    detail: 'dropped',
    expression: element,
    diagnostics,
  };
  return { ...buildRefusedResult(200, key.resourceType, issue), disposition: 'dropped' };
}

/** Removes the work items from the answer: in a refused transaction they are rolled back with everything else. */
export function withoutWorkItems(result: InteractionResult): InteractionResult {
  return { ...result, issues: result.issues.map((issue) => ({ ...issue, workItem: null })) };
}
