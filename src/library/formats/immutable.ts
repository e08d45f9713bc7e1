/** The type with every member read-only, at any depth: code never changes a parsed file. */
export type Immutable<T> = unknown extends T
  ? T
  : T extends string | number | boolean | null | undefined
    ? T
    : T extends ReadonlyMap<infer K, infer V>
      ? ReadonlyMap<K, Immutable<V>>
      : { readonly [K in keyof T]: Immutable<T[K]> };
