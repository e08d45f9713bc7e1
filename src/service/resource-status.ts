import { parseJson } from '../fhir/lossless-json.ts';
import { isObject } from '../fhir/resource.ts';
import type { ResourceVersion, Store } from '../store/store.ts';

/** How a resource stands in the inbox now. */
export interface ResourceStatus {
  /** The status that its version in force has; `deleted`; null where it has none. */
  readonly status: string | null;
  /** As the sender numbers it; null where he does not. */
  readonly version: string | null;
  readonly receivedAt: string;
}

function readStatusElement({ body }: ResourceVersion): string | null {
  if (body === null) return 'deleted';
  const resource = parseJson(body);
  return isObject(resource) && typeof resource.status === 'string' ? resource.status : null;
}

/** What became of a resource, named `site-1/Observation/o1`; null where the store does not know it. */
export async function readResourceStatus(store: Store, resource: string): Promise<ResourceStatus | null> {
  const [site = '', resourceType = '', ...rest] = resource.split('/');
  const found = await store.read((tx) => tx.inbox.getCurrent({ site, resourceType, id: rest.join('/') }));
  if (!found) return null;
  return { status: readStatusElement(found), version: found.senderVersion, receivedAt: found.receivedAt };
}
