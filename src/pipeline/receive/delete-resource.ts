import type { Interaction, InteractionResult } from '../../fhir/interaction.ts';
import type { OutcomeIssue } from '../../fhir/operation-outcome.ts';
import type { ResourceKey, ResourceVersion, StoreTransaction } from '../../store/store.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import { retireCurrentVersion } from './apply-version.ts';
import { checkIfMatch } from './conditional-requests.ts';
import { hasOnlyWithdrawnSubjects, withholdDeletion } from './consent-withdrawal.ts';
import { buildRefusedResult, buildStoredResult, buildSubjectWithdrawnResult } from './interaction-results.ts';
import { applyPatientChange } from './patient-change.ts';
import { type IntakeResult, toIntakeResult } from './receive-patient-resource.ts';
import { discardSealedPayloads } from './sealing.ts';

/** A deletion: the facts go, every earlier version stays as history, and the subject is judged again. */
export async function deleteResource(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  site: string,
  interaction: Interaction,
  door: string,
): Promise<IntakeResult> {
  const key: ResourceKey = { site, resourceType: interaction.resourceType, id: interaction.id ?? '' };
  const inForce = await tx.inbox.getCurrent(key);
  const refusal = checkIfMatch(interaction, inForce);
  if (refusal) return toIntakeResult(refusal);
  if (!inForce || (inForce.body === null && inForce.retention !== 'withheld')) {
    const discarded = await discardSealedPayloads(tx, parts, key);
    return toIntakeResult(buildNothingToDeleteResult(key, discarded > 0));
  }
  const at = { receivedAt: parts.now().toISOString(), door };
  if (await hasOnlyWithdrawnSubjects(tx, parts, key)) {
    await withholdDeletion(tx, inForce, at);
    return toIntakeResult(buildSubjectWithdrawnResult(key, key.resourceType));
  }
  return applyPatientChange(tx, parts, key, async () =>
    toIntakeResult(await applyDeletion(tx, parts, { ...inForce, ...at })),
  );
}

async function applyDeletion(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  inForce: ResourceVersion,
): Promise<InteractionResult> {
  const { receivedAt } = inForce;
  const deletion = { ...inForce, retention: 'kept', disposition: 'withdrawn' } as const;
  const version = await retireCurrentVersion(tx, parts, deletion, []);
  const diagnostics = 'Withdrawn: what it stated is taken back; its versions stay as history.';
  const issue: OutcomeIssue = {
    severity: 'information',
    code: 'informational',
    detail: 'withdrawn',
    expression: inForce.resourceType,
    diagnostics,
  };
  return buildStoredResult(
    inForce,
    { status: 200, version, receivedAt },
    { disposition: 'withdrawn', facts: 0, issues: [issue] },
  );
}

/** FHIR: deleting what is not there is no error. */
function buildNothingToDeleteResult(key: ResourceKey, sealed: boolean): InteractionResult {
  const diagnostics = sealed
    ? 'Withdrawn: the sealed payload is destroyed.'
    : 'Unchanged: there is no such resource.';
  const issue: OutcomeIssue = {
    severity: 'information',
    code: 'informational',
    detail: 'unchanged',
    expression: key.resourceType,
    diagnostics,
  };
  return {
    ...buildRefusedResult(200, key.resourceType, issue),
    disposition: sealed ? 'withdrawn' : 'unchanged',
  };
}
