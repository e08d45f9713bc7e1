import type { Answer, Interaction } from '../fhir/interaction.ts';
import type { Issue } from '../fhir/outcome.ts';
import type { ResourceKey, StoreTransaction } from '../store/store.ts';
import { answerOf, refused } from './answers.ts';
import { preconditionRefusal } from './conditional.ts';
import type { PipelineParts } from './parts.ts';
import { contentOf, restateMembers, restateReferrers, restateSubject } from './replay.ts';
import { discardSealed } from './sealing.ts';
import { retract } from './state.ts';

/** A deletion: the facts go, every earlier version stays as history, and the subject is judged again. */
export async function withdraw(
  tx: StoreTransaction,
  parts: PipelineParts,
  site: string,
  interaction: Interaction,
  door: string,
): Promise<Answer> {
  const key: ResourceKey = { site, resourceType: interaction.resourceType, id: interaction.id ?? '' };
  const inForce = await tx.inbox.current(key);
  const refusal = preconditionRefusal(interaction, inForce);
  if (refusal) return refusal;
  if (!inForce || inForce.body === null) {
    const discarded = await discardSealed(tx, parts, key);
    return nothingToDelete(key, discarded > 0);
  }
  const before = await contentOf(tx, key);
  await retract(tx, key);
  const receivedAt = parts.now().toISOString();
  const version = await tx.inbox.add(
    { ...inForce, receivedAt, door, body: null, disposition: 'withdrawn' },
    { identifiers: [], references: [] },
    true,
  );
  await restateReferrers(tx, parts, key);
  if (key.resourceType === 'Patient') await dropNames(tx, parts, key);
  await restateMembers(tx, parts, site, [before?.resource]);
  const diagnostics = 'Withdrawn: what it stated is taken back; its versions stay as history.';
  const issue: Issue = {
    severity: 'information',
    code: 'informational',
    detail: 'withdrawn',
    expression: key.resourceType,
    diagnostics,
  };
  return answerOf(
    key,
    { status: 200, version, receivedAt },
    { disposition: 'withdrawn', facts: 0, issues: [issue] },
  );
}

/** The names that a Patient gave go with him; those of the enrolment stay. */
async function dropNames(
  tx: StoreTransaction,
  parts: PipelineParts,
  { site, id }: ResourceKey,
): Promise<void> {
  for (const subject of await tx.subjects.byPatient(site, [`Patient/${id}`])) {
    const lost = await tx.subjects.dropNames(site, `Patient/${id}`, subject.study, subject.subject, []);
    if (lost) await restateSubject(tx, parts, subject);
  }
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
