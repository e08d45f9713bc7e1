import type { Interaction } from '../fhir/interaction.ts';
import { parseJson } from '../fhir/lossless-json.ts';
import type { Resource } from '../fhir/resource.ts';
import { compareVersions } from '../intake/compare-versions.ts';
import { readVersionStamp } from '../intake/resource-identity.ts';
import type { ResourceKey } from '../store/inbox-store.ts';
import type { SealedPayload } from '../store/sealed-payload-store.ts';
import type { SiteTransaction } from './site-transaction.ts';

/** A payload that was sealed until its patient was enrolled, and must be accepted now. */
export interface UnsealedInteraction {
  readonly interaction: Interaction;
  readonly door: string;
}

type SealingSite = Pick<SiteTransaction, 'site' | 'seal'>;

/** Returns the keyed hash by which a sealed resource is found again. */
export const hashResourceKey = ({ seal, site }: SealingSite, { resourceType, id }: ResourceKey): string =>
  seal.hash(`${site}|${resourceType}/${id}`);

/** Returns the keyed hash of a patient identifier, by which payloads about the patient are found. */
export const hashPatientIdentifier = ({ seal, site }: SealingSite, identifier: string): string =>
  seal.hash(`${site}|${identifier}`);

/** Returns the keyed hash of an identifier that a sealed Patient carries, by which only Patients are found. */
export const hashRecordIdentifier = ({ seal, site }: SealingSite, identifier: string): string =>
  seal.hash(`${site}|record|${identifier}`);

/** Decrypts a payload, as it was sealed. */
export function openPayload(
  { seal }: Pick<SiteTransaction, 'seal'>,
  payload: SealedPayload,
): UnsealedInteraction {
  return parseJson(seal.open(payload)) as unknown as UnsealedInteraction;
}

/** Finds the newest sealed version of a resource that is newer than `resource` (null: than none); null without one. */
export async function findNewestSealed(
  tx: SiteTransaction,
  resourceHash: string,
  resource: Resource | null,
): Promise<Resource | null> {
  let newest: Resource | null = null;
  for (const payload of await tx.sealedPayloads.listForResource(tx.site, resourceHash)) {
    const content = openPayload(tx, payload).interaction.resource;
    const known = newest ?? resource;
    const isNewer =
      known === null ||
      compareVersions(readVersionStamp(content ?? known), readVersionStamp(known)) === 'older';
    if (content && isNewer) newest = content;
  }
  return newest;
}

/** Selects the payload with the newest version; where the sender's order says nothing, the last that arrived. */
export function selectNewestPayload(
  { seal }: Pick<SiteTransaction, 'seal'>,
  payloads: readonly SealedPayload[],
): SealedPayload | null {
  let newest: { readonly payload: SealedPayload; readonly content: Resource } | null = null;
  for (const payload of payloads) {
    const content = openPayload({ seal }, payload).interaction.resource;
    if (!content) continue;
    const known = newest?.content ?? content;
    if (compareVersions(readVersionStamp(known), readVersionStamp(content)) !== 'older')
      newest = { payload, content };
  }
  return newest?.payload ?? null;
}
