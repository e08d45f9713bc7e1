import type { Interaction, InteractionResult } from '../../fhir/interaction.ts';
import { createNotice } from '../../fhir/operation-outcome.ts';
import { compareVersions } from '../../intake/compare-versions.ts';
import { toVersionStamp } from '../../intake/resource-identity.ts';
import type { ResourceKey, ResourceVersion } from '../../store/inbox-store.ts';
import type { IntakeTransaction } from '../site-transaction.ts';
import { retireCurrentVersion } from './apply-version.ts';
import { checkIfMatch } from './conditional-requests.ts';
import { hasOnlyWithdrawnSubjects, withholdDeletion } from './consent-withdrawal.ts';
import {
  buildRefusedResult,
  buildStoredResult,
  buildSubjectWithdrawnResult,
  buildUnchangedResult,
} from './interaction-results.ts';
import { applyPatientChange } from './patient-change.ts';
import { type IntakeResult, toIntakeResult } from './receive-patient-resource.ts';
import { relinkPatients } from './relink-patients.ts';
import { discardSealedPayloads } from './sealing.ts';
import { removeContests } from './store-contests.ts';

/** Deletes a resource: its facts are retracted, its versions stay as history, and its subjects are assessed again. */
export async function deleteResource(tx: IntakeTransaction, interaction: Interaction): Promise<IntakeResult> {
  const { resourceType } = interaction;
  const key: ResourceKey = { site: tx.site, resourceType, id: interaction.id ?? '' };
  const current = await tx.inbox.getCurrent(key);
  const refusal = checkIfMatch(interaction, current);
  if (refusal) return toIntakeResult(refusal);
  if (!current || (current.body === null && current.retention !== 'withheld')) {
    return discardSealedResource(tx, key);
  }
  if (isOlderDeletion(current, interaction)) return toIntakeResult(buildOlderDeletionResult(current));
  if (await hasOnlyWithdrawnSubjects(tx, key)) {
    await withholdDeletion(tx, current);
    return toIntakeResult(buildSubjectWithdrawnResult(resourceType, resourceType));
  }
  return applyPatientChange(tx, key, async () => toIntakeResult(await applyDeletion(tx, current)));
}

/** Whether a history states the deletion, and the current version is newer. */
function isOlderDeletion(current: ResourceVersion, { deletion }: Interaction): boolean {
  if (!deletion) return false;
  const { version: senderVersion, updated: senderUpdated } = deletion;
  const stamp = { senderVersion, senderUpdated, digest: null, isDeletion: true };
  return compareVersions(toVersionStamp(current), stamp) === 'older';
}

function buildOlderDeletionResult(current: ResourceVersion): InteractionResult {
  const diagnostics = 'Unchanged: a newer version is in the store; the deletion before it has no effect.';
  return buildUnchangedResult(current, createNotice('older-version', current.resourceType, diagnostics));
}

/** Destroys what is sealed of a resource. A Patient then contests no identifier any more. */
async function discardSealedResource(tx: IntakeTransaction, key: ResourceKey): Promise<IntakeResult> {
  const discarded = await discardSealedPayloads(tx, key);
  const result = buildNothingToDeleteResult(key.resourceType, discarded > 0);
  if (key.resourceType !== 'Patient' || discarded === 0) return toIntakeResult(result);
  return { result, unsealed: await relinkPatients(tx, await removeContests(tx, `Patient/${key.id}`)) };
}

async function applyDeletion(tx: IntakeTransaction, current: ResourceVersion): Promise<InteractionResult> {
  const receivedAt = tx.now.toISOString();
  const row = {
    ...current,
    receivedAt,
    door: tx.door,
    retention: 'kept',
    disposition: 'withdrawn',
  } as const;
  const version = await retireCurrentVersion(tx, row, []);
  // Older versions about a patient who is not enrolled: they would come back when the patient is enrolled.
  await discardSealedPayloads(tx, current);
  const diagnostics = 'Withdrawn: its facts are retracted; its versions stay as history.';
  const issues = [createNotice('withdrawn', current.resourceType, diagnostics)];
  return buildStoredResult({ ...row, version }, 200, { disposition: 'withdrawn', facts: 0, issues });
}

/** Builds the result where nothing is stored under the id, which is not an error (FHIR R4 http, delete). */
function buildNothingToDeleteResult(resourceType: string, hasDiscarded: boolean): InteractionResult {
  const diagnostics = hasDiscarded
    ? 'Withdrawn: the sealed payload is destroyed.'
    : 'Unchanged: there is no such resource.';
  return {
    ...buildRefusedResult(200, resourceType, createNotice('unchanged', resourceType, diagnostics)),
    disposition: hasDiscarded ? 'withdrawn' : 'unchanged',
  };
}
