import type { Answer, Interaction } from '../fhir/interaction.ts';
import { stringifyJson } from '../fhir/json.ts';
import type { Issue } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import { businessIdentifiers, contentDigest, senderVersionOf } from '../intake/identity.ts';
import { roleOf } from '../intake/patient.ts';
import { compareVersions } from '../intake/version.ts';
import type { InboxVersion, ResourceKey, StoreTransaction } from '../store/store.ts';
import { answerOf, refused } from './answers.ts';
import { preconditionRefusal } from './conditional.ts';
import type { InContext } from './context.ts';
import type { PipelineParts } from './parts.ts';
import { indexedReferences } from './references.ts';
import { hold, type Stated, state } from './state.ts';

/** What every path of an arrival needs. */
export interface Arrival {
  readonly key: ResourceKey;
  /** As it was sent, which is what is stored. */
  readonly resource: Resource;
  /** As it is understood: with what reports and panels say for it. */
  readonly context: InContext;
  readonly door: string;
}

/**
 * The one idempotency rule: the same version again changes nothing, an older one is kept as history and has no effect,
 * a newer one takes effect. One version number with two contents is a conflict that a person must look at.
 */
export async function arrive(
  tx: StoreTransaction,
  parts: PipelineParts,
  arrival: Arrival,
  interaction: Interaction,
): Promise<Answer> {
  const { key, resource } = arrival;
  const inForce = await tx.inbox.current(key);
  const refusal = preconditionRefusal(interaction, inForce);
  if (refusal) return refusal;
  if (!inForce) return takeEffect(tx, parts, arrival, 201);
  const order = compareVersions({ ...inForce, deleted: inForce.body === null }, versionFacts(resource));
  switch (order) {
    case 'new':
      return takeEffect(tx, parts, arrival, interaction.method === 'create' ? 201 : 200);
    case 'same':
      return unchanged(key, inForce, 'unchanged', 'Unchanged: this version is known.');
    case 'older':
      return older(tx, parts, arrival, inForce);
    case 'conflict':
      return conflict(tx, parts, arrival);
  }
}

function versionFacts(resource: Resource) {
  const { version, updated } = senderVersionOf(resource);
  return { senderVersion: version, senderUpdated: updated, digest: contentDigest(resource), deleted: false };
}

async function takeEffect(
  tx: StoreTransaction,
  parts: PipelineParts,
  arrival: Arrival,
  status: number,
): Promise<Answer> {
  const { key, resource } = arrival;
  const stated = await stateArrival(tx, parts, arrival);
  const row = rowOf(parts, arrival, stated.disposition);
  const version = await tx.inbox.add(
    row,
    { identifiers: businessIdentifiers(resource), references: indexedReferences(resource) },
    true,
  );
  return answerOf(key, { status, version, receivedAt: row.receivedAt }, stated);
}

async function stateArrival(tx: StoreTransaction, parts: PipelineParts, arrival: Arrival): Promise<Stated> {
  const { key, context } = arrival;
  return roleOf(key.resourceType) === 'supporting' ? supporting(arrival) : state(tx, parts, key, context);
}

/** A product that others refer to: kept, and no fact by itself. */
function supporting(arrival: Arrival): Stated {
  const issue: Issue = {
    severity: 'information',
    code: 'informational',
    detail: 'kept-for-references',
    expression: arrival.key.resourceType,
    diagnostics: 'Ignored: kept because other resources refer to it; no fact by itself.',
  };
  return { disposition: 'ignored', facts: 0, issues: [issue] };
}

function rowOf(
  parts: PipelineParts,
  { key, resource, context, door }: Arrival,
  disposition: InboxVersion['disposition'],
): Omit<InboxVersion, 'version'> {
  const { senderVersion, senderUpdated, digest } = versionFacts(resource);
  return {
    ...key,
    senderVersion,
    senderUpdated,
    receivedAt: parts.now().toISOString(),
    door,
    fhirVersion: context.fhirVersion,
    body: stringifyJson(resource),
    digest,
    disposition,
    subject: context.subjects[0]?.subject ?? null,
  };
}

function unchanged(key: ResourceKey, inForce: InboxVersion, detail: string, diagnostics: string): Answer {
  const issue: Issue = {
    severity: 'information',
    code: 'informational',
    detail,
    expression: key.resourceType,
    diagnostics,
  };
  return answerOf(key, { ...inForce, status: 200 }, { disposition: 'unchanged', facts: 0, issues: [issue] });
}

async function older(
  tx: StoreTransaction,
  parts: PipelineParts,
  arrival: Arrival,
  inForce: InboxVersion,
): Promise<Answer> {
  const { version } = senderVersionOf(arrival.resource);
  const known = version !== null && (await tx.inbox.bySenderVersion(arrival.key, version));
  if (!known) await addToHistory(tx, parts, arrival);
  return unchanged(
    arrival.key,
    inForce,
    'older-version',
    'Unchanged: a newer version is in force; this one is history.',
  );
}

async function addToHistory(tx: StoreTransaction, parts: PipelineParts, arrival: Arrival): Promise<void> {
  await tx.inbox.add(rowOf(parts, arrival, 'superseded'), { identifiers: [], references: [] }, false);
}

async function conflict(tx: StoreTransaction, parts: PipelineParts, arrival: Arrival): Promise<Answer> {
  await addToHistory(tx, parts, arrival);
  const issue = await hold(tx, parts, arrival.key, {
    reason: 'version-conflict',
    element: `${arrival.key.resourceType}.meta.versionId`,
    group: `${arrival.key.resourceType}/${arrival.key.id}`,
    detail: 'One version number came with two different contents; the first stays in force.',
    fix: 'Send the right content under a new versionId.',
    waitsFor: null,
  });
  return {
    ...refused(409, arrival.key.resourceType, { ...issue, severity: 'error', code: 'conflict' }),
    disposition: 'held',
  };
}
