/** The parts of the benchmark, in the order in which they run. */
export const BENCH_PARTS = ['steps', 'bulk', 'push', 'growth', 'judge', 'start'] as const;

export type BenchPart = (typeof BENCH_PARTS)[number];

/** How much is measured. */
export interface BenchSettings {
  readonly mode: 'default' | 'quick' | 'full';
  readonly rounds: number;
  readonly parts: readonly BenchPart[];
  /** Enrolled subjects, over whom results are spread. */
  readonly subjects: number;
  /** Whether each measurement begins with a round that is not counted. */
  readonly warmUp: boolean;
  /** Resources a round of the single steps. */
  readonly stepResources: number;
  /** Bulk deliveries, one size after the other; `once`: only to fill a store for later parts, where all rounds would take too long. */
  readonly bulkSizes: readonly { readonly size: number; readonly once?: boolean }[];
  /** Seconds: a `once` delivery that would take longer at the rate of the size before it is left out. */
  readonly longestDelivery: number;
  /** Stored resources at which single pushes are measured again. */
  readonly growthSizes: readonly number[];
  /** Requests of one measurement: as many as fit into the milliseconds, and no more than this. */
  readonly pushRequests: { readonly most: number; readonly milliseconds: number };
  /** Results of the subject who is assessed again. */
  readonly judgeSizes: readonly number[];
  /** Stored resources at which one subject is assessed again. */
  readonly recomputeSizes: readonly number[];
}

type Sizes = Omit<BenchSettings, 'mode' | 'rounds' | 'parts'>;

const SIZES: Readonly<Record<BenchSettings['mode'], Sizes>> = {
  quick: {
    subjects: 10,
    warmUp: false,
    stepResources: 40,
    bulkSizes: [{ size: 200 }],
    longestDelivery: 60,
    growthSizes: [],
    pushRequests: { most: 32, milliseconds: 200 },
    judgeSizes: [10],
    recomputeSizes: [],
  },
  default: {
    subjects: 200,
    warmUp: true,
    stepResources: 1_000,
    bulkSizes: [{ size: 1_000, once: true }, { size: 10_000 }, { size: 100_000, once: true }],
    longestDelivery: 30,
    growthSizes: [1_000, 10_000, 100_000],
    pushRequests: { most: 2_000, milliseconds: 1_000 },
    judgeSizes: [100, 1_000, 10_000],
    recomputeSizes: [1_000, 100_000],
  },
  full: {
    subjects: 200,
    warmUp: true,
    stepResources: 2_000,
    bulkSizes: [{ size: 1_000, once: true }, { size: 10_000 }, { size: 100_000 }, { size: 1_000_000 }],
    longestDelivery: Number.POSITIVE_INFINITY,
    growthSizes: [10_000, 100_000, 1_000_000],
    pushRequests: { most: 5_000, milliseconds: 2_000 },
    judgeSizes: [100, 1_000, 10_000],
    recomputeSizes: [1_000, 100_000],
  },
};

/** Rounds by mode: a median needs five; a smoke test needs one. */
const ROUNDS: Readonly<Record<BenchSettings['mode'], number>> = { quick: 1, default: 5, full: 5 };

/** Builds the settings of a mode; `rounds` and `parts` replace its own where they are named. */
export function buildBenchSettings(
  mode: BenchSettings['mode'],
  { rounds, parts }: Partial<Pick<BenchSettings, 'rounds' | 'parts'>>,
): BenchSettings {
  return {
    mode,
    ...SIZES[mode],
    rounds: rounds ?? ROUNDS[mode],
    parts: parts ?? BENCH_PARTS,
  };
}
