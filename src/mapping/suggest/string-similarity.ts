/** How many characters must be put in, taken out or replaced to make one text of the other (Levenshtein). */
export function computeEditDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, left] of [...a].entries()) {
    const row = [i + 1];
    for (const [j, right] of [...b].entries()) {
      const replaced = (above[j] ?? 0) + (left === right ? 0 : 1);
      row.push(Math.min(replaced, (above[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1));
    }
    above = row;
  }
  return above[b.length] ?? a.length;
}

/** 1 for equal texts, 0 for texts that share nothing. */
export function computeSimilarity(a: string, b: string): number {
  const longest = Math.max(a.length, b.length);
  return longest === 0 ? 1 : 1 - computeEditDistance(a, b) / longest;
}
