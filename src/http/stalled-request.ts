import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Failure } from '../errors.ts';

/** The least that must arrive of a request while the service waits for it. */
export interface ArrivalPace {
  readonly windowMs: number;
  /** In each window. */
  readonly bytes: number;
}

/** 137 bytes a second: slower than any line, and fast enough that nobody keeps a request open by a byte now and then. */
const PACE: ArrivalPace = { windowMs: 30_000, bytes: 4_096 };

const LOOKS_PER_WINDOW = 10;

const createSlowFailure = (): Failure =>
  new Failure('http/too-slow', 'Too little of the request arrived in the time for it.', {
    fix: 'Send the request without a pause.',
  });

/**
 * Calls `onSlow` when less than the pace arrives of a request in a window while more of it must come. The time in which the
 * adapter itself works on what has arrived, or on a request that has arrived whole, does not count. Returns the function that
 * ends the observation.
 */
export function observeArrival(
  request: IncomingMessage,
  body: Readable,
  onSlow: (failure: Failure) => void,
  { windowMs, bytes }: ArrivalPace = PACE,
): () => void {
  let isEnded = false;
  let window = { begunAt: performance.now(), bytes: request.socket.bytesRead };
  const look = () => {
    if (isEnded) return;
    const now = { begunAt: performance.now(), bytes: request.socket.bytesRead };
    const hasUnread = request.readableLength > 0 || body.readableLength > 0;
    const isWaiting = !hasUnread && !request.complete;
    if (isWaiting && now.begunAt - window.begunAt < windowMs) return;
    if (isWaiting && now.bytes - window.bytes < bytes) onSlow(createSlowFailure());
    window = now;
  };
  // What arrived while the process was busy is read between timers and immediates.
  const timer = setInterval(() => setImmediate(look), windowMs / LOOKS_PER_WINDOW);
  return () => {
    isEnded = true;
    clearInterval(timer);
  };
}
