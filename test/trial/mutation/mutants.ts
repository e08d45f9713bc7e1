import { Decimal } from 'decimal.js';

/** One small change of a definition file: where (JSON pointer), what, and the file with it in. */
export interface Mutant {
  readonly at: string;
  readonly change: string;
  readonly json: unknown;
}

export type JsonPath = readonly (string | number)[];
export type JsonRecord = Readonly<Record<string, unknown>>;

export const isJsonRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value with another one at the path; undefined takes the entry out. */
export function replaceAtPath(json: unknown, [key, ...rest]: JsonPath, value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(json)) {
    if (rest.length === 0 && value === undefined) return json.filter((_, i) => i !== key);
    return json.map((entry, i) => (i === key ? replaceAtPath(entry, rest, value) : entry));
  }
  const { [key]: before, ...others } = json as Record<string, unknown>;
  if (rest.length === 0 && value === undefined) return others;
  // The order of keys is kept: it is the order of the lineages' classes, say.
  return Object.fromEntries(
    Object.entries(json as object).map(([k, v]) => [
      k,
      k === String(key) ? replaceAtPath(before, rest, value) : v,
    ]),
  );
}

/** Makes the mutants of one file. */
export interface MutantMaker {
  replaceAt(path: JsonPath, value: unknown, change: string): Mutant;
}

export function createMutantMaker(json: unknown): MutantMaker {
  return {
    replaceAt: (path, value, change) => ({
      at: `/${path.join('/')}`,
      change,
      json: replaceAtPath(json, path, value),
    }),
  };
}

/** The digits one step up and one down, by the last digit that is printed: `1.0` yields `1.1` and `0.9`. */
export function listNeighbours(digits: string): readonly string[] {
  const value = new Decimal(digits);
  const places = digits.split('.')[1]?.length ?? 0;
  const step = new Decimal(10).pow(-places);
  return [value.plus(step), value.minus(step)]
    .filter((one) => !one.isNegative())
    .map((one) => one.toFixed(places));
}

/** A decimal and a number of days, one step up and one down. */
export function createStepMutants(
  by: MutantMaker,
  path: JsonPath,
  value: string | number,
  least = 0,
): readonly Mutant[] {
  if (typeof value === 'string')
    return listNeighbours(value).map((other) => by.replaceAt(path, other, `${value} to ${other}`));
  return [value + 1, value - 1]
    .filter((other) => other >= least)
    .map((other) => by.replaceAt(path, other, `${value} to ${other}`));
}
