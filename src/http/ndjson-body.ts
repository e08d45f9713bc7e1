import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Request } from 'express';
import { Failure } from '../errors.ts';
import { requireNdjson } from './request-body.ts';
import { type ArrivalPace, observeArrival } from './stalled-request.ts';
import { createStoppingFailure } from './stopping.ts';

/** The body of a request, in chunks of bytes after decompression. */
export interface NdjsonBody {
  /**
   * Throws `http/too-slow` where the sender hardly sends, `http/stopping` where the service stops, and else the error of the
   * stream; the connection stays open for the answer.
   */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Ends decompression and the watch over the sender; what still arrives is the connection's to discard. */
  close(): void;
}

interface OpenedStream {
  readonly stream: Readable;
  close(): void;
}

function openInflatedStream(request: Request): OpenedStream {
  const inflated = createGunzip();
  // Without a listener an error would end the process: after the answer nobody reads the stream any more, and what still
  // arrives may be broken off or no gzip at all. While it is read, its reader learns of the error.
  inflated.on('error', () => undefined);
  const abort = () => {
    if (!request.complete) inflated.destroy(new Error('aborted'));
  };
  request.once('close', abort);
  request.pipe(inflated);
  return {
    stream: inflated,
    close() {
      request.off('close', abort);
      request.unpipe(inflated);
      inflated.destroy();
    },
  };
}

/** Reads a stream without destroying it: there is no other connection to answer on. `interruption` is thrown when it aborts. */
async function* readChunks(stream: Readable, interruption: AbortSignal): AsyncGenerator<Uint8Array> {
  const chunks = stream.iterator({ destroyOnReturn: false });
  for (;;) {
    interruption.throwIfAborted();
    const { promise: interrupted, reject } = Promise.withResolvers<never>();
    const interrupt = () => reject(interruption.reason);
    interruption.addEventListener('abort', interrupt);
    try {
      const next: IteratorResult<Uint8Array> = await Promise.race([chunks.next(), interrupted]);
      if (next.done) return;
      yield next.value;
    } finally {
      interruption.removeEventListener('abort', interrupt);
      // Not waited for: where nothing arrives any more, a read is under way that ends with the connection.
      if (interruption.aborted) chunks.return?.().catch(() => undefined);
    }
  }
}

/**
 * Opens the body of a request of NDJSON, plain or with gzip; it is interrupted when `stopping` aborts, or less than the
 * pace arrives. Throws `http/media-type` for any other.
 */
export function openNdjsonBody(request: Request, stopping: AbortSignal, pace?: ArrivalPace): NdjsonBody {
  requireNdjson(request);
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (encoding !== 'identity' && encoding !== 'gzip') {
    throw new Failure('http/media-type', 'The Content-Encoding is not supported.', {
      fix: 'Send NDJSON plain or with gzip.',
    });
  }
  const opened: OpenedStream =
    encoding === 'gzip' ? openInflatedStream(request) : { stream: request, close: () => undefined };
  const interruption = new AbortController();
  const onSlow = (failure: Failure) => interruption.abort(failure);
  const endObservation = observeArrival(request, opened.stream, onSlow, pace);
  const stop = () => interruption.abort(createStoppingFailure());
  if (stopping.aborted) stop();
  else stopping.addEventListener('abort', stop);
  return {
    chunks: readChunks(opened.stream, interruption.signal),
    close() {
      stopping.removeEventListener('abort', stop);
      endObservation();
      opened.close();
    },
  };
}
