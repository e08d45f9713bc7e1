import { readVersionStamp } from '../../intake/resource-identity.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import type { IncomingVersion } from './apply-version.ts';

/**
 * What the history of a resource says about an incoming version that seems new. `known`: it was received before and
 * something newer has replaced it, so it has no effect. `known-content`: the same, but neither a version nor a time says
 * whether the sender repeats it or has changed the resource back. `conflict`: its version number had another content.
 */
type HistoryVerdict = 'unknown' | 'known' | 'known-content' | 'conflict';

/**
 * Compares an incoming version with the history. Version ids can be opaque, and `lastUpdated` equal or absent; then only the
 * history tells a late repeat from a new version.
 */
export async function compareWithHistory(
  tx: SiteTransaction,
  { key, resource }: IncomingVersion,
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
  return senderUpdated === null ? 'known-content' : 'known';
}
