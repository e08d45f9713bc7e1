import type { ResourceKey } from '../inbox-store.ts';
import type { ExpectedReads } from '../store.ts';
import { compareTexts } from './compare-texts.ts';
import type { Database } from './database.ts';

/**
 * The look-ups by identifier and by reference, of which a commit makes several for each resource. Those that are expected are
 * read at once and answered from memory, until something is written that may change the answer.
 */
interface ExpectedRows {
  findIdsByIdentifier(
    site: string,
    resourceType: string,
    identifier: string,
    limit?: number,
  ): readonly string[];
  listReferrers(
    site: string,
    reference: string,
    among?: { readonly resourceType?: string; readonly limit?: number },
  ): readonly ResourceKey[];
  expect(reads: ExpectedReads): void;
  /** Adds a new resource with this index to the answers. */
  add(
    key: ResourceKey,
    index: { readonly identifiers: readonly string[]; readonly references: readonly string[] },
  ): void;
  forget(): void;
}

const FIND_IDS = `SELECT r.id FROM resource_identifier i JOIN resource r ON r.key = i.resource
  WHERE i.site = ? AND i.type = ? AND i.identifier = ? ORDER BY r.id LIMIT ?`;

const EXPECT_IDS = `SELECT i.identifier, r.id FROM json_each(?) expected
  CROSS JOIN resource_identifier i ON i.site = ? AND i.type = ? AND i.identifier = expected.value
  CROSS JOIN resource r ON r.key = i.resource ORDER BY r.id`;

const LIST_REFERRERS = `SELECT r.type, r.id FROM resource_reference f JOIN resource r ON r.key = f.resource
  WHERE f.site = @site AND f.target = @reference AND (@type IS NULL OR r.type = @type)
  ORDER BY r.type, r.id LIMIT @limit`;

/** The longest answers that are kept: where thousands share an identifier, each new one would copy all the others. */
const MAX_KEPT_ROWS = 64;
/** LIMIT -1 of SQLite: no limit. */
const NO_LIMIT = -1;

const EXPECT_REFERRERS = `SELECT f.target, r.type, r.id FROM json_each(?) expected
  CROSS JOIN resource_reference f ON f.site = ? AND f.target = expected.value
  CROSS JOIN resource r ON r.key = f.resource ORDER BY r.type, r.id`;

interface ReferrerRow {
  type: string;
  id: string;
}

function prepareStatements(db: Database) {
  return {
    findIds: db.prepare<[string, string, string, number], string>(FIND_IDS).pluck(),
    expectIds: db.prepare<[string, string, string], { identifier: string; id: string }>(EXPECT_IDS),
    listReferrers: db.prepare<
      { site: string; reference: string; type: string | null; limit: number },
      ReferrerRow
    >(LIST_REFERRERS),
    expectReferrers: db.prepare<[string, string], ReferrerRow & { target: string }>(EXPECT_REFERRERS),
  };
}

const formatIdentifier = (site: string, resourceType: string, identifier: string): string =>
  `${site}\n${resourceType}\n${identifier}`;
const formatReference = (site: string, reference: string): string => `${site}\n${reference}`;

/** Compares by type, then id, as the database sorts text. */
const compareKeys = (a: ResourceKey, b: ResourceKey): number =>
  compareTexts(a.resourceType, b.resourceType) || compareTexts(a.id, b.id);

/** Adds a row to the answer that is collected under the text. */
function collect<T>(answers: Map<string, T[]>, text: string, row: T): void {
  answers.get(text)?.push(row);
}

/** Adds a row to a kept answer, in order; forgets an answer that becomes too long. */
function insertRow<T>(
  answers: Map<string, T[]>,
  text: string,
  row: T,
  compare: (a: T, b: T) => number,
): void {
  const found = answers.get(text);
  if (!found) return;
  if (found.length >= MAX_KEPT_ROWS) answers.delete(text);
  else if (!found.some((other) => compare(other, row) === 0))
    answers.set(text, [...found, row].sort(compare));
}

/** Forgets the answers that are too long to be kept; they are read when they are asked for. */
function removeLongAnswers(answers: Map<string, readonly unknown[]>): void {
  for (const [text, rows] of answers) if (rows.length > MAX_KEPT_ROWS) answers.delete(text);
}

/** Creates the look-ups on the tables `resource_identifier` and `resource_reference`. */
export function createExpectedRows(db: Database): ExpectedRows {
  const statements = prepareStatements(db);
  const ids = new Map<string, string[]>();
  const referrers = new Map<string, ResourceKey[]>();

  function expectIdentifiers({ site, identifiers }: ExpectedReads): void {
    for (const [resourceType, ofType] of Map.groupBy(identifiers, (each) => each.resourceType)) {
      for (const { identifier } of ofType) ids.set(formatIdentifier(site, resourceType, identifier), []);
      const texts = JSON.stringify(ofType.map(({ identifier }) => identifier));
      for (const { identifier, id } of statements.expectIds.all(texts, site, resourceType))
        collect(ids, formatIdentifier(site, resourceType, identifier), id);
    }
    removeLongAnswers(ids);
  }

  function expectReferences({ site, references }: ExpectedReads): void {
    if (references.length === 0) return;
    const targets = [...new Set(references)];
    for (const target of targets) referrers.set(formatReference(site, target), []);
    for (const { target, type, id } of statements.expectReferrers.all(JSON.stringify(targets), site))
      collect(referrers, formatReference(site, target), { site, resourceType: type, id });
    removeLongAnswers(referrers);
  }

  return {
    findIdsByIdentifier: (site, resourceType, identifier, limit) =>
      ids.get(formatIdentifier(site, resourceType, identifier))?.slice(0, limit) ??
      statements.findIds.all(site, resourceType, identifier, limit ?? NO_LIMIT),
    listReferrers: (site, reference, { resourceType, limit } = {}) =>
      referrers
        .get(formatReference(site, reference))
        ?.filter((key) => resourceType === undefined || key.resourceType === resourceType)
        .slice(0, limit) ??
      statements.listReferrers
        .all({ site, reference, type: resourceType ?? null, limit: limit ?? NO_LIMIT })
        .map(({ type, id }) => ({ site, resourceType: type, id })),
    expect(reads) {
      expectIdentifiers(reads);
      expectReferences(reads);
    },
    add(key, { identifiers, references }) {
      const { site, resourceType, id } = key;
      for (const identifier of identifiers)
        insertRow(ids, formatIdentifier(site, resourceType, identifier), id, compareTexts);
      for (const reference of references)
        insertRow(referrers, formatReference(site, reference), { site, resourceType, id }, compareKeys);
    },
    forget() {
      ids.clear();
      referrers.clear();
    },
  };
}
