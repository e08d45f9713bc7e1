import { parseJson, toCanonicalJson } from '../../fhir/lossless-json.ts';
import type { Resource } from '../../fhir/resource.ts';
import { readVersionStamp } from '../../intake/resource-identity.ts';
import { normaliseContent } from '../../intake/statement-identity.ts';
import type { ResourceKey, ResourceVersion } from '../../store/store.ts';
import type { SiteTransaction } from '../site-transaction.ts';

/**
 * What the history of a resource says about an incoming version that seems new. `known`: it was received before and
 * something newer has replaced it, so it has no effect. `known-content`: the same, but neither a version nor a time says
 * whether the sender repeats it or has changed the resource back. `same`: the same, but the current version states what it
 * states, in other words. `conflict`: its version number had another content.
 */
type HistoryVerdict = 'unknown' | 'same' | 'known' | 'known-content' | 'conflict';

/**
 * Compares an incoming version with the history. Version ids can be opaque, and `lastUpdated` equal or absent; then only the
 * history tells a late repeat from a new version.
 */
export async function compareWithHistory(
  tx: SiteTransaction,
  key: ResourceKey,
  resource: Resource,
): Promise<HistoryVerdict> {
  const { senderVersion, senderUpdated, digest } = readVersionStamp(resource);
  if (digest === null) return 'unknown';
  if (senderVersion !== null) {
    const version = await tx.inbox.findBySenderVersion(key, senderVersion);
    if (!version || version.digest === null) return 'unknown';
    return version.digest === digest ? 'known' : 'conflict';
  }
  const repeated = (await tx.inbox.findByDigest(key, digest)).filter(
    (version) => version.senderVersion === null && version.senderUpdated === senderUpdated,
  );
  if (repeated.length === 0) return 'unknown';
  if (senderUpdated !== null) return 'known';
  const current = await tx.inbox.getCurrent(key);
  const isSame = current?.body && isUnversioned(current) && isSameContent(current.body, resource);
  return isSame ? 'same' : 'known-content';
}

const isUnversioned = ({ senderVersion, senderUpdated }: ResourceVersion): boolean =>
  senderVersion === null && senderUpdated === null;

/** Whether both state the same; their subject, which was compared when the resource was identified, may be named otherwise. */
function isSameContent(body: string, resource: Resource): boolean {
  const [current, incoming] = [parseJson(body) as Resource, resource].map(({ subject: _subject, ...rest }) =>
    toCanonicalJson(normaliseContent(rest)),
  );
  return current === incoming;
}
