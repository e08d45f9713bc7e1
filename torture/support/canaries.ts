import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../demo/cohort/seeded-random.ts';

/** Every canary begins with it. Letters and digits only: a canary may stand in an id or a code. */
const PREFIX = 'KANARI';
const CANARY_PATTERN = /KANARI[0-9a-z]{12}/g;

/** Texts that occur nowhere else, by which is found where a value has gone. */
export interface Canaries {
  /** Creates a text and remembers where it is planted. */
  plant(place: string): string;
  /** The number of texts so far. */
  count(): number;
  /** Returns where a text was planted; undefined where it is none of these. */
  findPlace(canary: string): string | undefined;
}

export function createCanaries(random: Random): Canaries {
  const places = new Map<string, string>();
  return {
    plant(place) {
      const digits = Array.from({ length: 6 }, () => random.integer(0, 35).toString(36)).join('');
      const canary = `${PREFIX}${places.size.toString(36).padStart(6, '0')}${digits}`;
      places.set(canary, place);
      return canary;
    },
    count: () => places.size,
    findPlace: (canary) => places.get(canary),
  };
}

/** The bytes in which the prefix of a canary may stand: UTF-8, UTF-16 and, at each of three alignments, base64. */
const ENCODED_PREFIXES: readonly Buffer[] = [
  Buffer.from(PREFIX, 'utf8'),
  Buffer.from(PREFIX, 'utf16le'),
  Buffer.from(PREFIX, 'utf16le').swap16(),
  ...[0, 1, 2].map((shift) => {
    const text = Buffer.from(`${'x'.repeat(shift)}${PREFIX}`)
      .toString('base64')
      .replace(/=+$/, '');
    // Without the characters that depend on what stands before and after.
    return Buffer.from(text.slice(shift === 0 ? 0 : shift + 1, shift === 0 ? 8 : -1));
  }),
];

/** Lists the canaries in a text. */
export const listCanaries = (text: string): readonly string[] => [
  ...new Set(text.match(CANARY_PATTERN) ?? []),
];

/** Lists what stands in some bytes: the canaries, or (`(encoded)`) that there is something in another encoding. */
export function listCanariesInBytes(bytes: Buffer): readonly string[] {
  const found = listCanaries(bytes.toString('latin1'));
  const hasOther = ENCODED_PREFIXES.slice(1).some((prefix) => bytes.includes(prefix));
  return hasOther ? [...found, ...listCanaries(bytes.toString('utf16le')), '(encoded)'] : found;
}

/** Scans every byte of every file below a folder; returns what each file has, by its path in the folder. */
export function scanFolder(folder: string): ReadonlyMap<string, readonly string[]> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const found = new Map<string, readonly string[]>();
  for (const file of files) {
    const path = join(folder, file);
    if (!statSync(path).isFile()) continue;
    const canaries = listCanariesInBytes(readFileSync(path));
    if (canaries.length > 0) found.set(file, canaries);
  }
  return found;
}

type Leaf = readonly (string | number)[];

/** Lists the places of the texts in a JSON value. */
export function listTextPlaces(value: unknown, at: Leaf = []): readonly Leaf[] {
  if (typeof value === 'string') return [at];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    listTextPlaces(inner, [...at, Array.isArray(value) ? Number(name) : name]),
  );
}

/** Returns the value with another text at a place. */
export function withText(value: unknown, [first, ...rest]: Leaf, text: string): unknown {
  if (first === undefined) return text;
  if (Array.isArray(value))
    return value.map((inner, index) => (index === first ? withText(inner, rest, text) : inner));
  const object = value as Record<string, unknown>;
  return { ...object, [first]: withText(object[String(first)], rest, text) };
}
