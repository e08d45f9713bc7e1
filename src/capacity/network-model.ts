/** What is simulated: hospitals that push results to instances of the service. Times are in seconds unless named otherwise. */
export interface NetworkModel {
  readonly seed: number;
  readonly hospitals: number;
  /** Results of one hospital, averaged over the day. */
  readonly resultsPerMinute: number;
  /** Results that are sent together: one Bundle or one resource. */
  readonly resultsPerPush: number;
  /** The load of each hour as a multiple of the average; as many as hours in the day, averaging 1. */
  readonly dailyProfile: readonly number[];
  /** The hours of the day that are simulated: from the first up to the second. */
  readonly hours: readonly [from: number, to: number];
  /** Requests that a hospital has under way at one time: interface engines send in order, so 1. */
  readonly connections: number;
  readonly instances: number;
  /** CPU of one push in an instance: for the request, and for each result. */
  readonly cpu: { readonly perPush: number; readonly perResult: number };
  /** Coefficient of variation of the CPU of a push: 0 constant, 1 exponential, other log-normal. */
  readonly cpuVariation: number;
  /** One commit, which pushes that wait together share: at most `pushes` of them. */
  readonly commit: { readonly duration: number; readonly pushes: number };
  /** Pushes that may wait for an instance; more are refused (503), and the hospital tries again. */
  readonly queueLimit: number;
  /** How a hospital waits after a refusal: doubling up to the longest, less a random part of it (0 to 1). */
  readonly backOff: { readonly first: number; readonly longest: number; readonly jitter: number };
  /** When no instance can be reached, in hours of the day; null: always. */
  readonly outage: { readonly from: number; readonly hours: number } | null;
}

/**
 * The load of each hour. An assumption, not a measurement: samples of inpatients are drawn early so that results are there
 * for the rounds, outpatients follow until the afternoon. The busiest hour has three times the average.
 */
const MORNING_PEAK: readonly number[] = [
  ...[0.3, 0.25, 0.25, 0.3, 0.5, 0.9, 1.6, 2.5],
  ...[3.0, 2.6, 2.1, 1.7, 1.4, 1.3, 1.2, 1.0],
  ...[0.8, 0.6, 0.45, 0.35, 0.25, 0.25, 0.2, 0.2],
];

/** Scales a profile to an average of 1. */
export function normaliseProfile(profile: readonly number[]): readonly number[] {
  const mean = profile.reduce((sum, load) => sum + load, 0) / profile.length;
  return profile.map((load) => load / mean);
}

/** The network of a thousand hospitals; the durations are assumptions, to be replaced by what `bench` measures. */
export const DEFAULT_NETWORK: NetworkModel = {
  seed: 1,
  hospitals: 1_000,
  resultsPerMinute: 100,
  resultsPerPush: 10,
  dailyProfile: normaliseProfile(MORNING_PEAK),
  hours: [0, 24],
  connections: 1,
  instances: 4,
  cpu: { perPush: 0.001, perResult: 0.0005 },
  cpuVariation: 0.5,
  commit: { duration: 0.001, pushes: 32 },
  queueLimit: 10_000,
  backOff: { first: 1, longest: 300, jitter: 0.5 },
  outage: null,
};
