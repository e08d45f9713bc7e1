/** Formats a value with one decimal place. */
export const formatOneDecimal = (value: number): string => value.toFixed(1);

/** Formats a p-value with four decimal places, or as `<0.0001`, so that none is printed as 0; `-` where there is none. */
export const formatPValue = (p: number | null | undefined): string => {
  if (p === null || p === undefined) return '-';
  return p < 0.0001 ? '<0.0001' : p.toFixed(4);
};

/** Formats a ratio with four significant digits; null is infinite. */
export const formatRatio = (ratio: number | null): string =>
  ratio === null ? '∞' : Number(ratio.toPrecision(4)).toString();

/** Formats a value with up to three significant digits after the point; `-` where there is none. */
export const formatNumber = (value: number | null | undefined, places = 2): string =>
  value === null || value === undefined ? '-' : Number(value.toFixed(places)).toString();

/** Formats two limits; one that is not reached is open; `-` without any. */
export function formatLimits(
  limits: readonly [number | null, number | null] | null,
  format: (value: number) => string = formatOneDecimal,
): string {
  const [low, high] = limits ?? [null, null];
  if (low === null && high === null) return '-';
  return `${low === null ? 'open' : format(low)}–${high === null ? 'open' : format(high)}`;
}

/** Formats a share from 0 to 1 in percent. */
export const formatPercent = (share: number | null): string =>
  share === null ? '-' : formatOneDecimal(100 * share);
