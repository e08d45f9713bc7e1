import { writeSync } from 'node:fs';
import { type DestinationStream, type Logger, pino } from 'pino';

type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

const STANDARD_ERROR = 2;

/** How often writing is tried again where a slow reader of a pipe has no room, and the pause before; a second in all. */
const MAX_TRIES = 200;
const PAUSE_MS = 5;

const readErrorCode = (cause: unknown): unknown =>
  typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;

/**
 * Writes text to standard error before it returns. The log may lie on a disk that is full, or its reader may be gone: the
 * service goes on, and these lines are lost.
 */
function writeToStandardError(text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0, tries = 0; written < bytes.length; ) {
    try {
      written += writeSync(STANDARD_ERROR, bytes, written);
    } catch (cause) {
      tries += 1;
      if (readErrorCode(cause) !== 'EAGAIN' || tries > MAX_TRIES) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}

/**
 * Opens standard error. The lines of one turn of the event loop are written together, since each write is a call of the system;
 * they are written before the process ends, unless it is killed in that very turn. Not with pino's own destination, which tries
 * for ever where the disk is full.
 */
function openStandardError(): DestinationStream {
  let text = '';
  const flush = () => {
    const lines = text;
    text = '';
    writeToStandardError(lines);
  };
  process.once('exit', flush);
  return {
    write(line) {
      if (text === '') setImmediate(flush);
      text += line;
    },
  };
}

/** One for the process: every log writes to it. */
let standardError: DestinationStream | null = null;

/**
 * Creates the log: one JSON line per event, on standard error unless a destination is passed. Only event-log.ts writes
 * to it, so that one place decides what it may contain. Host name and process id are left to the log collector.
 */
export function createLog(level: LogLevel, destination?: DestinationStream): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (destination) return pino(options, destination);
  standardError ??= openStandardError();
  return pino(options, standardError);
}
