/**
 * Tabulates ln(0!) to ln(n!) by summing logarithms, for weights of tables and tails that would overflow as numbers.
 *
 * @param n a whole number of at least 0
 * @returns n + 1 numbers; the k-th is ln(k!), as R's `lfactorial(k)`
 * @example
 * tabulateLnFactorials(3) // => [0, 0, 0.69315, 1.79176]
 */
export function tabulateLnFactorials(n: number): readonly number[] {
  const table = [0];
  for (let i = 1; i <= n; i += 1) table.push((table[i - 1] ?? 0) + Math.log(i));
  return table;
}
