/** Returns the next number of a sequence: at least 0, below 1. */
export type Generator = () => number;

/** Numbers of a new sequence that are left out, so that similar seeds have different beginnings. */
const WARM_UP = 20;

/**
 * Creates the sequence of a seed: equal seeds yield equal numbers on every machine. Not for secrets.
 * Source: sfc32 (Small Fast Counter) of PractRand, by C. Doty-Humphrey, public domain; its period is at least 2^64.
 */
export function createGenerator(seed: number): Generator {
  let [a, b, c, counter] = [0, seed >>> 0, (seed / 4_294_967_296) >>> 0, 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return (sum >>> 0) / 4_294_967_296;
  };
  for (let i = 0; i < WARM_UP; i++) next();
  return next;
}

/** Draws from the exponential distribution with the mean. */
export const drawExponential = (next: Generator, mean: number): number => -mean * Math.log(1 - next());

/** Draws from the normal distribution. Source: Box and Muller 1958. */
const drawNormal = (next: Generator): number =>
  Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

/**
 * Creates a source of service times with a mean and a coefficient of variation: 0 is a constant, 1 the exponential
 * distribution, any other the log-normal distribution.
 */
export function createServiceTimes(next: Generator, mean: number, variation: number): () => number {
  if (variation === 0) return () => mean;
  if (variation === 1) return () => drawExponential(next, mean);
  const variance = Math.log(1 + variation ** 2);
  const [centre, spread] = [Math.log(mean) - variance / 2, Math.sqrt(variance)];
  return () => Math.exp(centre + spread * drawNormal(next));
}
