import type { Command } from 'commander';
import type { Failure, FailureCode } from '../errors.ts';

/** Codes for wrong usage of a command (exit code 2); every other Failure is a refusal (exit code 1). */
const USAGE_CODES: ReadonlySet<FailureCode> = new Set(['cli/usage', 'query/future-day']);

/** Whether the command was used wrongly, for the exit code. */
export const isUsageFailure = ({ code }: Failure): boolean => USAGE_CODES.has(code);

/**
 * Resolves the place of a failure as the help writes it: the command's option for a parameter (`--as-of` for `asOf`), or its
 * argument (`<subject>`); else the parameter's name.
 */
function resolvePlace({ at, parameter }: Failure, command: Command | null): string | undefined {
  if (at !== undefined || parameter === undefined) return at;
  const option = command?.options.find((candidate) => candidate.attributeName() === parameter);
  if (option?.long) return option.long;
  const isArgument = command?.registeredArguments.some((argument) => argument.name() === parameter);
  return isArgument ? `<${parameter}>` : parameter;
}

/** Formats a failure as one line for the terminal, with its code at the end for scripts. */
export function formatFailure(failure: Failure, command: Command | null): string {
  return `${failure.formatLine(resolvePlace(failure, command))} [${failure.code}]`;
}
