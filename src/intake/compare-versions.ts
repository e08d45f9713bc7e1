/** What is known of a version of a resource. */
export interface VersionStamp {
  readonly senderVersion: string | null;
  readonly senderUpdated: string | null;
  /** null where the content was not kept. */
  readonly digest: string | null;
  readonly isDeletion: boolean;
  /** Its content was not kept, since it was about nobody enrolled or about who had withdrawn: it may come again. */
  readonly isContentMissing?: boolean;
}

/**
 * What an arriving version is against the one in force:
 * `new` it takes effect; `same` it changes nothing; `older` it is kept as history and has no effect;
 * `conflict` the sender gives one version number to two contents.
 *
 * Order is the sender's: `meta.versionId` where both are numbers, else `meta.lastUpdated`, else arrival.
 */
export function compareVersions(
  inForce: VersionStamp,
  arriving: VersionStamp,
): 'new' | 'same' | 'older' | 'conflict' {
  const same = inForce.digest === arriving.digest && !inForce.isDeletion;
  const byNumber = compareNumbers(inForce.senderVersion, arriving.senderVersion);
  if (byNumber === 0) return compareSameNumber(inForce, same);
  if (byNumber !== null) return byNumber < 0 ? 'new' : 'older';
  if (inForce.senderVersion !== null && inForce.senderVersion === arriving.senderVersion) {
    return compareSameNumber(inForce, same);
  }
  return compareByTime(inForce, arriving, same);
}

function compareByTime(
  inForce: VersionStamp,
  arriving: VersionStamp,
  same: boolean,
): 'new' | 'same' | 'older' {
  const byTime = compareInstants(inForce.senderUpdated, arriving.senderUpdated);
  if (byTime === 0 && inForce.isDeletion) return inForce.isContentMissing ? 'new' : 'older';
  if (byTime !== null && byTime !== 0) return byTime < 0 ? 'new' : 'older';
  return same ? 'same' : 'new';
}

/** A late repeat of the version that was deleted afterwards does not bring it back. */
function compareSameNumber(inForce: VersionStamp, same: boolean): 'new' | 'same' | 'older' | 'conflict' {
  if (inForce.isDeletion) return inForce.isContentMissing ? 'new' : 'older';
  return same ? 'same' : 'conflict';
}

/** Negative where `a` is the earlier; null where they cannot be compared. */
function compareNumbers(a: string | null, b: string | null): number | null {
  if (a === null || b === null || !/^\d{1,20}$/.test(a) || !/^\d{1,20}$/.test(b)) return null;
  const [x, y] = [BigInt(a), BigInt(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function compareInstants(a: string | null, b: string | null): number | null {
  const [x, y] = [Date.parse(a ?? ''), Date.parse(b ?? '')];
  return Number.isNaN(x) || Number.isNaN(y) ? null : x - y;
}
