import { toCanonicalJson } from '../../fhir/canonical-json.ts';
import { parseJson } from '../../fhir/lossless-json.ts';
import type { Resource } from '../../fhir/resource.ts';
import { compareVersions, type VersionStamp } from '../../intake/compare-versions.ts';
import { readVersionStamp } from '../../intake/resource-identity.ts';
import { normaliseContent } from '../../intake/statement-identity.ts';
import type { ResourceKey, ResourceVersion } from '../../store/inbox-store.ts';
import type { SiteTransaction } from '../site-transaction.ts';

/**
 * What the history of a resource says about an incoming version that seems new. `known`: it was received before and
 * something newer has replaced it, so it has no effect. `known-content`: the same, but neither a version nor a time says
 * whether the sender repeats it or has changed the resource back. `same`: the same, but the current version states what it
 * states, in other words. `older`: a version that the sender numbers or dates later was received before. `conflict`: its
 * version number had another content.
 */
type HistoryVerdict = 'unknown' | 'same' | 'older' | 'known' | 'known-content' | 'conflict';

/**
 * Compares an incoming version with the history. Version ids can be opaque, and `lastUpdated` equal or absent; then only the
 * history tells a late repeat from a new version.
 */
export async function compareWithHistory(
  tx: SiteTransaction,
  key: ResourceKey,
  resource: Resource,
): Promise<HistoryVerdict> {
  const verdict = await compareWithRepeats(tx, key, resource);
  return verdict === 'unknown' && (await hasNewerVersion(tx, key, resource)) ? 'older' : verdict;
}

/** Compares an incoming version with those of its number or content. */
async function compareWithRepeats(
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
  if ((await tx.inbox.findRepeated(key, { digest, senderVersion, senderUpdated })) === null) return 'unknown';
  if (senderUpdated !== null) return 'known';
  const current = await tx.inbox.getCurrent(key);
  const isSame = current?.body && isUnversioned(current) && isSameContent(current.body, resource);
  return isSame ? 'same' : 'known-content';
}

/**
 * Whether a version with content that was received before is newer in the sender's order. The current one may have neither a
 * number nor a time, such as the same statement sent without an id.
 */
async function hasNewerVersion(tx: SiteTransaction, key: ResourceKey, resource: Resource): Promise<boolean> {
  // What was deleted may be sent again.
  if (!(await tx.inbox.getCurrent(key))?.body) return false;
  const stamp = readVersionStamp(resource);
  const { number, updatedOfNumbered, updatedOfOthers } = await tx.inbox.findNewestStamps(key);
  const newest: readonly VersionStamp[] = [
    { ...NO_STAMP, senderVersion: number },
    // Two numbered versions are compared by their numbers alone.
    { ...NO_STAMP, senderVersion: number, senderUpdated: updatedOfNumbered },
    { ...NO_STAMP, senderUpdated: updatedOfOthers },
  ];
  return newest.some((version) => compareVersions(version, stamp) === 'older');
}

/** A version with content of which the sender states neither number nor time. */
const NO_STAMP: VersionStamp = { senderVersion: null, senderUpdated: null, digest: null, isDeletion: false };

const isUnversioned = ({ senderVersion, senderUpdated }: ResourceVersion): boolean =>
  senderVersion === null && senderUpdated === null;

/** Whether both state the same; their subject, which was compared when the resource was identified, may be named otherwise. */
function isSameContent(body: string, resource: Resource): boolean {
  const [current, incoming] = [parseJson(body) as Resource, resource].map(({ subject: _subject, ...rest }) =>
    toCanonicalJson(normaliseContent(rest)),
  );
  return current === incoming;
}
