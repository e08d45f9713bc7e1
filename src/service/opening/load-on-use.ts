/** Operations, each of which returns a promise. */
type AsyncOperations<T> = { readonly [K in keyof T]: (...args: never[]) => Promise<unknown> };

/** Creates a function that does the work once, on its first call, and then returns the same. A failure is not kept. */
export function runOnce<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | null = null;
  return () => {
    done ??= work().catch((cause) => {
      done = null;
      throw cause;
    });
    return done;
  };
}

/**
 * Creates operations that are loaded, with the modules behind them, by the first call of any of them. `names` has each of
 * them as a key.
 */
export function loadOnUse<T extends AsyncOperations<T>>(
  names: Readonly<Record<keyof T, true>>,
  load: () => Promise<T>,
): T {
  const loadOnce = runOnce(load);
  const operations = Object.keys(names).map((name) => [
    name,
    async (...args: never[]) => (await loadOnce())[name as keyof T](...args),
  ]);
  return Object.fromEntries(operations) as T;
}
