/** A square matrix by rows. */
export type Matrix = readonly (readonly number[])[];

/**
 * Inverts a symmetric positive definite matrix by Gauss-Jordan elimination, as R's `solve`.
 *
 * @returns null where a pivot is 0 (below 1e-12): the matrix has no inverse
 * @example
 * invertMatrix([[2, 0], [0, 4]]) // => [[0.5, 0], [0, 0.25]]
 * invertMatrix([[1, 1], [1, 1]]) // => null
 */
export function invertMatrix(matrix: Matrix): Matrix | null {
  const n = matrix.length;
  const work = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let i = 0; i < n; i += 1) {
    const pivot = work[i]?.[i] ?? 0;
    if (!(Math.abs(pivot) > 1e-12)) return null;
    const scaled = (work[i] ?? []).map((value) => value / pivot);
    work.forEach((row, j) => {
      const factor = row[i] ?? 0;
      work[j] = j === i ? scaled : row.map((value, k) => value - factor * (scaled[k] ?? 0));
    });
  }
  return work.map((row) => row.slice(n));
}
