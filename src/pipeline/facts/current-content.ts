import type { FhirVersion } from '../../fhir/fhir-version.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { ResourceKey } from '../../store/inbox-store.ts';
import type { StoreTransaction } from '../../store/store.ts';
import { parseContent } from '../current-versions.ts';

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
  const resource = version && parseContent(version);
  return resource && { resource, fhirVersion: version.fhirVersion };
}
