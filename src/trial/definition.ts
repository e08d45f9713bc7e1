/** What is wrong in a definition file: where (file and JSON pointer), what, and how to put it right. */
export interface DefinitionProblem {
  readonly at: string;
  readonly message: string;
  readonly fix: string;
}

/** A checked definition, or everything that is wrong with it (never both, never an exception). */
export type ParseResult<T> = { readonly value: T } | { readonly problems: readonly DefinitionProblem[] };

type DefinitionFields = Readonly<Record<string, unknown>>;

/**
 * Reads a definition file value by value. Each method notes a problem and gives a harmless stand-in where the value
 * is wrong, so that one pass finds every mistake; `finish` gives the value only where there was none.
 */
export interface DefinitionReader {
  /** An object with no other keys than these; keys that end in `?` may be missing. */
  fields(value: unknown, at: string, keys: readonly string[]): DefinitionFields;
  text(value: unknown, at: string): string;
  /** A whole number of at least `least`. */
  whole(value: unknown, at: string, least: number): number;
  /** A decimal as a string of digits, such as `"1.5"`: a JSON number has already lost its digits. */
  decimal(value: unknown, at: string): string;
  oneOf<T extends string>(value: unknown, at: string, words: readonly T[]): T;
  /** A list with at least one entry. */
  list<T>(value: unknown, at: string, entry: (value: unknown, at: string) => T): readonly T[];
  problem(at: string, message: string, fix: string): void;
  finish<T>(value: T): ParseResult<T>;
}

const DECIMAL_PATTERN = /^(0|[1-9]\d*)(\.\d+)?$/;

function quoteValue(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** A reader for one file; `file` names it in every problem. Missing data gives a problem, never a default. */
export function createDefinitionReader(file: string): DefinitionReader {
  const problems: DefinitionProblem[] = [];
  const problem = (at: string, message: string, fix: string): void => {
    problems.push({ at: `${file}#${at}`, message, fix });
  };
  const checkKeys = (given: DefinitionFields, at: string, keys: readonly string[]): void => {
    const known = new Set(keys.map((key) => key.replace(/\?$/, '')));
    for (const key of Object.keys(given)) {
      if (!known.has(key))
        problem(`${at}/${key}`, `unknown key ${key}`, `use one of ${[...known].join(', ')}`);
    }
    for (const key of keys) {
      if (!key.endsWith('?') && given[key] === undefined) problem(at, `${key} is missing`, `add "${key}"`);
    }
  };
  return {
    problem,
    fields(value, at, keys) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        problem(at, `${quoteValue(value)} is not an object`, `write an object with ${keys.join(', ')}`);
        return {};
      }
      const given = value as DefinitionFields;
      checkKeys(given, at, keys);
      return given;
    },
    text(value, at) {
      if (typeof value === 'string' && value.trim() !== '') return value;
      problem(at, `${quoteValue(value)} is not a text`, 'write a text that is not empty');
      return '';
    },
    whole(value, at, least) {
      if (typeof value === 'number' && Number.isInteger(value) && value >= least) return value;
      problem(at, `${quoteValue(value)} is not a whole number of at least ${least}`, 'write such a number');
      return least;
    },
    decimal(value, at) {
      if (typeof value === 'string' && DECIMAL_PATTERN.test(value)) return value;
      problem(
        at,
        `${quoteValue(value)} is not a decimal in quotes`,
        'write the digits as a string, such as "1.5"',
      );
      return '0';
    },
    oneOf<T extends string>(value: unknown, at: string, words: readonly T[]): T {
      const found = words.find((word) => word === value);
      if (found !== undefined) return found;
      problem(at, `${quoteValue(value)} is not known here`, `use one of ${words.join(', ')}`);
      return words[0] as T;
    },
    list(value, at, entry) {
      if (Array.isArray(value) && value.length > 0) return value.map((v, i) => entry(v, `${at}/${i}`));
      problem(at, `${quoteValue(value)} is not a list with entries`, 'write a list with at least one entry');
      return [];
    },
    finish(value) {
      return problems.length > 0 ? { problems } : { value };
    },
  };
}
