import type { Inbox, NewestStamps, RepeatedVersion, ResourceKey, ResourceVersion } from '../inbox-store.ts';
import {
  getSiteOwner,
  openBody,
  type SubjectDataKey,
  sealBody,
  selectBodyOwner,
} from '../keys/sealed-bodies.ts';
import { packContent, unpackContent } from '../packed-content.ts';
import type { SubjectKey } from '../subject-store.ts';
import type { SubjectKeysInTransaction } from './keys/subject-keys.ts';
import type { Session } from './session.ts';
import { prepareSql } from './sql-statement.ts';

/** The columns of a version, under the names of its properties. */
const VERSION = `site, type AS "resourceType", id, version, sender_version AS "senderVersion",
  sender_updated AS "senderUpdated", received_at AS "receivedAt", door, fhir_version AS "fhirVersion", body, digest,
  retention, disposition, subject_key AS "subjectKey"`;

const KEY_CONDITION = 'site = $1 AND type = $2 AND id = $3';
/** The condition of current versions with content. */
const CURRENT_CONTENT = 'is_current AND body IS NOT NULL';

const SELECT_VERSION = `SELECT ${VERSION} FROM resource_version`;

const GET_CURRENT = prepareSql(`${SELECT_VERSION} WHERE ${KEY_CONDITION} AND is_current`);

const FIND_BY_SENDER_VERSION = prepareSql(
  `${SELECT_VERSION} WHERE ${KEY_CONDITION} AND sender_version = $4 ORDER BY version DESC LIMIT 1`,
);

const FIND_REPEATED = prepareSql(`SELECT version FROM resource_version WHERE ${KEY_CONDITION} AND digest = $4
  AND sender_version IS NOT DISTINCT FROM $5::text
  AND (sender_version IS NOT NULL OR sender_updated IS NOT DISTINCT FROM $6::text) ORDER BY version LIMIT 1`);

const LIST_VERSIONS = prepareSql(`${SELECT_VERSION} WHERE ${KEY_CONDITION} ORDER BY version`);

const LIST_NEWEST_VERSIONS = prepareSql(
  `SELECT * FROM (${SELECT_VERSION} WHERE ${KEY_CONDITION} ORDER BY version DESC LIMIT $4) newest ORDER BY version`,
);

const LIST_STAMPS =
  prepareSql(`SELECT DISTINCT sender_version AS "senderVersion", sender_updated AS "senderUpdated"
  FROM resource_version WHERE ${KEY_CONDITION} AND body IS NOT NULL`);

const COUNT_REPEAT = prepareSql(`INSERT INTO repeated_version (site, type, id, version, repeats, last_at)
  VALUES ($1, $2, $3, $4, 1, $5) ON CONFLICT (site, type, id, version)
  DO UPDATE SET repeats = repeated_version.repeats + 1, last_at = excluded.last_at`);

const LIST_REPEATS = prepareSql(
  `SELECT version, repeats, last_at AS "lastAt" FROM repeated_version WHERE ${KEY_CONDITION} ORDER BY version`,
);

const LIST_MARKERS_AFTER_CURRENT = prepareSql(`${SELECT_VERSION} v WHERE ${KEY_CONDITION}
  AND retention IN ('marker', 'deletion-marker') AND version > (SELECT c.version FROM resource_version c
    WHERE c.site = $1 AND c.type = $2 AND c.id = $3 AND c.is_current)
  ORDER BY version`);

const FIND_IDS_BY_IDENTIFIER = prepareSql(`SELECT id FROM resource_identifier
  WHERE site = $1 AND identifier_hash = hashtextextended($3, 0) AND identifier = $3 AND type = $2 ORDER BY id LIMIT $4`);

const LIST_REFERRERS = prepareSql(`SELECT site, type AS "resourceType", id FROM resource_reference
  WHERE site = $1 AND target_hash = hashtextextended($2, 0) AND target = $2
    AND ($3::text IS NULL OR type = $3) ORDER BY type, id LIMIT $4`);

const LIST_REFERENCES = prepareSql(
  `SELECT target FROM resource_reference WHERE ${KEY_CONDITION} ORDER BY target`,
);

const LIST_RECEIVED_BEFORE = prepareSql(
  `${SELECT_VERSION} WHERE site = $1 AND received_at < $2 ORDER BY seq`,
);

const LIST_CURRENT = prepareSql(`${SELECT_VERSION} WHERE ${CURRENT_CONTENT} ORDER BY seq`);

const LIST_CURRENT_PAGE = prepareSql(`SELECT seq, ${VERSION} FROM resource_version
  WHERE seq > $1 AND ${CURRENT_CONTENT} ORDER BY seq LIMIT $2`);

const COUNT_CURRENT = prepareSql(
  `SELECT count(*)::integer AS n FROM resource_version WHERE ${CURRENT_CONTENT}`,
);

const INSERT_VERSION = `INSERT INTO resource_version
    (site, type, id, version, sender_version, sender_updated, received_at, door, body, digest, retention, disposition,
     fhir_version, subject_key, is_current)
  SELECT $1, $2, $3, 1 + coalesce((SELECT max(version) FROM resource_version WHERE ${KEY_CONDITION}), 0),
    $4, $5, $6, $7, $8, $9, $10, $11, $12, $13`;

const ADD_TO_HISTORY = prepareSql(`${INSERT_VERSION}, false RETURNING version`);

/** The index of the current version: its former rows are removed, the given ones added. */
const buildReplacement = (identifiers: string, references: string): string => `
  former_identifiers AS (DELETE FROM resource_identifier WHERE ${KEY_CONDITION}),
  former_references AS (DELETE FROM resource_reference WHERE ${KEY_CONDITION}),
  new_identifiers AS (INSERT INTO resource_identifier (site, type, id, identifier)
    SELECT DISTINCT $1, $2, $3, identifier FROM unnest(${identifiers}::text[]) AS given (identifier)),
  new_references AS (INSERT INTO resource_reference (site, type, id, target)
    SELECT DISTINCT $1, $2, $3, target FROM unnest(${references}::text[]) AS given (target))`;

/** One statement for all of it. The new version depends on the count, so that the former one has given up its place. */
const ADD_CURRENT = prepareSql(`WITH superseded AS (
    UPDATE resource_version SET is_current = false, disposition = 'superseded' WHERE ${KEY_CONDITION} AND is_current
    RETURNING 1
  ), ${buildReplacement('$14', '$15')}
  ${INSERT_VERSION}, (SELECT count(*) FROM superseded) >= 0 RETURNING version`);

const REPLACE = prepareSql(`WITH ${buildReplacement('$4', '$5')} SELECT 1`);

const FIND_LAST_KEY = prepareSql(`SELECT subject_key AS id FROM resource_version
  WHERE ${KEY_CONDITION} AND subject_key IS NOT NULL ORDER BY version DESC LIMIT 1`);

const SET_DISPOSITION = prepareSql(
  `UPDATE resource_version SET disposition = $4 WHERE ${KEY_CONDITION} AND is_current`,
);

type KeyParameters = [site: string, type: string, id: string];

const toKeyParameters = ({ site, resourceType, id }: ResourceKey): KeyParameters => [site, resourceType, id];

/** The business identifiers and references by which the version is found. */
type VersionIndex = Parameters<Inbox['addVersion']>[1];

/** A row with its body as it is stored: base64 of what its key encrypts, or the text itself where it names no key. */
type StoredVersion = ResourceVersion & { readonly subjectKey: string | null };

/** Selects the key of a new version: that of an owner, else of the versions before it, else of the site. */
async function selectKey(
  session: Session,
  keys: SubjectKeysInTransaction,
  row: Omit<ResourceVersion, 'version'>,
  owners: readonly SubjectKey[],
): Promise<SubjectDataKey | null> {
  if (row.body === null) return null;
  const owner = selectBodyOwner(owners);
  if (owner) return keys.assign(owner);
  const [last] = await session.query<{ id: string }>(FIND_LAST_KEY, toKeyParameters(row));
  const id = Number(last?.id);
  const key = last ? (await keys.findAll([id])).get(id) : null;
  return key ? { id, key } : keys.assign(getSiteOwner(row.site));
}

/** Decrypts the bodies of rows. */
async function openBodies<Row extends StoredVersion>(
  keys: SubjectKeysInTransaction,
  rows: readonly Row[],
): Promise<readonly Omit<Row, 'subjectKey'>[]> {
  const ids = rows.flatMap(({ subjectKey }) => (subjectKey === null ? [] : [Number(subjectKey)]));
  const found = ids.length === 0 ? new Map<number, Buffer | null>() : await keys.findAll(ids);
  return rows.map(({ subjectKey, ...row }) => {
    if (subjectKey === null || row.body === null) return { ...row, ...unpackContent(row.body) };
    const body = openBody(found.get(Number(subjectKey)) ?? null, Buffer.from(row.body, 'base64'), row);
    return { ...row, ...unpackContent(body) };
  });
}

async function addVersion(
  session: Session,
  row: Omit<ResourceVersion, 'version'>,
  { identifiers, references }: VersionIndex,
  isCurrent: boolean,
  key: SubjectDataKey | null,
): Promise<number> {
  const { senderVersion, senderUpdated, receivedAt, door, digest, retention, disposition } = row;
  const packed = packContent(row);
  const body = packed === null || key === null ? packed : sealBody(key, packed, row).toString('base64');
  const content = [senderVersion, senderUpdated, receivedAt, door, body, digest, retention, disposition];
  const values = [...toKeyParameters(row), ...content, row.fhirVersion, key?.id ?? null];
  const [added] = isCurrent
    ? await session.query<{ version: number }>(ADD_CURRENT, [...values, identifiers, references])
    : await session.query<{ version: number }>(ADD_TO_HISTORY, values);
  if (!added) throw new Error('A version was not stored.');
  return added.version;
}

type Stamp = Pick<ResourceVersion, 'senderVersion' | 'senderUpdated'>;

const NUMBER_PATTERN = /^\d{1,20}$/;

function selectLatest(stamps: readonly Stamp[]): string | null {
  const times = stamps.flatMap(({ senderUpdated }) =>
    senderUpdated === null || Number.isNaN(Date.parse(senderUpdated)) ? [] : [senderUpdated],
  );
  return times.toSorted((a, b) => Date.parse(b) - Date.parse(a))[0] ?? null;
}

/** Selects the newest stamps here: the cast of the server would fail on a time that it does not take. */
function selectNewestStamps(stamps: readonly Stamp[]): NewestStamps {
  const numbered = stamps.filter(({ senderVersion }) => NUMBER_PATTERN.test(senderVersion ?? ''));
  const others = stamps.filter((stamp) => !numbered.includes(stamp));
  const numbers = numbered.map(({ senderVersion }) => BigInt(senderVersion ?? 0));
  const highest = numbers.reduce<bigint | null>((max, n) => (max === null || n > max ? n : max), null);
  return {
    number: highest === null ? null : String(highest),
    updatedOfNumbered: selectLatest(numbered),
    updatedOfOthers: selectLatest(others),
  };
}

/** Creates the inbox on the tables `resource_version`, `resource_identifier` and `resource_reference`. */
export function createPostgresInbox(session: Session, keys: SubjectKeysInTransaction): Inbox {
  const query = async (statement: typeof LIST_VERSIONS, values: readonly (string | number)[] = []) =>
    openBodies(keys, await session.query<StoredVersion>(statement, values));
  const list = (statement: typeof LIST_VERSIONS, key: ResourceKey, ...rest: (string | number)[]) =>
    query(statement, [...toKeyParameters(key), ...rest]);
  return {
    getCurrent: async (key) => (await list(GET_CURRENT, key))[0],
    findBySenderVersion: async (key, senderVersion) =>
      (await list(FIND_BY_SENDER_VERSION, key, senderVersion))[0],
    async findRepeated(key, { digest, senderVersion, senderUpdated }) {
      const values = [...toKeyParameters(key), digest, senderVersion, senderUpdated];
      return (await session.query<{ version: number }>(FIND_REPEATED, values))[0]?.version ?? null;
    },
    listVersions: (key, newest) =>
      newest === undefined ? list(LIST_VERSIONS, key) : list(LIST_NEWEST_VERSIONS, key, newest),
    findNewestStamps: async (key) =>
      selectNewestStamps(await session.query<Stamp>(LIST_STAMPS, toKeyParameters(key))),
    countRepeat: async (key, version, at) =>
      session.send(COUNT_REPEAT, [...toKeyParameters(key), version, at]),
    listRepeats: (key) => session.query<RepeatedVersion>(LIST_REPEATS, toKeyParameters(key)),
    async findIdsByIdentifier(site, resourceType, identifier, limit) {
      const rows = await session.query<{ id: string }>(FIND_IDS_BY_IDENTIFIER, [
        site,
        resourceType,
        identifier,
        limit ?? null,
      ]);
      return rows.map(({ id }) => id);
    },
    addVersion: async (row, index, isCurrent, owners = []) =>
      addVersion(session, row, index, isCurrent, await selectKey(session, keys, row, owners)),
    replaceIndex: async (key, { identifiers, references }) =>
      session.send(REPLACE, [...toKeyParameters(key), identifiers, references]),
    async listReferences(key) {
      const rows = await session.query<{ target: string }>(LIST_REFERENCES, toKeyParameters(key));
      return rows.map(({ target }) => target);
    },
    listMarkersAfterCurrent: (key) => list(LIST_MARKERS_AFTER_CURRENT, key),
    listReferrers: (site, reference, { resourceType = null, limit = null } = {}) =>
      session.query<ResourceKey>(LIST_REFERRERS, [site, reference, resourceType, limit]),
    listReceivedBefore: (site, instant) => query(LIST_RECEIVED_BEFORE, [site, instant]),
    setDisposition: async (key, disposition) =>
      session.send(SET_DISPOSITION, [...toKeyParameters(key), disposition]),
    listCurrent: () => query(LIST_CURRENT),
    async listCurrentPage(after, limit) {
      const stored = await session.query<StoredVersion & { seq: string }>(LIST_CURRENT_PAGE, [after, limit]);
      const rows = await openBodies(keys, stored);
      return rows.map(({ seq, ...version }) => ({ place: Number(seq), version }));
    },
    countCurrent: async () => (await session.query<{ n: number }>(COUNT_CURRENT))[0]?.n ?? 0,
  };
}
