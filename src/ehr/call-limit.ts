/** The error for a call that was given up by `limitCall`. */
export class CallGivenUp extends Error {
  override name = 'CallGivenUp';
}

/**
 * Runs a call and settles within the time limit, whatever the call does: it also settles where the HTTP library never
 * answers, as some do after an unexpected `101 Switching Protocols`. The timer keeps the process alive, so that an attempt
 * is recorded before the process can end. Rejects with CallGivenUp when the time is over, or when `stop` is aborted
 * first; the call's own signal is aborted then, and what it yields later is ignored.
 */
export function limitCall<T>(
  limitMs: number,
  call: (signal: AbortSignal) => Promise<T>,
  stop?: AbortSignal,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const giveUp = new AbortController();
  const end = () => {
    giveUp.abort();
    reject(new CallGivenUp());
  };
  const timer = setTimeout(end, limitMs);
  stop?.addEventListener('abort', end, { once: true });
  if (stop?.aborted) end();
  else call(giveUp.signal).then(resolve, reject);
  return promise.finally(() => {
    clearTimeout(timer);
    stop?.removeEventListener('abort', end);
  });
}
