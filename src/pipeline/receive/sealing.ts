import type { InteractionResult } from '../../fhir/interaction.ts';
import { stringifyJson } from '../../fhir/lossless-json.ts';
import type { OutcomeIssue } from '../../fhir/operation-outcome.ts';
import { readPatientIdentifiers } from '../../intake/patient-identifiers.ts';
import { digestContent } from '../../intake/resource-identity.ts';
import type { ResourceKey } from '../../store/inbox-store.ts';
import type { SealedPayload } from '../../store/sealed-payload-store.ts';
import type { StoreTransaction } from '../../store/store.ts';
import type { ResourceInContext } from '../facts/inherit-from-report.ts';
import { holdAsWorkItem } from '../facts/store-facts.ts';
import { formatContestGroup } from '../identity/contest-keys.ts';
import { resolveSubjects } from '../identity/resolve-subject.ts';
import {
  hashPatientIdentifier,
  hashRecordIdentifier,
  hashResourceKey,
  openPayload,
  selectNewestPayload,
  type UnsealedInteraction,
} from '../sealed-payloads.ts';
import { deferWork, type IntakeTransaction, type SiteTransaction } from '../site-transaction.ts';
import type { IncomingVersion } from './apply-version.ts';
import { isErasedPatient } from './erased-patients.ts';

const DAY_MS = 86_400_000;

/** The reason for which a payload is sealed. `group` is part of the work item's id and must not change. */
interface SealingReason {
  readonly reason: 'unknown-patient' | 'contested-identifier';
  readonly group: string;
  readonly cause: string;
  readonly fix: string;
  readonly waitsFor: string | null;
}

/** All payloads of a site about patients who are not enrolled share this work item, which refers to them by hash only. */
const NOT_ENROLLED: SealingReason = {
  reason: 'unknown-patient',
  group: 'patients not enrolled',
  cause: 'The patient is not enrolled',
  fix: 'Enrol the patient (ResearchSubject or enroll), or refer to them by an identifier of the enrolment.',
  waitsFor: null,
};

/** Content that refers to its patient only by an identifier which people share who differ. */
const CONTESTED: Omit<SealingReason, 'group'> = {
  reason: 'contested-identifier',
  cause: 'The patient is named only by an identifier that other people carry too',
  fix: 'Refer to the patient by Patient/id or by an identifier that nobody else has, or correct the Patient.',
  waitsFor: null,
};

/** Results that name no patient wait for the report that lists them. */
const NO_REPORT: SealingReason = {
  reason: 'unknown-patient',
  group: 'results without a patient',
  cause: 'The result names no patient, and no report of an enrolled patient lists it yet',
  fix: 'Send the DiagnosticReport that lists it, or the result with its subject.',
  waitsFor: 'DiagnosticReport.result',
};

/** The patient of a payload that was not accepted. */
type PayloadPatient = Pick<
  ResourceInContext,
  'patientIdentifiers' | 'patientElement' | 'contestedIdentifiers'
>;

const buildSealedKey = (site: string, resourceHash: string): ResourceKey => ({
  site,
  resourceType: 'Sealed',
  id: resourceHash.slice(0, 16),
});

/**
 * Seals a payload about a patient who is not enrolled, for the days that the studies define, so that baseline results can
 * precede the enrolment. Where no study seals, the payload is dropped. Afterwards its content cannot be read.
 */
export async function sealOrDrop(
  tx: IntakeTransaction,
  incoming: IncomingVersion,
  { patientIdentifiers, patientElement, contestedIdentifiers = [] }: PayloadPatient,
): Promise<InteractionResult> {
  const { key } = incoming;
  const isResultWithoutPatient = patientIdentifiers.length === 0 && key.resourceType === 'Observation';
  const reason = isResultWithoutPatient ? NO_REPORT : selectReason(tx, contestedIdentifiers);
  const sealedUnder = isResultWithoutPatient ? [`Observation/${key.id}`] : patientIdentifiers;
  const anonymousResult = {
    status: 200,
    resourceType: key.resourceType,
    id: null,
    version: null,
    lastModified: null,
    facts: 0,
  };
  const { sealDays } = tx;
  if (sealDays === null || sealedUnder.length === 0 || (await isErasedPatient(tx, sealedUnder)))
    return {
      ...anonymousResult,
      disposition: 'dropped',
      issues: [buildDroppedIssue(patientElement, reason.fix)],
    };
  const payload = buildSealedPayload({ ...tx, sealDays }, incoming, sealedUnder);
  const isNew = await tx.sealedPayloads.put(payload);
  if (isNew) await dropOldVersion(tx, payload.resourceHash);
  const issue = await holdSealed({ ...tx, sealDays }, payload.resourceHash, patientElement, reason);
  return { ...anonymousResult, disposition: isNew ? 'held' : 'unchanged', issues: [issue] };
}

/** The most versions of one resource that are sealed. */
const MAX_SEALED_VERSIONS = 20;

/** Where more versions of a resource are sealed than are kept, destroys the first that arrived and is not the newest. */
async function dropOldVersion(tx: SiteTransaction, resourceHash: string): Promise<void> {
  if ((await tx.sealedPayloads.countForResource(tx.site, resourceHash)) <= MAX_SEALED_VERSIONS) return;
  const payloads = await tx.sealedPayloads.listForResource(tx.site, resourceHash);
  const newest = selectNewestPayload(tx, payloads);
  const dropped = payloads.find((payload) => payload !== newest);
  await tx.sealedPayloads.destroyForResource(tx.site, resourceHash);
  for (const payload of payloads) if (payload !== dropped) await tx.sealedPayloads.put(payload);
}

const selectReason = (tx: SiteTransaction, [contested]: readonly string[]): SealingReason =>
  contested === undefined ? NOT_ENROLLED : { ...CONTESTED, group: formatContestGroup(tx, contested) };

function holdSealed(
  tx: SiteTransaction & { readonly sealDays: number },
  resourceHash: string,
  element: string,
  { cause, ...need }: SealingReason,
): Promise<OutcomeIssue> {
  return holdAsWorkItem(tx, buildSealedKey(tx.site, resourceHash), {
    element,
    detail: `${cause}; the payload is sealed for ${tx.sealDays} days and then destroyed.`,
    ...need,
  });
}

/**
 * Holds the sealed payloads that refer to the identifiers for the reason that is true now, after the identifiers have become
 * contested or are no longer so.
 */
export async function updateSealedReasons(
  tx: SiteTransaction,
  identifiers: readonly string[],
): Promise<void> {
  const { sealDays } = tx;
  if (sealDays === null || identifiers.length === 0) return;
  const hashes = identifiers.map((identifier) => hashPatientIdentifier(tx, identifier));
  for (const payload of await tx.sealedPayloads.listForPatient(tx.site, hashes)) {
    const { resource } = openPayload(tx, payload).interaction;
    if (!resource || resource.resourceType === 'Patient') continue;
    const patient = readPatientIdentifiers(resource, tx.ehrBase);
    const { contestedIdentifiers } = await resolveSubjects(tx, patient.identifiers);
    await tx.workItems.release(buildSealedKey(tx.site, payload.resourceHash));
    const reason = selectReason(tx, contestedIdentifiers);
    await holdSealed({ ...tx, sealDays }, payload.resourceHash, patient.element, reason);
  }
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
  const records = key.resourceType === 'Patient' ? sealedUnder : [];
  return {
    site,
    patientHashes: [
      ...sealedUnder.map((identifier) => hashPatientIdentifier(tx, identifier)),
      ...records.map((identifier) => hashRecordIdentifier(tx, identifier)),
    ],
    resourceHash: hashResourceKey(tx, key),
    contentHash: seal.hash(digestContent(resource) + JSON.stringify(resource.meta ?? '')),
    ...seal.close(stringifyJson({ interaction, door })),
    receivedAt: now.toISOString(),
    destroyAfter: new Date(now.getTime() + sealDays * DAY_MS).toISOString(),
  };
}

/**
 * Removes and returns the payloads sealed under the identifiers, in order of arrival, and closes their work items. Those that
 * are more than a unit of work accepts are unsealed later.
 */
export async function unsealPayloads(
  tx: SiteTransaction,
  identifiers: readonly string[],
): Promise<readonly UnsealedInteraction[]> {
  if (identifiers.length === 0 || (await tx.sealedPayloads.isEmpty(tx.site))) return [];
  return unsealByHashes(
    tx,
    identifiers.map((identifier) => hashPatientIdentifier(tx, identifier)),
  );
}

/** The type of the key under which the unsealing of further payloads waits; its id is the hashes of their patient. Stored. */
const SEALED_TYPE = 'sealed';

/** Reads the patient hashes of a postponed key; null for the key of a resource. */
export const readPostponedHashes = ({ resourceType, id }: ResourceKey): readonly string[] | null =>
  resourceType === SEALED_TYPE ? id.split(',') : null;

/**
 * Unseals the payloads under the hashes, as far as the unit of work may, and postpones the others. `seen`: the payloads that were
 * unsealed already because of the same cause; one that was sealed again is not unsealed for ever.
 */
export async function unsealByHashes(
  tx: SiteTransaction,
  hashes: readonly string[],
  seen: Set<string> = new Set(),
): Promise<readonly UnsealedInteraction[]> {
  const limit = tx.budget.unsealed;
  const payloads = limit > 0 ? await tx.sealedPayloads.take(tx.site, hashes, limit) : [];
  tx.budget.unsealed -= payloads.length;
  const isRepeated = payloads.some(({ contentHash }) => seen.has(contentHash));
  for (const { contentHash } of payloads) seen.add(contentHash);
  if (payloads.length === limit && !isRepeated)
    await deferWork(tx, [{ site: tx.site, resourceType: SEALED_TYPE, id: hashes.join(',') }]);
  for (const { resourceHash } of payloads) await tx.workItems.release(buildSealedKey(tx.site, resourceHash));
  return payloads.map((payload) => openPayload(tx, payload));
}

/** Destroys the sealed payloads of a deleted resource; returns their number. */
export const discardSealedPayloads = (tx: SiteTransaction, key: ResourceKey): Promise<number> =>
  destroySealedResource(tx, hashResourceKey(tx, key));

/** Destroys the sealed payloads of a resource, known by its hash; returns their number. */
export async function destroySealedResource(tx: SiteTransaction, resourceHash: string): Promise<number> {
  await tx.workItems.release(buildSealedKey(tx.site, resourceHash));
  return tx.sealedPayloads.destroyForResource(tx.site, resourceHash);
}

/** Destroys the payloads that are past their sealed days, at every site; returns their number. */
export async function destroyDuePayloads(tx: StoreTransaction, now: string): Promise<number> {
  const due = await tx.sealedPayloads.destroyDue(now);
  for (const { site, resourceHash } of due) await tx.workItems.release(buildSealedKey(site, resourceHash));
  return due.length;
}
