import type { Interaction, InteractionResult } from '../../fhir/interaction.ts';
import { parseJson, stringifyJson } from '../../fhir/lossless-json.ts';
import type { Resource } from '../../fhir/resource.ts';
import { compareVersions } from '../../intake/compare-versions.ts';
import { digestContent, readVersionStamp } from '../../intake/resource-identity.ts';
import type { ResourceKey, SealedPayload, StoreTransaction } from '../../store/store.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import type { ResourceInContext } from '../facts/inherit-from-report.ts';
import { holdAsWorkItem } from '../facts/store-facts.ts';

const DAY_MS = 86_400_000;

/** Payloads about one site's unenrolled patients are one work item, whose resources are known by hash only. */
const NOT_ENROLLED_NEED = {
  group: 'patients not enrolled',
  says: 'The patient is not enrolled',
  fix: 'Enrol the patient (ResearchSubject or enroll), or refer to him as he was enrolled.',
  waitsFor: null,
};

/** Results that name nobody wait for their report, which does. */
const NO_REPORT_NEED = {
  group: 'results without a patient',
  says: 'It names no patient, and no report of an enrolled patient lists it yet',
  fix: 'Send the DiagnosticReport that lists it, or the result with its subject.',
  waitsFor: 'DiagnosticReport.result',
};

function buildSealedKey(site: string, resourceHash: string): ResourceKey {
  return { site, resourceType: 'Sealed', id: resourceHash.slice(0, 16) };
}

/** The keyed hash by which a sealed resource is found again. */
export function hashResourceKey(parts: PipelineDependencies, key: ResourceKey): string {
  return parts.seal.hash(`${key.site}|${key.resourceType}/${key.id}`);
}

/**
 * What becomes of a payload about a patient who is not enrolled: sealed for the days that the study says, so that
 * baseline results can precede enrolment, or counted and dropped. Nothing of it is readable afterwards.
 */
export async function sealOrDrop(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  key: ResourceKey,
  interaction: Interaction & { readonly resource: Resource },
  {
    patientIdentifiers: names,
    patientElement: who,
  }: Pick<ResourceInContext, 'patientIdentifiers' | 'patientElement'>,
  door: string,
): Promise<InteractionResult> {
  const nobody = {
    status: 200,
    resourceType: key.resourceType,
    id: null,
    version: null,
    lastModified: null,
    facts: 0,
  };
  const isResult = names.length === 0 && key.resourceType === 'Observation';
  const { says, ...need } = isResult ? NO_REPORT_NEED : NOT_ENROLLED_NEED;
  const sealedUnder = isResult ? [`Observation/${key.id}`] : names;
  if (parts.sealDays === null || sealedUnder.length === 0) {
    const diagnostics = `Dropped, nothing was kept: the patient is not enrolled. Fix: ${need.fix}`;
    const issue = {
      severity: 'warning',
      code: 'business-rule',
      detail: 'dropped',
      expression: who,
      diagnostics,
    } as const;
    return { ...nobody, disposition: 'dropped', issues: [issue] };
  }
  const now = parts.now();
  const hash = hashResourceKey(parts, key);
  const fresh = await tx.sealedPayloads.put({
    site: key.site,
    patientHashes: sealedUnder.map((name) => parts.seal.hash(`${key.site}|${name}`)),
    resourceHash: hash,
    contentHash: parts.seal.hash(
      digestContent(interaction.resource) + JSON.stringify(interaction.resource.meta ?? ''),
    ),
    ciphertext: parts.seal.close(stringifyJson({ interaction, door })),
    receivedAt: now.toISOString(),
    destroyAfter: new Date(now.getTime() + parts.sealDays * DAY_MS).toISOString(),
  });
  const detail = `${says}; the payload is sealed for ${parts.sealDays} days and then destroyed.`;
  const issue = await holdAsWorkItem(tx, parts, buildSealedKey(key.site, hash), {
    reason: 'unknown-patient',
    element: who,
    detail,
    ...need,
  });
  return { ...nobody, disposition: fresh ? 'held' : 'unchanged', issues: [issue] };
}

/** A newer version of the resource that is sealed: then this one is history, whomever it names. */
export async function findNewerSealed(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  key: ResourceKey,
  resource: Resource,
): Promise<Resource | null> {
  let newest: Resource | null = null;
  for (const payload of await tx.sealedPayloads.listForResource(key.site, hashResourceKey(parts, key))) {
    const { interaction } = openPayload(parts, payload);
    if (!interaction.resource) continue;
    const than = readVersionStamp(newest ?? resource);
    if (compareVersions(readVersionStamp(interaction.resource), than) === 'older')
      newest = interaction.resource;
  }
  return newest;
}

function openPayload(parts: PipelineDependencies, payload: SealedPayload): UnsealedInteraction {
  return parseJson(parts.seal.open(payload.ciphertext)) as unknown as UnsealedInteraction;
}

/** A payload that was sealed until its patient was enrolled, and must be accepted now. */
export interface UnsealedInteraction {
  readonly interaction: Interaction;
  readonly door: string;
}

/** Takes out what was sealed for these names, in order of arrival. */
export async function unsealPayloads(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  site: string,
  names: readonly string[],
): Promise<readonly UnsealedInteraction[]> {
  if (names.length === 0) return [];
  const hashes = names.map((name) => parts.seal.hash(`${site}|${name}`));
  const taken = await tx.sealedPayloads.take(site, hashes);
  for (const payload of taken) await tx.workItems.release(buildSealedKey(site, payload.resourceHash));
  return taken.map((payload) => openPayload(parts, payload));
}

/** Destroys what a deletion names or what has reached its day. */
export async function discardSealedPayloads(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  key: ResourceKey,
): Promise<number> {
  const hash = hashResourceKey(parts, key);
  await tx.workItems.release(buildSealedKey(key.site, hash));
  return tx.sealedPayloads.destroyForResource(key.site, hash);
}

export async function destroyDuePayloads(tx: StoreTransaction, now: string): Promise<number> {
  const due = await tx.sealedPayloads.destroyDue(now);
  for (const { site, resourceHash: hash } of due) await tx.workItems.release(buildSealedKey(site, hash));
  return due.length;
}
