import { Failure } from '../../errors.ts';

/**
 * Builds the refusal (`exports/inconsistent`) for a figure that counts a different number of subjects than the trace
 * finds for it. The two numbers are counted in two passes over the same subjects.
 */
export function buildCountMismatch(at: string, counted: number, traced: number): Failure {
  return new Failure(
    'exports/inconsistent',
    `${at}: ${counted} subjects were counted, but ${traced} contribute to the figure`,
    {
      at,
      fix: 'The data may have changed during the export: export again. If it happens again, this is a fault of the adapter.',
    },
  );
}
