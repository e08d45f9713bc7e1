import type { Answer, Interaction } from '../fhir/interaction.ts';
import { stringifyJson } from '../fhir/json.ts';
import type { Issue } from '../fhir/outcome.ts';
import type { Resource } from '../fhir/resource.ts';
import type { FhirVersion } from '../fhir/version.ts';
import {
  AWAY,
  businessIdentifiers,
  senderVersionOf,
  versionFacts,
  versionFactsOf,
  WITHHELD,
} from '../intake/identity.ts';
import { roleOf } from '../intake/patient.ts';
import { compareVersions } from '../intake/version.ts';
import type { InboxVersion, ResourceKey, StoreTransaction } from '../store/store.ts';
import { answerOf, refused } from './answers.ts';
import { preconditionRefusal } from './conditional.ts';
import type { InContext } from './context.ts';
import { lastNoted } from './noted.ts';
import { noticesOf } from './notices.ts';
import type { PipelineParts } from './parts.ts';
import { indexedReferences } from './references.ts';
import { contentOf, restateMembers, restateReferrers } from './replay.ts';
import { hold, retract, type Stated, state } from './state.ts';

/** A resource that has arrived, and its key. */
export interface Arrived {
  readonly key: ResourceKey;
  /** As it was sent, which is what is stored. */
  readonly resource: Resource;
  readonly fhirVersion: FhirVersion;
  readonly door: string;
}

/** As it is understood: with whom it is about, and what reports and panels say for it. */
export interface Arrival extends Arrived {
  readonly context: InContext;
}

/**
 * The one idempotency rule: the same version again changes nothing, an older one is kept as history and has no effect,
 * a newer one takes effect. One version number with two contents is a conflict that a person must look at. Gives the
 * answer where the version takes no effect; null where it does. Asked before anything else is done about an arrival.
 * `keeps`: whether history may hold it; not what is about nobody enrolled.
 */
export async function settle(
  tx: StoreTransaction,
  parts: PipelineParts,
  arrived: Arrived,
  interaction: Interaction,
  keeps: () => Promise<boolean> = async () => true,
): Promise<Answer | null> {
  const { key, resource } = arrived;
  const inForce = await tx.inbox.current(key);
  const refusal = preconditionRefusal(interaction, inForce);
  if (refusal || !inForce) return refusal;
  const newest = (await lastNoted(tx, key)) ?? inForce;
  const order = compareVersions(versionFactsOf(newest), versionFacts(resource));
  switch (order) {
    case 'new':
      return null;
    case 'same':
      return unchanged(key, inForce, 'unchanged', 'Unchanged: this version is known.');
    case 'older':
      return older(tx, parts, arrived, inForce, keeps);
    case 'conflict':
      return conflict(tx, parts, arrived, keeps);
  }
}

/** Stores the version and states what it says. 201 for a create and for what was not known, else 200. */
export async function takeEffect(
  tx: StoreTransaction,
  parts: PipelineParts,
  arrival: Arrival,
  interaction: Interaction,
): Promise<Answer> {
  const { key, resource } = arrival;
  const known = await tx.inbox.current(key);
  const status = known && interaction.method !== 'create' ? 200 : 201;
  const stated = await stateArrival(tx, parts, arrival);
  const row = rowOf(parts, arrival, stated.disposition);
  const references = indexedReferences(resource, parts.site(key.site).ehrBase);
  const version = await tx.inbox.add(row, { identifiers: businessIdentifiers(resource), references }, true);
  const issues = [...stated.issues, ...noticesOf(known, row)];
  return answerOf(key, { status, version, receivedAt: row.receivedAt }, { ...stated, issues });
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

export function rowOf(
  parts: PipelineParts,
  { key, resource, fhirVersion, door }: Arrived,
  disposition: InboxVersion['disposition'],
): Omit<InboxVersion, 'version'> {
  const { senderVersion, senderUpdated, digest } = versionFacts(resource);
  return {
    ...key,
    senderVersion,
    senderUpdated,
    receivedAt: parts.now().toISOString(),
    door,
    fhirVersion,
    body: stringifyJson(resource),
    digest,
    disposition,
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
  arrival: Arrived,
  inForce: InboxVersion,
  keeps: () => Promise<boolean>,
): Promise<Answer> {
  const { version } = senderVersionOf(arrival.resource);
  const known = version !== null && (await tx.inbox.bySenderVersion(arrival.key, version));
  if (!known && (await keeps())) await addToHistory(tx, parts, arrival);
  return unchanged(
    arrival.key,
    inForce,
    'older-version',
    'Unchanged: a newer version is in force; this one is history.',
  );
}

async function addToHistory(tx: StoreTransaction, parts: PipelineParts, arrival: Arrived): Promise<void> {
  await tx.inbox.add(rowOf(parts, arrival, 'superseded'), { identifiers: [], references: [] }, false);
}

async function conflict(
  tx: StoreTransaction,
  parts: PipelineParts,
  arrival: Arrived,
  keeps: () => Promise<boolean>,
): Promise<Answer> {
  if (await keeps()) await addToHistory(tx, parts, arrival);
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

/**
 * A newer version is about somebody whose data are not kept: what the version in force stated of another is taken
 * back. Only the newer version's number is kept of it, so that no older one that comes late brings the old statement back.
 * `withheld`: the names of who has withdrawn, by whom it is found when he is back.
 */
export async function supersede(
  tx: StoreTransaction,
  parts: PipelineParts,
  arrived: Arrived,
  withheld: readonly string[] | null = null,
): Promise<void> {
  const row = rowOf(parts, arrived, 'withdrawn');
  await putOutOfForce(tx, parts, { ...row, digest: withheld ? WITHHELD : AWAY }, withheld ?? []);
}

/** From now on no content is in force: what it stated is taken back, and what depended on it is stated again. */
export async function putOutOfForce(
  tx: StoreTransaction,
  parts: PipelineParts,
  row: Omit<InboxVersion, 'version'>,
  references: readonly string[],
): Promise<number> {
  const { site, resourceType, id } = row;
  const key = { site, resourceType, id };
  const before = await contentOf(tx, key);
  await retract(tx, key);
  const version = await tx.inbox.add({ ...row, body: null }, { identifiers: [], references }, true);
  await restateReferrers(tx, parts, key);
  await restateMembers(tx, parts, site, [before?.resource]);
  return version;
}
