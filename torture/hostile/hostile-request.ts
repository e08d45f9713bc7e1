import { buildSiteHeaders } from '../support/sent-resources.ts';

export const HOSTILE_SITE = 'site-1';

/** A request that a hostile or broken sender makes, and what its answer may be. */
export interface HostileRequest {
  /** What repeats it: a corpus and file, or a seed and number. */
  readonly name: string;
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** Statuses that the answer may have; by default any below 500. */
  readonly allowed?: (status: number) => boolean;
  /** A text of the body that the answer may not contain. */
  readonly secret?: string;
}

export const isRefusal = (status: number): boolean => status >= 400 && status < 500;

const ID_PATTERN = /^[A-Za-z0-9\-.]{1,64}$/;

/** Builds the request that sends a tree: to the address that its type and id name, whatever they are. */
export function buildTreeRequest(name: string, tree: unknown, secret?: string): HostileRequest {
  const { resourceType, id } = (typeof tree === 'object' && tree !== null ? tree : {}) as Record<
    string,
    unknown
  >;
  const type =
    typeof resourceType === 'string' && /^[A-Za-z]{1,40}$/.test(resourceType) ? resourceType : 'Observation';
  const isUpdate = typeof id === 'string' && ID_PATTERN.test(id);
  const path = type === 'Bundle' ? '/fhir' : isUpdate ? `/fhir/${type}/${id}` : `/fhir/${type}`;
  return {
    name,
    method: isUpdate && type !== 'Bundle' ? 'PUT' : 'POST',
    path,
    headers: buildSiteHeaders(HOSTILE_SITE),
    body: JSON.stringify(tree),
    ...(secret === undefined ? {} : { secret }),
  };
}
