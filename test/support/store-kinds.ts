import { POSTGRES_VERSIONS } from './postgres-server.ts';
import { createPostgresKind, usePostgres } from './with-postgres.ts';
import type { TestStoreOptions } from './with-store.ts';

/** The databases that every contract holds for, by name. Each is prepared within its block of tests (`describe.each`). */
export const STORE_KINDS: readonly (readonly [string, () => TestStoreOptions])[] = [
  ['SQLite', () => ({})],
  ...POSTGRES_VERSIONS.map(
    (version) => [version.name, () => ({ kind: createPostgresKind(usePostgres(version)) })] as const,
  ),
];
