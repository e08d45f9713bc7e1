import type { Answer, Interaction } from '../fhir/interaction.ts';
import { parseJson, stringifyJson } from '../fhir/json.ts';
import type { Resource } from '../fhir/resource.ts';
import { contentDigest, versionFacts } from '../intake/identity.ts';
import { compareVersions } from '../intake/version.ts';
import type { ResourceKey, SealedPayload, StoreTransaction } from '../store/store.ts';
import type { InContext } from './context.ts';
import type { PipelineParts } from './parts.ts';
import { hold } from './state.ts';

const DAY = 86_400_000;

/** Payloads about one site's unenrolled patients are one work item, whose resources are known by hash only. */
const NOT_ENROLLED = {
  group: 'patients not enrolled',
  says: 'The patient is not enrolled',
  fix: 'Enrol the patient (ResearchSubject or enroll), or refer to him as he was enrolled.',
  waitsFor: null,
};

/** Results that name nobody wait for their report, which does. */
const NO_REPORT_YET = {
  group: 'results without a patient',
  says: 'It names no patient, and no report of an enrolled patient lists it yet',
  fix: 'Send the DiagnosticReport that lists it, or the result with its subject.',
  waitsFor: 'DiagnosticReport.result',
};

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
  { names, who }: Pick<InContext, 'names' | 'who'>,
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
  const isResult = names.length === 0 && key.resourceType === 'Observation';
  const { says, ...need } = isResult ? NO_REPORT_YET : NOT_ENROLLED;
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
  const hash = resourceHash(parts, key);
  const fresh = await tx.sealed.put({
    site: key.site,
    patientHashes: sealedUnder.map((name) => parts.seal.hash(`${key.site}|${name}`)),
    resourceHash: hash,
    contentHash: parts.seal.hash(
      contentDigest(interaction.resource) + JSON.stringify(interaction.resource.meta ?? ''),
    ),
    ciphertext: parts.seal.close(stringifyJson({ interaction, door })),
    receivedAt: now.toISOString(),
    destroyAfter: new Date(now.getTime() + parts.sealDays * DAY).toISOString(),
  });
  const detail = `${says}; the payload is sealed for ${parts.sealDays} days and then destroyed.`;
  const issue = await hold(tx, parts, sealedKey(key.site, hash), {
    reason: 'unknown-patient',
    element: who,
    detail,
    ...need,
  });
  return { ...nobody, disposition: fresh ? 'held' : 'unchanged', issues: [issue] };
}

/** A newer version of the resource that is sealed: then this one is history, whomever it names. */
export async function newerSealed(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
  resource: Resource,
): Promise<Resource | null> {
  let newest: Resource | null = null;
  for (const payload of await tx.sealed.of(key.site, resourceHash(parts, key))) {
    const { interaction } = opened(parts, payload);
    if (!interaction.resource) continue;
    const than = versionFacts(newest ?? resource);
    if (compareVersions(versionFacts(interaction.resource), than) === 'older') newest = interaction.resource;
  }
  return newest;
}

function opened(parts: PipelineParts, payload: SealedPayload): Unsealed {
  return parseJson(parts.seal.open(payload.ciphertext)) as unknown as Unsealed;
}

/** A payload that was sealed until its patient was enrolled, and must be accepted now. */
export interface Unsealed {
  readonly interaction: Interaction;
  readonly door: string;
}

/** Takes out what was sealed for these names, in order of arrival. */
export async function unseal(
  tx: StoreTransaction,
  parts: PipelineParts,
  site: string,
  names: readonly string[],
): Promise<readonly Unsealed[]> {
  if (names.length === 0) return [];
  const hashes = names.map((name) => parts.seal.hash(`${site}|${name}`));
  const taken = await tx.sealed.take(site, hashes);
  for (const payload of taken) await tx.work.release(sealedKey(site, payload.resourceHash));
  return taken.map((payload) => opened(parts, payload));
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
