/** How many requests one name may send: on average in a second, and at once. */
export interface BucketSize {
  readonly perSecond: number;
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** The most names that are remembered. Beyond it the one seen longest ago is forgotten, and its next request finds a full bucket. */
const MAX_NAMES = 10_000;

/** Token buckets by name. Each request takes a token, and tokens come back at a constant rate. */
export interface TokenBuckets {
  /** Takes a token; returns 0, or the seconds after which there will be one. */
  take(name: string): number;
}

/** Creates token buckets of one size. `now`: a clock in milliseconds that never goes back. */
export function createTokenBuckets(
  { perSecond, burst }: BucketSize,
  now: () => number = () => performance.now(),
): TokenBuckets {
  /** In the order in which the names were last seen. */
  const buckets = new Map<string, Bucket>();
  return {
    take(name) {
      const time = now();
      const bucket = buckets.get(name) ?? { tokens: burst, filledAt: time };
      buckets.delete(name);
      buckets.set(name, bucket);
      if (buckets.size > MAX_NAMES) {
        const [oldest] = buckets.keys();
        if (oldest !== undefined) buckets.delete(oldest);
      }
      bucket.tokens = Math.min(burst, bucket.tokens + ((time - bucket.filledAt) / 1_000) * perSecond);
      bucket.filledAt = time;
      if (bucket.tokens < 1) return (1 - bucket.tokens) / perSecond;
      bucket.tokens -= 1;
      return 0;
    },
  };
}
