import type { Command } from 'commander';
import type { Failure, FailureCode } from '../errors.ts';

/** Codes for wrong usage of a command (exit code 2); every other Failure is a refusal (exit code 1). */
const USAGE_CODES: ReadonlySet<FailureCode> = new Set(['cli/usage', 'query/future-day']);

/** Whether the command was used wrongly, for the exit code. */
export const isUsageFailure = ({ code }: Failure): boolean => USAGE_CODES.has(code);

/** Resolves the place of a failure: the command's option for a parameter (`--as-of` for `asOf`), else its name. */
function resolvePlace({ at, parameter }: Failure, command: Command | null): string | undefined {
  if (at !== undefined || parameter === undefined) return at;
  return command?.options.find((option) => option.attributeName() === parameter)?.long ?? parameter;
}

/** Formats a failure as one line for the terminal, with its code at the end for scripts. */
export function formatFailure(failure: Failure, command: Command | null): string {
  return `${failure.formatLine(resolvePlace(failure, command))} [${failure.code}]`;
}
