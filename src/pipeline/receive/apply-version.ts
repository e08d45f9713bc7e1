import type { FhirVersion } from '../../fhir/fhir-version.ts';
import type { Interaction, InteractionResult } from '../../fhir/interaction.ts';
import { stringifyJson } from '../../fhir/lossless-json.ts';
import { createNotice } from '../../fhir/operation-outcome.ts';
import type { Resource } from '../../fhir/resource.ts';
import { compareVersions } from '../../intake/compare-versions.ts';
import { classifyResource } from '../../intake/patient-identifiers.ts';
import { readVersionStamp, toVersionStamp } from '../../intake/resource-identity.ts';
import { isRetracted } from '../../mapping/readers/inherit-from-container.ts';
import type { ResourceKey, ResourceVersion } from '../../store/inbox-store.ts';
import { readCurrentContent } from '../facts/current-content.ts';
import type { ResourceInContext } from '../facts/inherit-from-report.ts';
import { buildResourceIndex } from '../facts/resource-index.ts';
import { restate, restateMembers, restateReferrers } from '../facts/restate.ts';
import { restateRelated } from '../facts/restate-related.ts';
import { type FactsOutcome, holdAsWorkItem, retractFactsAndWork, storeFacts } from '../facts/store-facts.ts';
import type { IntakeTransaction, SiteTransaction } from '../site-transaction.ts';
import { checkIfMatch } from './conditional-requests.ts';
import { buildRefusedResult, buildStoredResult, buildUnchangedResult } from './interaction-results.ts';
import { compareWithHistory } from './known-versions.ts';
import { findNewestVersionMarker, type NewResourceVersion } from './version-markers.ts';
import { checkIncomingVersion } from './version-warnings.ts';

/** An interaction with a resource that has a key. The resource is as it was sent, and is stored like that. */
export interface IncomingVersion extends Interaction {
  readonly key: ResourceKey;
  readonly resource: Resource;
  readonly fhirVersion: FhirVersion;
}

/** An incoming version with its subjects, and with the elements that it inherits from reports and panels. */
export interface InterpretedVersion extends IncomingVersion {
  readonly context: ResourceInContext;
}

/**
 * A version that has no effect on the current one: older, known already, or in conflict. `known-content`: content that was
 * replaced and is sent again, without a version that says whether it is meant to be current again.
 */
interface IneffectiveVersion {
  readonly kind: 'older' | 'known' | 'known-content' | 'conflict';
  readonly current: ResourceVersion;
}

/** The effect of an incoming version: it is answered already, it takes effect, or it becomes history. */
type VersionEffect =
  | { readonly kind: 'answered'; readonly result: InteractionResult }
  /** `isFirst`: the store has no version of the resource yet, not even a deletion. */
  | { readonly kind: 'new'; readonly isFirst: boolean }
  | IneffectiveVersion;

/**
 * Applies the rule of idempotency: the same version again changes nothing, an older one has no effect, a newer one takes
 * effect. One version number with two contents is a conflict, which a person must settle. Runs before any other step.
 */
export async function determineVersionEffect(
  tx: SiteTransaction,
  incoming: IncomingVersion,
): Promise<VersionEffect> {
  const { key, resource } = incoming;
  const current = await tx.inbox.getCurrent(key);
  const refusal = checkIfMatch(incoming, current);
  if (refusal) return { kind: 'answered', result: refusal };
  if (!current) return { kind: 'new', isFirst: true };
  const newest = (await findNewestVersionMarker(tx, key)) ?? current;
  const order = compareVersions(toVersionStamp(newest), readVersionStamp(resource));
  if (order === 'new') {
    const verdict = await compareWithHistory(tx, key, resource);
    if (verdict === 'unknown') return { kind: 'new', isFirst: false };
    return verdict === 'same' ? answerUnchanged(tx, current) : { kind: verdict, current };
  }
  return order === 'same' ? answerUnchanged(tx, current) : { kind: order, current };
}

/** Answers the current version. It also answers whether content before it, sent again, was meant: that was a repeat. */
async function answerUnchanged(tx: SiteTransaction, current: ResourceVersion): Promise<VersionEffect> {
  await tx.workItems.resolve(current.site, 'version-conflict', formatKnownContentGroup(current));
  const notice = createNotice(
    'unchanged',
    current.resourceType,
    'Unchanged: this version is already in the store.',
  );
  return { kind: 'answered', result: buildUnchangedResult(current, notice) };
}

/**
 * Answers a version that has no effect. If its content may be stored (`canKeep`), it is kept as history; content about
 * patients who are not enrolled may not be stored.
 */
export async function answerWithoutEffect(
  tx: IntakeTransaction,
  incoming: IncomingVersion,
  { kind, current }: IneffectiveVersion,
  canKeep: boolean,
): Promise<InteractionResult> {
  if (kind === 'conflict') return holdVersionConflict(tx, incoming, canKeep);
  if (kind === 'known-content') return holdKnownContent(tx, incoming, current);
  const { key } = incoming;
  if (canKeep) await keepOnce(tx, incoming);
  const diagnostics = 'Unchanged: a newer version is in the store; this one has no effect.';
  return buildUnchangedResult(current, createNotice('older-version', key.resourceType, diagnostics));
}

/** Keeps a version without effect as history; one that is there already is counted, and not stored again. */
async function keepOnce(tx: IntakeTransaction, incoming: IncomingVersion): Promise<void> {
  const { key, resource } = incoming;
  const repeated = await tx.inbox.findRepeated(key, readVersionStamp(resource));
  if (repeated !== null) await tx.inbox.countRepeat(key, repeated, tx.now.toISOString());
  else await addToHistory(tx, incoming);
}

async function addToHistory(tx: IntakeTransaction, incoming: IncomingVersion): Promise<void> {
  const row = buildResourceVersion(tx, incoming, 'superseded');
  await tx.inbox.addVersion(row, { identifiers: [], references: [] }, false);
  const current = await readCurrentContent(tx, incoming.key);
  if (!current) return;
  // A withdrawal concerns only its own resource once that is known to have stated something.
  if (isRetracted(current.resource)) await restate(tx, incoming.key);
  await restateRelated(tx, incoming.key, [current.resource, incoming.resource]);
}

async function holdVersionConflict(
  tx: IntakeTransaction,
  incoming: IncomingVersion,
  canKeep: boolean,
): Promise<InteractionResult> {
  if (canKeep) await keepOnce(tx, incoming);
  const { key } = incoming;
  const issue = await holdAsWorkItem(tx, key, {
    reason: 'version-conflict',
    element: `${key.resourceType}.meta.versionId`,
    group: `${key.resourceType}/${key.id}`,
    detail: 'One version number was sent with two different contents; the first content stays current.',
    fix: 'Send the correct content under a new versionId.',
    waitsFor: null,
  });
  return {
    ...buildRefusedResult(409, key.resourceType, { ...issue, severity: 'error', code: 'conflict' }),
    disposition: 'held',
  };
}

/** The group of the question; part of the work item's id. */
const formatKnownContentGroup = ({ resourceType, id }: ResourceKey): string =>
  `${resourceType}/${id} known content`;

/** Asks whether content that was replaced, and is sent again without any version, is meant to be current again. */
async function holdKnownContent(
  tx: IntakeTransaction,
  { key }: IncomingVersion,
  current: ResourceVersion,
): Promise<InteractionResult> {
  const issue = await holdAsWorkItem(tx, key, {
    reason: 'version-conflict',
    element: `${key.resourceType}.meta`,
    group: formatKnownContentGroup(key),
    detail: 'Content that a later version replaced was sent again without a version; it has no effect.',
    fix: 'If it is to be current again, send it with meta.versionId or a later meta.lastUpdated. If it was a repeat, reject this item.',
    waitsFor: null,
  });
  return { ...buildUnchangedResult(current, issue), disposition: 'held' };
}

/** Stores the version and its facts. Status 201 for a create and for a resource that was unknown, else 200. */
export async function applyVersion(
  tx: IntakeTransaction,
  incoming: InterpretedVersion,
): Promise<InteractionResult> {
  const { key, resource, method, context } = incoming;
  const previous = await tx.inbox.getCurrent(key);
  const outcome = await storeVersionFacts(tx, incoming);
  const row = buildResourceVersion(tx, incoming, outcome.disposition);
  const index = await buildResourceIndex(tx, key, resource);
  const version = await tx.inbox.addVersion(row, index, true, context.subjects);
  const issues = [...outcome.issues, ...checkIncomingVersion(previous, row)];
  const status = previous && method !== 'create' ? 200 : 201;
  return buildStoredResult({ ...row, version }, status, { ...outcome, issues });
}

async function storeVersionFacts(
  tx: SiteTransaction,
  { key, context, resource }: InterpretedVersion,
): Promise<FactsOutcome> {
  return classifyResource(resource) === 'supporting'
    ? buildSupportingOutcome(key)
    : storeFacts(tx, key, context);
}

/** Builds the outcome of a product or specimen, which states no fact by itself and is kept because other resources refer to it. */
function buildSupportingOutcome({ resourceType }: ResourceKey): FactsOutcome {
  const diagnostics = 'Ignored: it states no fact by itself; it is kept because other resources refer to it.';
  const issues = [createNotice('kept-for-references', resourceType, diagnostics)];
  return { disposition: 'ignored', facts: 0, issues };
}

/** Builds the row of a version with its content. */
export function buildResourceVersion(
  tx: IntakeTransaction,
  { key, resource, fhirVersion, sentText }: IncomingVersion,
  disposition: ResourceVersion['disposition'],
): NewResourceVersion {
  const { senderVersion, senderUpdated, digest } = readVersionStamp(resource);
  const body = stringifyJson(resource);
  return {
    ...key,
    senderVersion,
    senderUpdated,
    receivedAt: tx.now.toISOString(),
    door: tx.door,
    fhirVersion,
    body,
    ...(sentText === undefined || sentText === body ? {} : { sentText }),
    digest,
    retention: 'kept',
    disposition,
  };
}

/**
 * Supersedes the current version by a newer one that is about a withdrawn subject or a patient who is not enrolled: the
 * facts are retracted, and only the number of the newer version is kept, so that an older one that arrives late does not
 * restore the facts. `withheldIdentifiers`: the patient identifiers of a subject who has withdrawn, by which the resource
 * is found if they take part again; null for a patient who is not enrolled.
 */
export async function supersedeWithoutContent(
  tx: IntakeTransaction,
  incoming: IncomingVersion,
  withheldIdentifiers: readonly string[] | null = null,
): Promise<void> {
  const built = buildResourceVersion(tx, incoming, 'withdrawn');
  const row = {
    ...built,
    digest: null,
    retention: withheldIdentifiers ? 'withheld' : 'not-enrolled',
  } as const;
  const references = withheldIdentifiers ?? [];
  const recorded = await tx.inbox.getCurrent(incoming.key);
  if (!recorded || !isSameWithoutContent(recorded, row)) {
    await retireCurrentVersion(tx, row, references);
    return;
  }
  await tx.inbox.countRepeat(incoming.key, recorded.version, row.receivedAt);
  await tx.inbox.replaceIndex(incoming.key, { identifiers: [], references });
}

/** Whether a version that is stored without content is the one that was sent again. */
const isSameWithoutContent = (recorded: ResourceVersion, sent: NewResourceVersion): boolean =>
  recorded.body === null &&
  recorded.retention === sent.retention &&
  recorded.senderVersion === sent.senderVersion &&
  recorded.senderUpdated === sent.senderUpdated;

/** Makes a version without content the current one: facts are retracted, and dependent resources are restated. */
export async function retireCurrentVersion(
  tx: SiteTransaction,
  row: NewResourceVersion,
  references: readonly string[],
): Promise<number> {
  const { site, resourceType, id } = row;
  const key = { site, resourceType, id };
  const before = await readCurrentContent(tx, key);
  await retractFactsAndWork(tx, key);
  const version = await tx.inbox.addVersion({ ...row, body: null }, { identifiers: [], references }, true);
  await restateReferrers(tx, key);
  await restateMembers(tx, [before?.resource]);
  await restateRelated(tx, key, [before?.resource]);
  return version;
}
