import type { InteractionResult } from '../../fhir/interaction.ts';
import { createNotice, type Disposition, type OutcomeIssue } from '../../fhir/operation-outcome.ts';
import type { ResourceVersion } from '../../store/inbox-store.ts';

/** The outcome of a resource that is in the store. */
interface StoredOutcome {
  readonly disposition: Disposition;
  readonly facts: number;
  readonly issues: readonly OutcomeIssue[];
}

/** Builds the result for a resource that is in the store; `status` is the HTTP status. */
export function buildStoredResult(
  { resourceType, id, version, receivedAt }: ResourceVersion,
  status: number,
  { disposition, facts, issues }: StoredOutcome,
): InteractionResult {
  return {
    status,
    resourceType,
    id,
    version: String(version),
    lastModified: receivedAt,
    disposition,
    facts,
    issues,
  };
}

/** Builds the result for a version that changes nothing; `current` is the stored version. */
export function buildUnchangedResult(current: ResourceVersion, issue: OutcomeIssue): InteractionResult {
  return buildStoredResult(current, 200, { disposition: 'unchanged', facts: 0, issues: [issue] });
}

/** Builds the result for a payload that was not stored. */
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

/** Builds the result for a resource that is not valid FHIR: 400 where its structure is broken, else 422. */
export function buildInvalidResult(resourceType: string, issues: readonly OutcomeIssue[]): InteractionResult {
  const status = issues.some((issue) => issue.code === 'structure') ? 400 : 422;
  const [first] = issues;
  if (!first) throw new Error('An invalid resource has no issue.');
  return { ...buildRefusedResult(status, resourceType, first), issues };
}

/** Builds the result for a resource of which nothing is kept. */
export const buildIgnoredResult = (resourceType: string, issue: OutcomeIssue): InteractionResult => ({
  ...buildRefusedResult(200, resourceType, issue),
  disposition: 'ignored',
});

/** Builds the result for a resource type that no study here reads; nothing of the resource is kept. */
export function buildTypeNotNeededResult(resourceType: string): InteractionResult {
  const diagnostics = `Ignored, nothing was kept: no study here needs ${resourceType}.`;
  return buildIgnoredResult(resourceType, createNotice('type-not-needed', resourceType, diagnostics));
}

/** Puts the notice in the place of the one of the same kind (null: leaves the result as it is). */
export function withNotice(result: InteractionResult, notice: OutcomeIssue | null): InteractionResult {
  if (notice === null) return result;
  return { ...result, issues: [notice, ...result.issues.filter(({ detail }) => detail !== notice.detail)] };
}

/**
 * Builds the result for data about a subject who has withdrawn consent: no content is kept and nothing is deleted. For a
 * resource in the store, the arrival of a version is recorded.
 */
export function buildSubjectWithdrawnResult(resourceType: string, element: string): InteractionResult {
  return {
    ...buildRefusedResult(200, resourceType, {
      severity: 'information',
      code: 'business-rule',
      detail: 'dropped',
      expression: element,
      diagnostics: 'Dropped, no content was kept: the subject has withdrawn from the study.',
    }),
    disposition: 'dropped',
  };
}

/** Removes the work items from a result: in a refused transaction they are rolled back with everything else. */
export function withoutWorkItems(result: InteractionResult): InteractionResult {
  return { ...result, issues: result.issues.map((issue) => ({ ...issue, workItem: null })) };
}
