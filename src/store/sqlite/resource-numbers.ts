import type { ResourceKey } from '../inbox-store.ts';
import type { Database } from './database.ts';

/** The numbers that stand for resources in the tables that list something for each of them (`resource.key`). */
export interface ResourceNumbers {
  /** Finds the number; undefined where the store has never had the resource. */
  find(key: ResourceKey): number | undefined;
  /** Finds the number, or gives the resource one. */
  assign(key: ResourceKey): number;
  /** Whether the resource has been given its number in this transaction, and `settle` has not been called for it. */
  isNew(resource: number): boolean;
  /** Records that a resource is no longer new: it has a version. */
  settle(resource: number): void;
  /** Finds the numbers of all the resources at once; `find` then answers from memory. */
  expect(keys: readonly ResourceKey[]): void;
  /** Forgets what is in memory: another process, or a transaction that was undone, may have changed it. */
  forget(): void;
}

/** More numbers in memory than one commit needs; above it they are looked up again. */
const MAX_REMEMBERED = 20_000;

const EXPECT = `SELECT r.id, r.key FROM json_each(?) expected
  CROSS JOIN resource r ON r.site = ? AND r.type = ? AND r.id = expected.value`;

function prepareStatements(db: Database) {
  return {
    find: db
      .prepare<[string, string, string], number>(
        'SELECT key FROM resource WHERE site = ? AND type = ? AND id = ?',
      )
      .pluck(),
    add: db.prepare('INSERT INTO resource (site, type, id) VALUES (?, ?, ?)'),
    expect: db.prepare<[string, string, string], { id: string; key: number }>(EXPECT),
  };
}

/** Joins a key to one text for a map; a line break is in none of its parts. */
export const joinResourceKey = ({ site, resourceType, id }: ResourceKey): string =>
  `${site}\n${resourceType}\n${id}`;

/** Groups keys by site and type. */
export const groupByType = (keys: readonly ResourceKey[]): readonly (readonly ResourceKey[])[] => [
  ...Map.groupBy(keys, ({ site, resourceType }) => `${site}\n${resourceType}`).values(),
];

/** Creates the numbers on the table `resource`. */
export function createResourceNumbers(db: Database): ResourceNumbers {
  const statements = prepareStatements(db);
  const known = new Map<string, number | undefined>();
  const unsettled = new Set<number>();

  function remember(text: string, resource: number | undefined): void {
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(text, resource);
  }

  function find(key: ResourceKey): number | undefined {
    const text = joinResourceKey(key);
    const found = known.get(text);
    if (found !== undefined || known.has(text)) return found;
    const stored = statements.find.get(key.site, key.resourceType, key.id);
    remember(text, stored);
    return stored;
  }

  return {
    find,
    assign(key) {
      const found = find(key);
      if (found !== undefined) return found;
      const added = Number(statements.add.run(key.site, key.resourceType, key.id).lastInsertRowid);
      remember(joinResourceKey(key), added);
      unsettled.add(added);
      return added;
    },
    isNew: (resource) => unsettled.has(resource),
    settle: (resource) => void unsettled.delete(resource),
    expect(keys) {
      for (const group of groupByType(keys)) {
        const [first] = group;
        if (!first) continue;
        for (const key of group) remember(joinResourceKey(key), undefined);
        const ids = JSON.stringify(group.map(({ id }) => id));
        for (const { id, key } of statements.expect.all(ids, first.site, first.resourceType))
          remember(joinResourceKey({ ...first, id }), key);
      }
    },
    forget() {
      known.clear();
      unsettled.clear();
    },
  };
}
