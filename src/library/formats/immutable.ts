/** The type with every member read-only, at any depth: what a parsed file is to the code that reads it. */
export type Immutable<T> = unknown extends T
  ? T
  : T extends string | number | boolean | null | undefined
    ? T
    : T extends ReadonlyMap<infer K, infer V>
      ? ReadonlyMap<K, Immutable<V>>
      : { readonly [K in keyof T]: Immutable<T[K]> };
