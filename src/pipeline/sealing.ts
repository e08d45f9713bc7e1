import type { Answer, Interaction } from '../fhir/interaction.ts';
import { parseJson, stringifyJson } from '../fhir/json.ts';
import type { Resource } from '../fhir/resource.ts';
import { contentDigest } from '../intake/identity.ts';
import type { PatientNames } from '../intake/patient.ts';
import type { ResourceKey, StoreTransaction } from '../store/store.ts';
import type { PipelineParts } from './parts.ts';
import { hold } from './state.ts';

const DAY = 86_400_000;

/** Payloads about one site's unenrolled patients are one work item, whose resources are known by hash only. */
const NEED = {
  reason: 'unknown-patient',
  group: 'patients not enrolled',
  waitsFor: null,
} as const;

function sealedKey(site: string, resourceHash: string): ResourceKey {
  return { site, resourceType: 'Sealed', id: resourceHash.slice(0, 16) };
}

/** The keyed hash by which a sealed resource is found again. */
export function resourceHash(parts: PipelineParts, key: ResourceKey): string {
  return parts.seal.hash(`${key.site}|${key.resourceType}/${key.id}`);
}

/**
 * What becomes of a payload about a patient who is not enrolled: sealed for the days that the study says, so that
 * baseline results can precede enrolment, or counted and dropped. Nothing of it is readable afterwards.
 */
export async function sealOrDrop(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
  interaction: Interaction & { readonly resource: Resource },
  who: PatientNames,
  door: string,
): Promise<Answer> {
  const nobody = {
    status: 200,
    resourceType: key.resourceType,
    id: null,
    version: null,
    lastModified: null,
    facts: 0,
  };
  const fix = 'Enrol the patient (ResearchSubject or enroll), or refer to him as he was enrolled.';
  if (parts.sealDays === null || who.names.length === 0) {
    const diagnostics = `Dropped, nothing was kept: the patient is not enrolled. Fix: ${fix}`;
    const issue = {
      severity: 'warning',
      code: 'business-rule',
      detail: 'dropped',
      expression: who.element,
      diagnostics,
    } as const;
    return { ...nobody, disposition: 'dropped', issues: [issue] };
  }
  const now = parts.now();
  const hash = resourceHash(parts, key);
  const fresh = await tx.sealed.put({
    site: key.site,
    patientHashes: who.names.map((name) => parts.seal.hash(`${key.site}|${name}`)),
    resourceHash: hash,
    contentHash: parts.seal.hash(
      contentDigest(interaction.resource) + JSON.stringify(interaction.resource.meta ?? ''),
    ),
    ciphertext: parts.seal.close(stringifyJson({ interaction, door })),
    receivedAt: now.toISOString(),
    destroyAfter: new Date(now.getTime() + parts.sealDays * DAY).toISOString(),
  });
  const detail = `The patient is not enrolled; the payload is sealed for ${parts.sealDays} days and then destroyed.`;
  const issue = await hold(tx, parts, sealedKey(key.site, hash), {
    ...NEED,
    element: who.element,
    detail,
    fix,
  });
  return { ...nobody, disposition: fresh ? 'held' : 'unchanged', issues: [issue] };
}

/** Takes out what was sealed for these names, in order of arrival. */
export async function unseal(
  tx: StoreTransaction,
  parts: PipelineParts,
  site: string,
  names: readonly string[],
): Promise<readonly { interaction: Interaction; door: string }[]> {
  const hashes = names.map((name) => parts.seal.hash(`${site}|${name}`));
  const taken = await tx.sealed.take(site, hashes);
  for (const payload of taken) await tx.work.release(sealedKey(site, payload.resourceHash));
  return taken.map(
    (payload) => parseJson(parts.seal.open(payload.ciphertext)) as { interaction: Interaction; door: string },
  );
}

/** Destroys what a deletion names or what has reached its day. */
export async function discardSealed(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
): Promise<number> {
  const hash = resourceHash(parts, key);
  await tx.work.release(sealedKey(key.site, hash));
  return tx.sealed.discard(key.site, hash);
}

export async function destroyDueSeals(tx: StoreTransaction, now: string): Promise<number> {
  const due = await tx.sealed.destroyDue(now);
  for (const { site, resourceHash: hash } of due) await tx.work.release(sealedKey(site, hash));
  return due.length;
}
