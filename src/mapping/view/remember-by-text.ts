/** A library has some hundred expressions; libraries that are read one after the other must not fill the memory. */
const MOST_REMEMBERED = 10_000;

/**
 * Returns the function with a memory for its results: reading a library again meets the same expressions, and within one
 * each is met several times. The function must depend on the text alone. What it throws is not remembered.
 */
export function rememberByText<T>(compute: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const computed = compute(text);
    if (known.size >= MOST_REMEMBERED) known.clear();
    known.set(text, computed);
    return computed;
  };
}
