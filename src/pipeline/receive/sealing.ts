import type { Interaction, InteractionResult } from '../../fhir/interaction.ts';
import { parseJson, stringifyJson } from '../../fhir/lossless-json.ts';
import type { OutcomeIssue } from '../../fhir/operation-outcome.ts';
import type { Resource } from '../../fhir/resource.ts';
import { compareVersions } from '../../intake/compare-versions.ts';
import { digestContent, readVersionStamp } from '../../intake/resource-identity.ts';
import type { ResourceKey, SealedPayload, StoreTransaction } from '../../store/store.ts';
import type { ResourceInContext } from '../facts/inherit-from-report.ts';
import { holdAsWorkItem } from '../facts/store-facts.ts';
import type { IntakeTransaction, SiteTransaction } from '../site-transaction.ts';
import type { IncomingVersion } from './apply-version.ts';

const DAY_MS = 86_400_000;

/** A payload that was sealed until its patient was enrolled, and must be accepted now. */
export interface UnsealedInteraction {
  readonly interaction: Interaction;
  readonly door: string;
}

/** Why a payload is sealed. `group` is part of the work item's id: a changed text would open a second item. */
interface SealingReason {
  readonly group: string;
  readonly cause: string;
  readonly fix: string;
  readonly waitsFor: string | null;
}

/** Payloads about the patients of one site who are not enrolled share a work item; it refers to them by hash only. */
const NOT_ENROLLED: SealingReason = {
  group: 'patients not enrolled',
  cause: 'The patient is not enrolled',
  fix: 'Enrol the patient (ResearchSubject or enroll), or refer to them by an identifier of the enrolment.',
  waitsFor: null,
};

/** Results that name no patient wait for the report that lists them. */
const NO_REPORT: SealingReason = {
  group: 'results without a patient',
  cause: 'The result names no patient, and no report of an enrolled patient lists it yet',
  fix: 'Send the DiagnosticReport that lists it, or the result with its subject.',
  waitsFor: 'DiagnosticReport.result',
};

/** What a payload that was not accepted is about. */
type PayloadPatient = Pick<ResourceInContext, 'patientIdentifiers' | 'patientElement'>;

const buildSealedKey = (site: string, resourceHash: string): ResourceKey => ({
  site,
  resourceType: 'Sealed',
  id: resourceHash.slice(0, 16),
});

/** Returns the keyed hash by which a sealed resource is found again. */
const hashResourceKey = (tx: SiteTransaction, { resourceType, id }: ResourceKey): string =>
  tx.seal.hash(`${tx.site}|${resourceType}/${id}`);

/**
 * Seals a payload about a patient who is not enrolled for the days that the studies define, so that baseline results can
 * precede the enrolment; or counts and drops it where no study seals. Nothing of it is readable afterwards.
 */
export async function sealOrDrop(
  tx: IntakeTransaction,
  incoming: IncomingVersion,
  { patientIdentifiers, patientElement }: PayloadPatient,
): Promise<InteractionResult> {
  const { key } = incoming;
  const isResultWithoutPatient = patientIdentifiers.length === 0 && key.resourceType === 'Observation';
  const reason = isResultWithoutPatient ? NO_REPORT : NOT_ENROLLED;
  const sealedUnder = isResultWithoutPatient ? [`Observation/${key.id}`] : patientIdentifiers;
  const unnamed = {
    status: 200,
    resourceType: key.resourceType,
    id: null,
    version: null,
    lastModified: null,
    facts: 0,
  };
  const { sealDays } = tx;
  if (sealDays === null || sealedUnder.length === 0)
    return { ...unnamed, disposition: 'dropped', issues: [buildDroppedIssue(patientElement, reason.fix)] };
  const payload = buildSealedPayload({ ...tx, sealDays }, incoming, sealedUnder);
  const isNew = await tx.sealedPayloads.put(payload);
  const { cause, ...need } = reason;
  const issue = await holdAsWorkItem(tx, buildSealedKey(tx.site, payload.resourceHash), {
    reason: 'unknown-patient',
    element: patientElement,
    detail: `${cause}; the payload is sealed for ${sealDays} days and then destroyed.`,
    ...need,
  });
  return { ...unnamed, disposition: isNew ? 'held' : 'unchanged', issues: [issue] };
}

const buildDroppedIssue = (element: string, fix: string): OutcomeIssue => ({
  severity: 'warning',
  code: 'business-rule',
  detail: 'dropped',
  expression: element,
  diagnostics: `Dropped, nothing was kept: the patient is not enrolled. Fix: ${fix}`,
});

function buildSealedPayload(
  tx: IntakeTransaction & { readonly sealDays: number },
  { key, ...interaction }: IncomingVersion,
  sealedUnder: readonly string[],
): SealedPayload {
  const { site, seal, now, door, sealDays } = tx;
  const { resource } = interaction;
  return {
    site,
    patientHashes: sealedUnder.map((identifier) => seal.hash(`${site}|${identifier}`)),
    resourceHash: hashResourceKey(tx, key),
    contentHash: seal.hash(digestContent(resource) + JSON.stringify(resource.meta ?? '')),
    ciphertext: seal.close(stringifyJson({ interaction, door })),
    receivedAt: now.toISOString(),
    destroyAfter: new Date(now.getTime() + sealDays * DAY_MS).toISOString(),
  };
}

/** Returns the newest sealed version of the resource that is newer than `resource`, for whichever patient; else null. */
export async function findNewerSealed(
  tx: SiteTransaction,
  key: ResourceKey,
  resource: Resource,
): Promise<Resource | null> {
  let newest: Resource | null = null;
  for (const payload of await tx.sealedPayloads.listForResource(tx.site, hashResourceKey(tx, key))) {
    const { interaction } = openPayload(tx, payload);
    if (!interaction.resource) continue;
    const known = readVersionStamp(newest ?? resource);
    if (compareVersions(readVersionStamp(interaction.resource), known) === 'older')
      newest = interaction.resource;
  }
  return newest;
}

/** Opens a payload; buildSealedPayload has written it. */
function openPayload({ seal }: SiteTransaction, { ciphertext }: SealedPayload): UnsealedInteraction {
  return parseJson(seal.open(ciphertext)) as unknown as UnsealedInteraction;
}

/** Takes out the payloads that are sealed under the identifiers, in order of arrival, and closes their work items. */
export async function unsealPayloads(
  tx: SiteTransaction,
  identifiers: readonly string[],
): Promise<readonly UnsealedInteraction[]> {
  if (identifiers.length === 0) return [];
  const hashes = identifiers.map((identifier) => tx.seal.hash(`${tx.site}|${identifier}`));
  const payloads = await tx.sealedPayloads.take(tx.site, hashes);
  for (const { resourceHash } of payloads) await tx.workItems.release(buildSealedKey(tx.site, resourceHash));
  return payloads.map((payload) => openPayload(tx, payload));
}

/** Destroys the sealed payloads of a deleted resource; returns how many. */
export async function discardSealedPayloads(tx: SiteTransaction, key: ResourceKey): Promise<number> {
  const resourceHash = hashResourceKey(tx, key);
  await tx.workItems.release(buildSealedKey(tx.site, resourceHash));
  return tx.sealedPayloads.destroyForResource(tx.site, resourceHash);
}

/** Destroys the payloads whose sealed days have ended, at every site; returns how many. */
export async function destroyDuePayloads(tx: StoreTransaction, now: string): Promise<number> {
  const due = await tx.sealedPayloads.destroyDue(now);
  for (const { site, resourceHash } of due) await tx.workItems.release(buildSealedKey(site, resourceHash));
  return due.length;
}
