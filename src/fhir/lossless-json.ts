import { LosslessNumber, parse } from 'lossless-json';
import { Failure } from '../errors.ts';
import { findInexactLiterals, findStringEnd, MAX_DEPTH, MAX_NUMBER_LENGTH } from './scan-json.ts';

/**
 * A JSON number as received: a plain number where that prints the same digits, else (`1.50`, `0.010`, 20 digits) a
 * LosslessNumber, which keeps the text. FHIR decimals keep their precision, trailing zeros included (FHIR R4 datatypes,
 * decimal).
 */
export type WireNumber = number | LosslessNumber;

/** The longest broken text that is parsed a second time: nobody else has a turn meanwhile. */
const MAX_CAREFUL_LENGTH = 1_000_000;

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

/** An escape of a character that FHIR may forbid. Raw, none of them is JSON or well-formed Unicode. */
const DOUBTFUL_ESCAPE = /\\(?:[bf]|u00[01]|ud[89a-f])/i;

/**
 * Parses JSON into a tree in which numbers keep their digits. Throws a `fhir/malformed` Failure for JSON that is broken or
 * nested too deeply, for a key that occurs twice with different values, and for strings that FHIR forbids. The failure's
 * text never quotes the payload.
 */
export function parseJson(text: string): unknown {
  const tree = parseUsualJson(text) ?? parseCarefully(text);
  if ((text.includes('\\') && DOUBTFUL_ESCAPE.test(text)) || !text.isWellFormed()) refuseBadStrings(tree);
  return tree;
}

/**
 * Parses JSON with the engine's own parser, and puts back the digits that a double loses. Returns null for a text that
 * needs the careful parser, and for the text `null`.
 */
function parseUsualJson(text: string): unknown {
  const literals = findInexactLiterals(text);
  if (!literals) return null;
  let tree: unknown;
  try {
    tree = JSON.parse(text);
  } catch (cause) {
    if (text.length > MAX_CAREFUL_LENGTH) throw createSyntaxFailure(cause);
    // The careful parser states where the text is broken.
    return null;
  }
  for (const { digits, path } of literals) replaceNumber(tree, path, new LosslessNumber(digits));
  return tree;
}

function replaceNumber(tree: unknown, path: readonly (string | number)[], number: LosslessNumber): void {
  const last = path.length - 1;
  let owner = tree as Record<string | number, unknown>;
  for (let i = 0; i < last; i++) owner = owner[path[i] ?? ''] as Record<string | number, unknown>;
  owner[path[last] ?? ''] = number;
}

/** Parses JSON character by character. Slow, but it sees every digit and key. */
function parseCarefully(text: string): unknown {
  refuseDeepNesting(text);
  try {
    refusePrototypeKeys(text);
    return parse(text, null, { parseNumber: parseWireNumber });
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw createSyntaxFailure(cause);
  }
}

const createSyntaxFailure = (cause: unknown): Failure =>
  createMalformedFailure(
    `The body is not valid JSON${formatErrorPosition(cause)}.`,
    'Send one JSON value, each property once.',
  );

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

/** Builds what JSON.stringify writes as the digits of the number. */
export const buildRawNumber = (number: LosslessNumber): unknown => rawJSON(number.value);

const writeDigits = (_key: string, value: unknown): unknown =>
  value instanceof LosslessNumber ? buildRawNumber(value) : value;

/** Whether a number of the tree keeps its digits as text. */
function hasLosslessNumber(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof LosslessNumber) return true;
  if (Array.isArray(value)) return value.some(hasLosslessNumber);
  const object = value as Readonly<Record<string, unknown>>;
  for (const key in object) if (hasLosslessNumber(object[key])) return true;
  return false;
}

/** Writes a tree as JSON text, with the digits of every number as they were sent. */
export function stringifyJson(value: unknown): string {
  const text: string | undefined = JSON.stringify(value, hasLosslessNumber(value) ? writeDigits : undefined);
  if (text === undefined) throw new Error('The value has no JSON form.');
  return text;
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
