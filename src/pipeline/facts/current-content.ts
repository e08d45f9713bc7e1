import type { FhirVersion } from '../../fhir/fhir-version.ts';
import { parseJson } from '../../fhir/lossless-json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { ResourceKey, StoreTransaction } from '../../store/store.ts';

/** A resource and the FHIR version in which it is written. */
export interface ResourceContent {
  readonly resource: Resource;
  readonly fhirVersion: FhirVersion;
}

/** Reads the current content; undefined where the resource is unknown, deleted, or stored without content. */
export async function readCurrentContent(
  tx: StoreTransaction,
  key: ResourceKey,
): Promise<ResourceContent | undefined> {
  const version = await tx.inbox.getCurrent(key);
  if (!version?.body) return undefined;
  return { resource: parseJson(version.body) as Resource, fhirVersion: version.fhirVersion };
}
