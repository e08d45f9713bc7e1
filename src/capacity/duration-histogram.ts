/** Durations in seconds, counted in classes so that many millions of them need little memory. */
export interface DurationHistogram {
  add(seconds: number): void;
  /** The duration that a share of them does not exceed, up to 2 % too long; 0 without any. */
  findQuantile(share: number): number;
  readonly count: number;
  /** Exact. */
  readonly mean: number;
  /** Exact. */
  readonly max: number;
}

/** The lower limit of the first class: anything shorter is no waiting. */
const SHORTEST = 1e-6;

/** Each class is longer than the last by this factor. */
const GROWTH = 1.02;

/** Creates an empty histogram. */
export function createDurationHistogram(): DurationHistogram {
  const counts: number[] = [];
  const scale = 1 / Math.log(GROWTH);
  let [count, sum, max] = [0, 0, 0];
  return {
    get count() {
      return count;
    },
    get mean() {
      return count === 0 ? 0 : sum / count;
    },
    get max() {
      return max;
    },
    add(seconds) {
      count += 1;
      sum += seconds;
      max = Math.max(max, seconds);
      const index = seconds < SHORTEST ? 0 : 1 + Math.floor(Math.log(seconds / SHORTEST) * scale);
      while (counts.length <= index) counts.push(0);
      counts[index] = (counts[index] ?? 0) + 1;
    },
    findQuantile(share) {
      let remaining = share * count;
      for (const [index, inClass] of counts.entries()) {
        remaining -= inClass;
        if (remaining <= 0 && inClass > 0) return index === 0 ? 0 : Math.min(max, SHORTEST * GROWTH ** index);
      }
      return max;
    },
  };
}
