import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';

/** The time after which a request is closed whose sender sends nothing of the rest of it. */
const STALL_MS = 30_000;

/**
 * Closes a request of which nothing arrives for `stallMs` while more of it must come. The time in which the adapter itself
 * works on what has arrived, or on a request that has arrived whole, does not count. Returns the function that ends the
 * watch.
 */
export function closeWhenStalled(
  request: IncomingMessage,
  body: Readable = request,
  stallMs: number = STALL_MS,
): () => void {
  let bytesSeen = request.socket.bytesRead;
  let isEnded = false;
  const timer = setInterval(() => {
    // What arrived while the process was busy is read between timers and immediates.
    setImmediate(() => {
      const { bytesRead } = request.socket;
      const hasUnread = request.readableLength > 0 || body.readableLength > 0;
      if (bytesRead === bytesSeen && !hasUnread && !request.complete && !isEnded) request.destroy();
      bytesSeen = bytesRead;
    });
  }, stallMs);
  return () => {
    isEnded = true;
    clearInterval(timer);
  };
}
