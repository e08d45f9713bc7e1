import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Request } from 'express';
import { Failure } from '../errors.ts';
import { requireNdjson } from './request-body.ts';
import { closeWhenStalled } from './stalled-request.ts';

/** The body of a request as a stream of bytes after decompression. */
export interface NdjsonBody {
  readonly stream: Readable;
  /** Ends decompression and the watch over the sender; what still arrives is the connection's to discard. */
  close(): void;
}

function openInflatedBody(request: Request): NdjsonBody {
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

/** Opens the body of a request of NDJSON, plain or with gzip. Throws `http/media-type` for any other. */
export function openNdjsonBody(request: Request): NdjsonBody {
  requireNdjson(request);
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (encoding !== 'identity' && encoding !== 'gzip') {
    throw new Failure('http/media-type', 'The Content-Encoding is not supported.', {
      fix: 'Send NDJSON plain or with gzip.',
    });
  }
  const body = encoding === 'gzip' ? openInflatedBody(request) : { stream: request, close: () => undefined };
  const endWatch = closeWhenStalled(request, body.stream);
  return {
    stream: body.stream,
    close() {
      endWatch();
      body.close();
    },
  };
}
