/**
 * Finds the root of a rising function by bisection, to the last bit.
 *
 * @param rising a function that is below 0 at `from` and above 0 at `to`
 * @returns the point where it crosses 0; an end of the interval where it does not cross
 * @example
 * findRoot((x) => x * x - 2, 0, 2) // => 1.41421
 */
export function findRoot(rising: (x: number) => number, from: number, to: number): number {
  let low = from;
  let high = to;
  // Between the ends that are searched here, fewer than 200 halvings exhaust the digits of a double.
  for (let i = 0; i < 200; i += 1) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (rising(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
