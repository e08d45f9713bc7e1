/** A repeatable source of random numbers: the same seed yields the same cohort, byte for byte. */
export interface Random {
  /** At least `low`, below `high`. */
  between(low: number, high: number): number;
  /** A whole number, both ends included. */
  integer(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly [T, ...T[]]): T;
  shuffle<T>(list: readonly T[]): T[];
}

/** Creates the generator of a `stream`, so that one subject's course does not depend on another's. */
export function createRandom(seed: number, stream: string): Random {
  const next = createMulberry32(hashFnv1a(`${seed}/${stream}`));
  const between = (low: number, high: number) => low + next() * (high - low);
  const integer = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  return {
    between,
    integer,
    chance: (probability) => next() < probability,
    pick: (list) => list[integer(0, list.length - 1)] ?? list[0],
    shuffle(list) {
      const keyed = list.map((item) => ({ item, at: next() }));
      return keyed.sort((a, b) => a.at - b.at).map(({ item }) => item);
    },
  };
}

/** Mulberry32, by Tommy Ettinger (public domain). */
function createMulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** FNV-1a, 32 bits. */
function hashFnv1a(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** Derives a stable UUID from a name, for the hospitals' `urn:uuid:…`. */
export function hashToUuid(name: string): string {
  const hex = [0, 1, 2, 3].map((part) => hashFnv1a(`${part}:${name}`).toString(16).padStart(8, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
