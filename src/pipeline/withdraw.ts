import type { Answer, Interaction } from '../fhir/interaction.ts';
import type { Issue } from '../fhir/outcome.ts';
import { WITHHELD } from '../intake/identity.ts';
import type { InboxVersion, ResourceKey, StoreTransaction } from '../store/store.ts';
import { answerOf, refused, subjectWithdrawn } from './answers.ts';
import { putOutOfForce } from './arrive.ts';
import { preconditionRefusal } from './conditional.ts';
import { withNamesSettled } from './merge.ts';
import type { PipelineParts } from './parts.ts';
import { alone, type Reception } from './patient-data.ts';
import { discardSealed } from './sealing.ts';
import { isFrozen, withholdDeletion } from './withheld.ts';

/** A deletion: the facts go, every earlier version stays as history, and the subject is judged again. */
export async function withdraw(
  tx: StoreTransaction,
  parts: PipelineParts,
  site: string,
  interaction: Interaction,
  door: string,
): Promise<Reception> {
  const key: ResourceKey = { site, resourceType: interaction.resourceType, id: interaction.id ?? '' };
  const inForce = await tx.inbox.current(key);
  const refusal = preconditionRefusal(interaction, inForce);
  if (refusal) return alone(refusal);
  if (!inForce || (inForce.body === null && inForce.digest !== WITHHELD)) {
    const discarded = await discardSealed(tx, parts, key);
    return alone(nothingToDelete(key, discarded > 0));
  }
  const at = { receivedAt: parts.now().toISOString(), door };
  if (await isFrozen(tx, parts, key)) {
    await withholdDeletion(tx, inForce, at);
    return alone(subjectWithdrawn(key, key.resourceType));
  }
  return withNamesSettled(tx, parts, key, async () => alone(await takeOut(tx, parts, { ...inForce, ...at })));
}

async function takeOut(tx: StoreTransaction, parts: PipelineParts, inForce: InboxVersion): Promise<Answer> {
  const { receivedAt } = inForce;
  // The digest of what is gone: a deletion is told from a version that was only withheld.
  const digest = inForce.body === null ? '' : inForce.digest;
  const version = await putOutOfForce(tx, parts, { ...inForce, digest, disposition: 'withdrawn' }, []);
  const diagnostics = 'Withdrawn: what it stated is taken back; its versions stay as history.';
  const issue: Issue = {
    severity: 'information',
    code: 'informational',
    detail: 'withdrawn',
    expression: inForce.resourceType,
    diagnostics,
  };
  return answerOf(
    inForce,
    { status: 200, version, receivedAt },
    { disposition: 'withdrawn', facts: 0, issues: [issue] },
  );
}

/** FHIR: deleting what is not there is no error. */
function nothingToDelete(key: ResourceKey, sealed: boolean): Answer {
  const diagnostics = sealed
    ? 'Withdrawn: the sealed payload is destroyed.'
    : 'Unchanged: there is no such resource.';
  const issue: Issue = {
    severity: 'information',
    code: 'informational',
    detail: 'unchanged',
    expression: key.resourceType,
    diagnostics,
  };
  return { ...refused(200, key.resourceType, issue), disposition: sealed ? 'withdrawn' : 'unchanged' };
}
