import type { ConfigWarning } from '../config/config-warnings.ts';
import type { Io } from './terminal.ts';

/** Prints what works and should not stay. The names of tokens are their places in the configuration, never the tokens. */
export function printWarnings(io: Io, warnings: readonly ConfigWarning[]): void {
  for (const { at, message, fix } of warnings) io.err(`Warning: ${at}: ${message} Fix: ${fix}\n`);
}
