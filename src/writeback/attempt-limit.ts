import { CallGivenUp, limitCall } from '../ehr/call-limit.ts';
import type { Ehr, EhrFailure, EhrResult } from '../ehr/ehr.ts';

/** How long one attempt may take, with all the calls that it makes. */
export interface AttemptLimit {
  readonly ms: number;
  /** Ends the attempt when it is aborted. */
  readonly stop: AbortSignal;
}

/** The failure of a call that this process gave up, or did not make any more. */
function createGivenUpFailure(effect: EhrFailure['effect']): EhrFailure {
  return {
    code: 'timeout',
    recovery: 'retry',
    effect,
    status: null,
    retryAfterMs: null,
    message: 'no answer (the attempt was ended)',
  };
}

/** Makes a call unless the time is over, and gives it up when it is. */
async function callUntil<T>(
  deadline: number,
  stop: AbortSignal,
  send: () => Promise<EhrResult<T>>,
  effect: EhrFailure['effect'],
): Promise<EhrResult<T>> {
  const remainingMs = deadline - performance.now();
  if (remainingMs <= 0 || stop.aborted) return { ok: false, failure: createGivenUpFailure('none') };
  try {
    return await limitCall(remainingMs, send, stop);
  } catch (error) {
    if (error instanceof CallGivenUp) return { ok: false, failure: createGivenUpFailure(effect) };
    throw error;
  }
}

/**
 * Wraps an EHR for one attempt, which then ends within the limit: a call in progress is given up, and no further call is
 * made; neither is one after an answer that asks for a pause (Retry-After). It does not rely on the time limits of the client, which apply to each of many calls.
 */
export function limitAttempt(ehr: Ehr, { ms, stop }: AttemptLimit): Ehr {
  const deadline = performance.now() + ms;
  let pause: EhrFailure | null = null;
  async function call<T>(
    send: () => Promise<EhrResult<T>>,
    effect: EhrFailure['effect'],
  ): Promise<EhrResult<T>> {
    if (pause !== null) return { ok: false, failure: { ...pause, effect: 'none' } };
    const result = await callUntil(deadline, stop, send, effect);
    if (!result.ok && result.failure.retryAfterMs !== null) pause = result.failure;
    return result;
  }
  return {
    updatesByIdentifier: ehr.updatesByIdentifier,
    sendTransaction: (bundle) => call(() => ehr.sendTransaction(bundle), 'unknown'),
    searchByIdentifier: (resourceType, identifier) =>
      call(() => ehr.searchByIdentifier(resourceType, identifier), 'none'),
    read: (resourceType, id) => call(() => ehr.read(resourceType, id), 'none'),
  };
}
