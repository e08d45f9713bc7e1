/** The data by which the versions of a resource are ordered. */
export interface VersionStamp {
  /** `meta.versionId` and `meta.lastUpdated` as sent; null where absent. */
  readonly senderVersion: string | null;
  readonly senderUpdated: string | null;
  /** null where the content was not kept. */
  readonly digest: string | null;
  readonly isDeletion: boolean;
  /** Whether the content was not kept, because its patient was not enrolled or had withdrawn: it may be sent again. */
  readonly isContentMissing?: boolean;
}

/**
 * Compares an incoming version with the current one. `new`: it takes effect. `same`: it changes nothing. `older`: it has
 * no effect. `conflict`: the sender has used one version number for two contents.
 *
 * The order is the sender's: `meta.versionId` where both are numbers, else `meta.lastUpdated`, else the order of arrival.
 */
export function compareVersions(
  current: VersionStamp,
  incoming: VersionStamp,
): 'new' | 'same' | 'older' | 'conflict' {
  const hasSameContent = current.digest === incoming.digest && !current.isDeletion;
  const byNumber = compareNumbers(current.senderVersion, incoming.senderVersion);
  if (byNumber === 0) return compareSameNumber(current, hasSameContent);
  if (byNumber !== null) return byNumber < 0 ? 'new' : 'older';
  if (current.senderVersion !== null && current.senderVersion === incoming.senderVersion) {
    return compareSameNumber(current, hasSameContent);
  }
  return compareByTime(current, incoming, hasSameContent);
}

function compareByTime(
  current: VersionStamp,
  incoming: VersionStamp,
  hasSameContent: boolean,
): 'new' | 'same' | 'older' {
  const byTime = compareInstants(current.senderUpdated, incoming.senderUpdated);
  if (byTime === 0 && current.isDeletion) return current.isContentMissing ? 'new' : 'older';
  if (byTime !== null && byTime !== 0) return byTime < 0 ? 'new' : 'older';
  return hasSameContent ? 'same' : 'new';
}

/** Compares versions with one number. A late repeat of a version that was deleted afterwards does not restore it. */
function compareSameNumber(
  current: VersionStamp,
  hasSameContent: boolean,
): 'new' | 'same' | 'older' | 'conflict' {
  if (current.isDeletion) return current.isContentMissing ? 'new' : 'older';
  return hasSameContent ? 'same' : 'conflict';
}

/** Compares version numbers: negative where `a` is the earlier; null where one is absent or not a number. */
function compareNumbers(a: string | null, b: string | null): number | null {
  if (a === null || b === null || !/^\d{1,20}$/.test(a) || !/^\d{1,20}$/.test(b)) return null;
  const [x, y] = [BigInt(a), BigInt(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function compareInstants(a: string | null, b: string | null): number | null {
  const [x, y] = [Date.parse(a ?? ''), Date.parse(b ?? '')];
  return Number.isNaN(x) || Number.isNaN(y) ? null : x - y;
}
