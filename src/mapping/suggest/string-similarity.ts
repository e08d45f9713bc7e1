/** Returns the number of characters to insert, delete or replace to turn one text into the other (Levenshtein). */
function computeEditDistance(a: string, b: string): number {
  let previousRow = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, left] of [...a].entries()) {
    const row = [i + 1];
    for (const [j, right] of [...b].entries()) {
      const replaced = (previousRow[j] ?? 0) + (left === right ? 0 : 1);
      row.push(Math.min(replaced, (previousRow[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1));
    }
    previousRow = row;
  }
  return previousRow[b.length] ?? a.length;
}

/** Returns the similarity of two texts: 1 if they are equal, 0 if they have nothing in common. */
export function computeSimilarity(a: string, b: string): number {
  const maxLength = Math.max(a.length, b.length);
  return maxLength === 0 ? 1 : 1 - computeEditDistance(a, b) / maxLength;
}
