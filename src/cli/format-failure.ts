import type { Command } from 'commander';
import type { Failure, FailureCode } from '../errors.ts';

/** Codes of a command that was called in a wrong way (exit code 2); every other Failure is a refusal (exit code 1). */
const USAGE_CODES: ReadonlySet<FailureCode> = new Set(['cli/usage', 'query/future-day']);

export const isUsageFailure = ({ code }: Failure): boolean => USAGE_CODES.has(code);

/** The place as the operator typed it: the command's option for a parameter (`--as-of` for `asOf`), else its name. */
function resolvePlace({ at, parameter }: Failure, command: Command | null): string | undefined {
  if (at !== undefined || parameter === undefined) return at;
  return command?.options.find((option) => option.attributeName() === parameter)?.long ?? parameter;
}

/** One line for the terminal, with the code last, so that a script can tell one failure from another. */
export function formatFailure(failure: Failure, command: Command | null): string {
  return `${failure.formatLine(resolvePlace(failure, command))} [${failure.code}]`;
}
