import type { FhirVersion } from '../../fhir/fhir-version.ts';
import type { Interaction, InteractionResult } from '../../fhir/interaction.ts';
import { stringifyJson } from '../../fhir/lossless-json.ts';
import type { OutcomeIssue } from '../../fhir/operation-outcome.ts';
import type { OutcomeCode } from '../../fhir/outcome-codes.ts';
import type { Resource } from '../../fhir/resource.ts';
import { compareVersions } from '../../intake/compare-versions.ts';
import { classifyResourceType } from '../../intake/patient-identifiers.ts';
import {
  listBusinessIdentifiers,
  readSenderVersion,
  readVersionStamp,
  toVersionStamp,
} from '../../intake/resource-identity.ts';
import type { ResourceKey, ResourceVersion, StoreTransaction } from '../../store/store.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import type { ResourceInContext } from '../facts/inherit-from-report.ts';
import { listIndexedReferences } from '../facts/references.ts';
import { readCurrentContent, restateMembers, restateReferrers } from '../facts/restate.ts';
import { type FactsOutcome, holdAsWorkItem, retractFactsAndWork, storeFacts } from '../facts/store-facts.ts';
import { checkIfMatch } from './conditional-requests.ts';
import { buildRefusedResult, buildStoredResult } from './interaction-results.ts';
import { findNewestVersionMarker } from './version-markers.ts';
import { checkIncomingVersion } from './version-warnings.ts';

/** A resource that has arrived, and its key. */
export interface IncomingVersion {
  readonly key: ResourceKey;
  /** As it was sent, which is what is stored. */
  readonly resource: Resource;
  readonly fhirVersion: FhirVersion;
  readonly door: string;
}

/** As it is understood: with whom it is about, and what reports and panels say for it. */
export interface InterpretedVersion extends IncomingVersion {
  readonly context: ResourceInContext;
}

/**
 * The one idempotency rule: the same version again changes nothing, an older one is kept as history and has no effect,
 * a newer one takes effect. One version number with two contents is a conflict that a person must look at. Gives the
 * answer where the version takes no effect; null where it does. Asked before anything else is done about an arrival.
 * `keeps`: whether history may hold it; not what is about nobody enrolled.
 */
export async function resolveUnlessNewer(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  arrived: IncomingVersion,
  interaction: Interaction,
  keeps: () => Promise<boolean> = async () => true,
): Promise<InteractionResult | null> {
  const { key, resource } = arrived;
  const inForce = await tx.inbox.getCurrent(key);
  const refusal = checkIfMatch(interaction, inForce);
  if (refusal || !inForce) return refusal;
  const newest = (await findNewestVersionMarker(tx, key)) ?? inForce;
  const order = compareVersions(toVersionStamp(newest), readVersionStamp(resource));
  switch (order) {
    case 'new':
      return null;
    case 'same':
      return buildUnchangedResult(key, inForce, 'unchanged', 'Unchanged: this version is known.');
    case 'older':
      return keepOlderVersion(tx, parts, arrived, inForce, keeps);
    case 'conflict':
      return holdVersionConflict(tx, parts, arrived, keeps);
  }
}

/** Stores the version and states what it says. 201 for a create and for what was not known, else 200. */
export async function applyVersion(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  arrival: InterpretedVersion,
  interaction: Interaction,
): Promise<InteractionResult> {
  const { key, resource } = arrival;
  const known = await tx.inbox.getCurrent(key);
  const status = known && interaction.method !== 'create' ? 200 : 201;
  const stated = await storeVersionFacts(tx, parts, arrival);
  const row = buildResourceVersion(parts, arrival, stated.disposition);
  const references = listIndexedReferences(resource, parts.siteContext(key.site).ehrBase);
  const version = await tx.inbox.addVersion(
    row,
    { identifiers: listBusinessIdentifiers(resource), references },
    true,
  );
  const issues = [...stated.issues, ...checkIncomingVersion(known, row)];
  return buildStoredResult(key, { status, version, receivedAt: row.receivedAt }, { ...stated, issues });
}

async function storeVersionFacts(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  arrival: InterpretedVersion,
): Promise<FactsOutcome> {
  const { key, context } = arrival;
  return classifyResourceType(key.resourceType) === 'supporting'
    ? buildSupportingOutcome(arrival)
    : storeFacts(tx, parts, key, context);
}

/** A product that others refer to: kept, and no fact by itself. */
function buildSupportingOutcome(arrival: InterpretedVersion): FactsOutcome {
  const issue: OutcomeIssue = {
    severity: 'information',
    code: 'informational',
    detail: 'kept-for-references',
    expression: arrival.key.resourceType,
    diagnostics: 'Ignored: kept because other resources refer to it; no fact by itself.',
  };
  return { disposition: 'ignored', facts: 0, issues: [issue] };
}

export function buildResourceVersion(
  parts: PipelineDependencies,
  { key, resource, fhirVersion, door }: IncomingVersion,
  disposition: ResourceVersion['disposition'],
): Omit<ResourceVersion, 'version'> {
  const { senderVersion, senderUpdated, digest } = readVersionStamp(resource);
  return {
    ...key,
    senderVersion,
    senderUpdated,
    receivedAt: parts.now().toISOString(),
    door,
    fhirVersion,
    body: stringifyJson(resource),
    digest,
    retention: 'kept',
    disposition,
  };
}

function buildUnchangedResult(
  key: ResourceKey,
  inForce: ResourceVersion,
  detail: OutcomeCode,
  diagnostics: string,
): InteractionResult {
  const issue: OutcomeIssue = {
    severity: 'information',
    code: 'informational',
    detail,
    expression: key.resourceType,
    diagnostics,
  };
  return buildStoredResult(
    key,
    { ...inForce, status: 200 },
    { disposition: 'unchanged', facts: 0, issues: [issue] },
  );
}

async function keepOlderVersion(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  arrival: IncomingVersion,
  inForce: ResourceVersion,
  keeps: () => Promise<boolean>,
): Promise<InteractionResult> {
  const { version } = readSenderVersion(arrival.resource);
  const known = version !== null && (await tx.inbox.findBySenderVersion(arrival.key, version));
  if (!known && (await keeps())) await addToHistory(tx, parts, arrival);
  return buildUnchangedResult(
    arrival.key,
    inForce,
    'older-version',
    'Unchanged: a newer version is in force; this one is history.',
  );
}

async function addToHistory(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  arrival: IncomingVersion,
): Promise<void> {
  await tx.inbox.addVersion(
    buildResourceVersion(parts, arrival, 'superseded'),
    { identifiers: [], references: [] },
    false,
  );
}

async function holdVersionConflict(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  arrival: IncomingVersion,
  keeps: () => Promise<boolean>,
): Promise<InteractionResult> {
  if (await keeps()) await addToHistory(tx, parts, arrival);
  const issue = await holdAsWorkItem(tx, parts, arrival.key, {
    reason: 'version-conflict',
    element: `${arrival.key.resourceType}.meta.versionId`,
    group: `${arrival.key.resourceType}/${arrival.key.id}`,
    detail: 'One version number came with two different contents; the first stays in force.',
    fix: 'Send the right content under a new versionId.',
    waitsFor: null,
  });
  return {
    ...buildRefusedResult(409, arrival.key.resourceType, { ...issue, severity: 'error', code: 'conflict' }),
    disposition: 'held',
  };
}

/**
 * A newer version is about somebody whose data are not kept: what the version in force stated of another is taken
 * back. Only the newer version's number is kept of it, so that no older one that comes late brings the old statement back.
 * `withheld`: the names of who has withdrawn, by whom it is found when he is back.
 */
export async function supersedeWithoutContent(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  arrived: IncomingVersion,
  withheld: readonly string[] | null = null,
): Promise<void> {
  const row = buildResourceVersion(parts, arrived, 'withdrawn');
  await retireCurrentVersion(
    tx,
    parts,
    { ...row, digest: null, retention: withheld ? 'withheld' : 'not-enrolled' },
    withheld ?? [],
  );
}

/** From now on no content is in force: what it stated is taken back, and what depended on it is stated again. */
export async function retireCurrentVersion(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  row: Omit<ResourceVersion, 'version'>,
  references: readonly string[],
): Promise<number> {
  const { site, resourceType, id } = row;
  const key = { site, resourceType, id };
  const before = await readCurrentContent(tx, key);
  await retractFactsAndWork(tx, key);
  const version = await tx.inbox.addVersion({ ...row, body: null }, { identifiers: [], references }, true);
  await restateReferrers(tx, parts, key);
  await restateMembers(tx, parts, site, [before?.resource]);
  return version;
}
