/** The median of several rounds, with the smallest and the largest of them. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** What was measured, next to the floor that did the same work in the same rounds. */
export interface Comparison {
  readonly unit: string;
  readonly floor: Spread;
  readonly ours: Spread;
  /** Ours through the floor, round by round. */
  readonly ratio: Spread;
}

/** Significant digits of a printed figure: more would be noise. */
const DIGITS = 4;

export const roundFigure = (value: number): number => Number(value.toPrecision(DIGITS));

/** Computes the quantile of a list by the nearest rank; NaN for an empty list. */
export function computeQuantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Computes the median: the mean of the two middle values where their number is even. NaN for an empty list. */
function computeMedian(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

export const summariseRounds = (values: readonly number[]): Spread => ({
  median: roundFigure(computeMedian(values)),
  min: roundFigure(Math.min(...values)),
  max: roundFigure(Math.max(...values)),
});

/** Compares the rounds of ours with those of the floor. Both lists are in the order of the rounds. */
export function compareRounds(unit: string, ours: readonly number[], floor: readonly number[]): Comparison {
  return {
    unit,
    floor: summariseRounds(floor),
    ours: summariseRounds(ours),
    ratio: summariseRounds(ours.map((value, round) => value / (floor[round] ?? Number.NaN))),
  };
}

/**
 * Runs every variant once in each round, in turn, so that a noisy minute of the machine strikes all of them. A round that
 * is not counted comes first where `warmUp` is true: it compiles the code.
 */
export async function measureInRounds<Measured extends object>(
  rounds: number,
  warmUp: boolean,
  variants: { readonly [Variant in keyof Measured]: (round: number) => Promise<Measured[Variant]> },
): Promise<{ readonly [Variant in keyof Measured]: readonly Measured[Variant][] }> {
  const names = Object.keys(variants) as (keyof Measured)[];
  const measured = Object.fromEntries(names.map((name) => [name, []])) as unknown as {
    [Variant in keyof Measured]: Measured[Variant][];
  };
  for (let round = warmUp ? -1 : 0; round < rounds; round++) {
    for (const name of names) {
      const value = await variants[name](round);
      if (round >= 0) measured[name].push(value);
    }
  }
  return measured;
}

/** Measures the CPU time that this process uses for the work, in microseconds. */
export async function measureCpu(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
