/*
 * One pass over a JSON text that finds what `JSON.parse` would change in silence: number literals that a double does not
 * print back, keys that occur twice, and names that reach an object's prototype. It does not check the grammar, since
 * `JSON.parse` does: what is found here means something only for a text that `JSON.parse` accepts.
 */

/** A number literal that a double does not print back (`1.50`), and the keys and indexes of its place in the tree. */
interface InexactLiteral {
  readonly digits: string;
  readonly path: readonly (string | number)[];
}

/** The deepest nesting that is read; it keeps one payload from exhausting the stack. */
export const MAX_DEPTH = 64;
/** The longest number literal that is read. */
export const MAX_NUMBER_LENGTH = 64;
/** An object of FHIR has fewer elements. The scan compares each key with each, so it gives up where there are more. */
const MAX_KEYS = 64;
/** The most keys and indexes in the paths of a text: a deeply nested list of numbers would have a path for each of them. */
const MAX_PATH_PARTS = 500_000;
/** Every decimal of so many digits is printed back by a double, unless zeros end it (IEEE 754, binary64). */
const EXACT_DIGITS = 15;

const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const isDigit = (code: number): boolean => code >= ZERO && code <= NINE;
const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
const isExponent = (code: number): boolean => code === 0x65 || code === 0x45;
const isInNumber = (code: number): boolean =>
  isDigit(code) || code === POINT || code === MINUS || code === PLUS || isExponent(code);

/** Returns the index of the quote that closes the string opened at `start`; past the end of the text where none does. */
export function findStringEnd(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  return i;
}

/** Digests a key: equal keys have equal digests, and different keys seldom have. */
function digestKey(text: string, start: number, end: number): number {
  const ends = (text.charCodeAt(start) << 16) ^ text.charCodeAt(end - 1);
  return ((end - start) << 24) ^ ends ^ (text.charCodeAt((start + end) >> 1) << 8);
}

const [PROTO, CONSTRUCTOR, PROTOTYPE] = ['__proto__', 'constructor', 'prototype'].map((key) =>
  digestKey(key, 0, key.length),
);

const isPrototypeKey = (digest: number): boolean =>
  digest === PROTO || digest === CONSTRUCTOR || digest === PROTOTYPE;

/** The place at which a scan that gives up is. */
const GIVE_UP = -1;

/** The keys of the objects around the place of the scan, MAX_KEYS for each depth: their digests, starts and ends. */
const keyDigests = new Int32Array((MAX_DEPTH + 1) * MAX_KEYS);
const keyStarts = new Int32Array(keyDigests.length);
const keyEnds = new Int32Array(keyDigests.length);
/** For each depth: the number of keys of the object, or minus one for a list; and the index of the item of a list. */
const keyCounts = new Int32Array(MAX_DEPTH + 1);
const itemIndexes = new Int32Array(MAX_DEPTH + 1);

class JsonScan {
  readonly literals: InexactLiteral[] = [];
  #pathParts = 0;
  readonly #json: string;
  #depth = 0;
  /** The first backslash that is not before the place of the scan; past the end where there is none. */
  #backslash: number;

  constructor(text: string) {
    this.#json = text;
    this.#backslash = this.#findBackslash(0);
  }

  /** False where it gives up. */
  run(): boolean {
    keyCounts[0] = -1;
    const text = this.#json;
    let at = 0;
    while (at >= 0 && at < text.length) at = this.#scanToken(at, text.charCodeAt(at));
    return at >= 0;
  }

  /** Scans the token that begins at a place; returns the place after it, or GIVE_UP. */
  #scanToken(at: number, code: number): number {
    switch (code) {
      case QUOTE:
        return this.#scanString(at);
      case COMMA:
        itemIndexes[this.#depth] = (itemIndexes[this.#depth] ?? 0) + 1;
        return at + 1;
      case OPEN_OBJECT:
      case OPEN_LIST:
        return this.#open(code === OPEN_LIST) ? at + 1 : GIVE_UP;
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        this.#depth -= 1;
        return this.#depth < 0 ? GIVE_UP : at + 1;
      default:
        return isDigit(code) || code === MINUS ? this.#scanNumber(at) : at + 1;
    }
  }

  #open(isList: boolean): boolean {
    if (this.#depth === MAX_DEPTH) return false;
    this.#depth += 1;
    keyCounts[this.#depth] = isList ? -1 : 0;
    itemIndexes[this.#depth] = 0;
    return true;
  }

  #findBackslash(from: number): number {
    const found = this.#json.indexOf('\\', from);
    return found < 0 ? this.#json.length : found;
  }

  /** Scans a string, which is a key where a colon follows. Returns the place after it, or GIVE_UP. */
  #scanString(start: number): number {
    const end = this.#json.indexOf('"', start + 1);
    if (end < 0) return GIVE_UP;
    if (end > this.#backslash) return this.#scanEscapedString(start);
    const next = this.#skipSpaces(end + 1);
    if (this.#json.charCodeAt(next) !== COLON) return next;
    return this.#addKey(start + 1, end) ? next + 1 : GIVE_UP;
  }

  /** Scans a string with escapes. No element of FHIR needs them in its name, so the scan gives up at such a key. */
  #scanEscapedString(start: number): number {
    const end = findStringEnd(this.#json, start);
    this.#backslash = this.#findBackslash(end);
    const next = this.#skipSpaces(end + 1);
    return this.#json.charCodeAt(next) === COLON ? GIVE_UP : next;
  }

  #skipSpaces(from: number): number {
    let i = from;
    while (isSpace(this.#json.charCodeAt(i))) i += 1;
    return i;
  }

  /** Adds a key of the object. False where the object may have it already, or where it reaches the prototype. */
  #addKey(start: number, end: number): boolean {
    const first = this.#depth * MAX_KEYS;
    const free = first + (keyCounts[this.#depth] ?? 0);
    const digest = digestKey(this.#json, start, end);
    if (free < first || free === first + MAX_KEYS || isPrototypeKey(digest)) return false;
    for (let i = first; i < free; i++) {
      if (keyDigests[i] === digest && this.#isKey(i, start, end)) return false;
    }
    keyDigests[free] = digest;
    keyStarts[free] = start;
    keyEnds[free] = end;
    keyCounts[this.#depth] = free - first + 1;
    return true;
  }

  #isKey(index: number, start: number, end: number): boolean {
    return this.#json.slice(start, end) === this.#json.slice(keyStarts[index], keyEnds[index]);
  }

  /** Scans a number literal, and keeps it where a double does not print it back. Returns the place after it, or GIVE_UP. */
  #scanNumber(start: number): number {
    const text = this.#json;
    let end = start + 1;
    let points = 0;
    for (;;) {
      const code = text.charCodeAt(end);
      if (code === POINT) points += 1;
      else if (!isDigit(code)) break;
      end += 1;
    }
    const isExact =
      end - start <= EXACT_DIGITS &&
      !isExponent(text.charCodeAt(end)) &&
      text.charCodeAt(start) > ZERO &&
      (points === 0 || text.charCodeAt(end - 1) > ZERO);
    return isExact ? end : this.#scanUnusualNumber(start);
  }

  /** Scans a number literal of which only printing it shows whether a double is enough: `0`, `-1`, `0.5`, `1e3`, `1.50`. */
  #scanUnusualNumber(start: number): number {
    let end = start + 1;
    while (isInNumber(this.#json.charCodeAt(end))) end += 1;
    const digits = this.#json.slice(start, end);
    if (String(Number(digits)) === digits) return end;
    if (digits.length > MAX_NUMBER_LENGTH || this.#depth === 0) return GIVE_UP;
    this.literals.push({ digits, path: this.#readPath() });
    this.#pathParts += this.#depth;
    return this.#pathParts > MAX_PATH_PARTS ? GIVE_UP : end;
  }

  #readPath(): (string | number)[] {
    const path: (string | number)[] = [];
    for (let depth = 1; depth <= this.#depth; depth++) {
      const keys = keyCounts[depth] ?? 0;
      const last = depth * MAX_KEYS + keys - 1;
      path.push(keys < 0 ? (itemIndexes[depth] ?? 0) : this.#json.slice(keyStarts[last], keyEnds[last]));
    }
    return path;
  }
}

/**
 * Finds the number literals of a JSON text that a double does not print back. Returns null where the text needs a careful
 * parser: where a key may occur twice in one object or reach its prototype, and for what no resource of FHIR has (escapes
 * in a key, more than MAX_KEYS in an object, nesting deeper than MAX_DEPTH, a longer literal than MAX_NUMBER_LENGTH).
 */
export function findInexactLiterals(text: string): readonly InexactLiteral[] | null {
  const scan = new JsonScan(text);
  return scan.run() ? scan.literals : null;
}
