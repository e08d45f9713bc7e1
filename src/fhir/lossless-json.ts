import { LosslessNumber, parse } from 'lossless-json';
import { Failure } from '../errors.ts';

/**
 * A JSON number as received: a plain number where that prints the same digits, else (`1.50`, `0.010`, 20 digits) a
 * LosslessNumber, which keeps the text. FHIR decimals keep their precision, trailing zeros included (FHIR R4 datatypes,
 * decimal).
 */
export type WireNumber = number | LosslessNumber;

/** Limits that keep one payload from exhausting stack and memory. */
const MAX_DEPTH = 100;
const MAX_NUMBER_LENGTH = 64;

const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

function createMalformedFailure(message: string, fix: string): Failure {
  return new Failure('fhir/malformed', message, { spec: 'RFC 8259; FHIR R4 JSON format', fix });
}

function parseWireNumber(text: string): WireNumber {
  if (text.length > MAX_NUMBER_LENGTH) {
    throw createMalformedFailure(
      `A number literal is longer than ${MAX_NUMBER_LENGTH} characters.`,
      'Send at most 64 digits.',
    );
  }
  const number = Number(text);
  return String(number) === text ? number : new LosslessNumber(text);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** The change of nesting depth for `{` and `[`, and for `}` and `]`. */
const NESTING_STEPS: ReadonlyMap<number, 1 | -1> = new Map([
  [0x7b, 1],
  [0x5b, 1],
  [0x7d, -1],
  [0x5d, -1],
]);

/** Refuses deep nesting. It does so without recursion, since the parsers that run next are recursive. Skips strings. */
function refuseDeepNesting(text: string): void {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = findStringEnd(text, i);
    else depth += NESTING_STEPS.get(code) ?? 0;
    if (depth > MAX_DEPTH)
      throw createMalformedFailure(`The JSON is nested deeper than ${MAX_DEPTH} levels.`, 'Flatten it.');
  }
}

/** Returns the index of the quote that closes the string opened at `start`; past the end of the text where none does. */
function findStringEnd(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  return i;
}

/** Refuses keys that reach an object's prototype, even when written with the escape `\u005f`. FHIR has no such elements. */
function refusePrototypeKeys(text: string): void {
  if (!/proto|constructor|\\u00/i.test(text)) return;
  JSON.parse(text, (key, value: unknown) => {
    if (FORBIDDEN_KEYS.has(key))
      throw createMalformedFailure(
        'A property name is not the name of a FHIR element.',
        'Remove the property.',
      );
    return value;
  });
}

const FHIR_STRING_RULE = 'FHIR string: no control characters but tab, CR, LF; well-formed Unicode';

function refuseBadString(value: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that FHIR forbids
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(value) || !value.isWellFormed()) {
    throw new Failure('fhir/malformed', 'A string contains a character that FHIR does not allow.', {
      spec: FHIR_STRING_RULE,
      fix: 'Remove control characters (other than tab, CR, LF) and lone surrogates.',
    });
  }
}

function refuseBadStrings(value: unknown): void {
  if (typeof value === 'string') refuseBadString(value);
  else if (Array.isArray(value)) value.forEach(refuseBadStrings);
  else if (typeof value === 'object' && value !== null && !(value instanceof LosslessNumber)) {
    for (const [key, inner] of Object.entries(value)) {
      refuseBadString(key);
      refuseBadStrings(inner);
    }
  }
}

/**
 * Parses JSON into a tree in which numbers keep their digits. Throws a `fhir/malformed` Failure for JSON that is broken or
 * nested too deeply, for a key that occurs twice with different values, and for strings that FHIR forbids. The failure's
 * text never quotes the payload.
 */
export function parseJson(text: string): unknown {
  refuseDeepNesting(text);
  let tree: unknown;
  try {
    refusePrototypeKeys(text);
    tree = parse(text, null, { parseNumber: parseWireNumber });
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw createMalformedFailure(
      `The body is not valid JSON${formatErrorPosition(cause)}.`,
      'Send one JSON value, each property once.',
    );
  }
  // A character that FHIR forbids can only be sent as an escape (raw control characters are not JSON).
  if (/\\[ubf]/.test(text) || !text.isWellFormed()) refuseBadStrings(tree);
  return tree;
}

/**
 * Formats the position at which the parser stopped. lossless-json reports it only in its message, which also quotes the
 * payload, so only the number is read from it; the result is empty without a number.
 */
function formatErrorPosition(cause: unknown): string {
  const match = cause instanceof Error ? /position (\d+)/.exec(cause.message) : null;
  return match ? ` (at character ${match[1]})` : '';
}

/** Writes text as it is into JSON (ECMAScript proposal "JSON.parse source text access"; in Node from version 21). */
const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): unknown };

const writeDigits = (_key: string, value: unknown): unknown =>
  value instanceof LosslessNumber ? rawJSON(value.value) : value;

/** Writes a tree as JSON text, with the digits of every number as they were sent. */
export function stringifyJson(value: unknown): string {
  const text: string | undefined = JSON.stringify(value, writeDigits);
  if (text === undefined) throw new Error('The value has no JSON form.');
  return text;
}

/** Writes a tree as JSON text with sorted keys, so that equal content yields equal text in any order of keys. */
export function toCanonicalJson(value: unknown): string {
  return stringifyJson(sortKeys(value));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null || value instanceof LosslessNumber) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}

/** Reads the digits of a number as received; null for any other value. */
export function readDigits(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return value instanceof LosslessNumber ? value.value : null;
}

/** Whether the value is a JSON number, in either form. */
export function isWireNumber(value: unknown): value is WireNumber {
  return typeof value === 'number' || value instanceof LosslessNumber;
}
