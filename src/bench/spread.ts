import { computeQuantile } from '../statistics/quantile.ts';

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

export const roundToDigits = (value: number): number => Number(value.toPrecision(DIGITS));

/** Computes the quantile as SAS does by default; NaN of no values. */
export const computeQuantileOrNaN = (values: readonly number[], share: number): number =>
  computeQuantile(values, share, 2) ?? Number.NaN;

export const summariseRounds = (values: readonly number[]): Spread => ({
  median: roundToDigits(computeQuantileOrNaN(values, 0.5)),
  min: roundToDigits(Math.min(...values)),
  max: roundToDigits(Math.max(...values)),
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
