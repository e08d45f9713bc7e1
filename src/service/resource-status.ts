import { parseJson } from '../fhir/lossless-json.ts';
import { isObject } from '../fhir/resource.ts';
import type { ResourceVersion } from '../store/inbox-store.ts';
import type { Store } from '../store/store.ts';

/** The current state of a resource in the inbox. */
export interface ResourceStatus {
  /** The `status` of the current version; `deleted`; null where the resource has no status. */
  readonly status: string | null;
  /** The sender's version number; null where the sender states none. */
  readonly version: string | null;
  readonly receivedAt: string;
}

function readStatusElement({ body }: ResourceVersion): string | null {
  if (body === null) return 'deleted';
  const resource = parseJson(body);
  return isObject(resource) && typeof resource.status === 'string' ? resource.status : null;
}

/** Reads the state of a resource by its name, such as `site-1/Observation/o1`; null where the store does not have it. */
export async function readResourceStatus(store: Store, resource: string): Promise<ResourceStatus | null> {
  const [site = '', resourceType = '', ...idParts] = resource.split('/');
  const key = { site, resourceType, id: idParts.join('/') };
  const current = await store.read((tx) => tx.inbox.getCurrent(key));
  if (!current) return null;
  return {
    status: readStatusElement(current),
    version: current.senderVersion,
    receivedAt: current.receivedAt,
  };
}
