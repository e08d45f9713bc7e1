import { type DestinationStream, type Logger, pino } from 'pino';

type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/**
 * Creates the log: one JSON line per event, on standard error unless a destination is passed. Only event-log.ts writes
 * to it, so that one place decides what it may contain. Host name and process id are left to the log collector.
 */
export function createLog(level: LogLevel, destination?: DestinationStream): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return destination ? pino(options, destination) : pino(options, pino.destination({ fd: 2, sync: true }));
}
