import type { MeasuredValue } from './facts.ts';

/** Formats a value with its comparator, `<5`; the range of results that contradict each other as `18 to 95`. */
export function formatMeasured({ value, comparator, upTo }: MeasuredValue): string {
  return upTo === undefined ? `${comparator ?? ''}${value}` : `${value} to ${upTo}`;
}
