import { LosslessNumber, parse, stringify } from 'lossless-json';
import { Failure } from '../errors.ts';

/**
 * A JSON number off the wire. It is a plain number where that prints the same digits again, and a LosslessNumber, which
 * keeps the text, where it would not (`1.50`, `0.010`, 20 digits). FHIR decimals keep their precision, trailing zeros
 * included (FHIR R4 datatypes, decimal).
 */
export type WireNumber = number | LosslessNumber;

/** Limits that keep one payload from taking the process with it. */
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
/** `{` and `[` go one level down, `}` and `]` one up. */
const NESTING_STEPS: ReadonlyMap<number, 1 | -1> = new Map([
  [0x7b, 1],
  [0x5b, 1],
  [0x7d, -1],
  [0x5d, -1],
]);

/** Counts brackets outside strings, without recursion: the parsers after it do recurse. */
function refuseDeepNesting(text: string): void {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) i = findStringEnd(text, i);
    else depth += NESTING_STEPS.get(c) ?? 0;
    if (depth > MAX_DEPTH)
      throw createMalformedFailure(`The JSON is nested deeper than ${MAX_DEPTH} levels.`, 'Flatten it.');
  }
}

/** The index of the quote that closes the string opened at `start`; the text's end where none does. */
function findStringEnd(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  return i;
}

/** Keys that reach an object's prototype have no meaning in FHIR; the escape `\u005f` can spell them too. */
function refusePrototypeKeys(text: string): void {
  if (!/proto|constructor|\\u00/i.test(text)) return;
  JSON.parse(text, (key, value: unknown) => {
    if (FORBIDDEN_KEYS.has(key))
      throw createMalformedFailure('A property name is not a FHIR element.', 'Remove the property.');
    return value;
  });
}

const FHIR_STRING_RULE = 'FHIR string: no control characters but tab, CR, LF; well-formed Unicode';

function refuseBadString(value: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that FHIR forbids
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(value) || !value.isWellFormed()) {
    throw new Failure('fhir/malformed', 'A string holds a character that FHIR does not allow.', {
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

/** UTF-8 bytes as text. Invalid UTF-8 is refused, not repaired: a repaired record is not the record. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Failure('fhir/malformed', 'The body is not valid UTF-8.', { fix: 'Send UTF-8.' }, { cause });
  }
}

/**
 * JSON text as a tree whose numbers keep their digits. Throws a `fhir/malformed` Failure, whose text never quotes the
 * payload, for JSON that is broken, too deep, has a key twice with different values, or strings FHIR forbids.
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
  // A character that FHIR forbids can only arrive escaped (raw control characters are not JSON).
  if (/\\[ubf]/.test(text) || !text.isWellFormed()) refuseBadStrings(tree);
  return tree;
}

/** Where the parser stopped, without the payload's own words that its message quotes. */
function formatErrorPosition(cause: unknown): string {
  const match = cause instanceof Error ? /position (\d+)/.exec(cause.message) : null;
  return match ? ` (at character ${match[1]})` : '';
}

/** The tree as JSON text with every number's digits as they were sent. */
export function stringifyJson(value: unknown): string {
  const text = stringify(value);
  if (text === undefined) throw new Error('A value without a JSON form was to be written.');
  return text;
}

/** As stringifyJson, with sorted keys: equal content gives equal text, whatever order the sender wrote it in. */
export function toCanonicalJson(value: unknown): string {
  return stringifyJson(sortKeys(value));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null || value instanceof LosslessNumber) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}

/** The digits of a wire number; null for anything that is not a number. */
export function readDigits(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return value instanceof LosslessNumber ? value.value : null;
}

export function isWireNumber(value: unknown): value is WireNumber {
  return typeof value === 'number' || value instanceof LosslessNumber;
}
