import { type DestinationStream, type Logger, pino } from 'pino';

type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** More than the lines of one turn of the event loop. */
const BUFFER_BYTES = 16_000;

/**
 * Opens standard error. The lines of one turn of the event loop are written together, since each write is a call of the system;
 * they are written before the process ends, unless it is killed in that very turn.
 */
function openStandardError(): DestinationStream {
  const stream = pino.destination({ fd: 2, sync: true, minLength: BUFFER_BYTES });
  let isDue = false;
  const flush = () => {
    isDue = false;
    stream.flushSync();
  };
  process.once('exit', flush);
  return {
    write(line) {
      stream.write(line);
      if (isDue) return;
      isDue = true;
      setImmediate(flush);
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
