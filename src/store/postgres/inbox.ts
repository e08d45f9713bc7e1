import type { Inbox, ResourceKey, ResourceVersion } from '../store.ts';
import type { Session } from './session.ts';
import { prepareSql } from './sql-statement.ts';

/** The columns of a version, under the names of its properties. */
const VERSION = `site, type AS "resourceType", id, version, sender_version AS "senderVersion",
  sender_updated AS "senderUpdated", received_at AS "receivedAt", door, fhir_version AS "fhirVersion", body, digest,
  retention, disposition`;

const KEY_CONDITION = 'site = $1 AND type = $2 AND id = $3';
/** The condition of current versions with content. */
const CURRENT_CONTENT = 'is_current AND body IS NOT NULL';

const SELECT_VERSION = `SELECT ${VERSION} FROM resource_version`;

const GET_CURRENT = prepareSql(`${SELECT_VERSION} WHERE ${KEY_CONDITION} AND is_current`);

const FIND_BY_SENDER_VERSION = prepareSql(
  `${SELECT_VERSION} WHERE ${KEY_CONDITION} AND sender_version = $4 ORDER BY version DESC LIMIT 1`,
);

const FIND_BY_DIGEST = prepareSql(
  `${SELECT_VERSION} WHERE ${KEY_CONDITION} AND digest = $4 ORDER BY version`,
);

const LIST_VERSIONS = prepareSql(`${SELECT_VERSION} WHERE ${KEY_CONDITION} ORDER BY version`);

const LIST_AFTER_CURRENT = prepareSql(`${SELECT_VERSION} v WHERE ${KEY_CONDITION}
  AND version > (SELECT c.version FROM resource_version c
    WHERE c.site = $1 AND c.type = $2 AND c.id = $3 AND c.is_current)
  ORDER BY version`);

const FIND_IDS_BY_IDENTIFIER = prepareSql(`SELECT id FROM resource_identifier
  WHERE site = $1 AND identifier_hash = hashtextextended($3, 0) AND identifier = $3 AND type = $2 ORDER BY id`);

const LIST_REFERRERS = prepareSql(`SELECT site, type AS "resourceType", id FROM resource_reference
  WHERE site = $1 AND target_hash = hashtextextended($2, 0) AND target = $2 ORDER BY type, id`);

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
     fhir_version, is_current)
  SELECT $1, $2, $3, 1 + coalesce((SELECT max(version) FROM resource_version WHERE ${KEY_CONDITION}), 0),
    $4, $5, $6, $7, $8, $9, $10, $11, $12`;

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
  ), ${buildReplacement('$13', '$14')}
  ${INSERT_VERSION}, (SELECT count(*) FROM superseded) >= 0 RETURNING version`);

const REPLACE = prepareSql(`WITH ${buildReplacement('$4', '$5')} SELECT 1`);

const SET_DISPOSITION = prepareSql(
  `UPDATE resource_version SET disposition = $4 WHERE ${KEY_CONDITION} AND is_current`,
);

type KeyParameters = [site: string, type: string, id: string];

const toKeyParameters = ({ site, resourceType, id }: ResourceKey): KeyParameters => [site, resourceType, id];

/** The business identifiers and references by which the version is found. */
type VersionIndex = Parameters<Inbox['addVersion']>[1];

async function addVersion(
  session: Session,
  row: Omit<ResourceVersion, 'version'>,
  { identifiers, references }: VersionIndex,
  isCurrent: boolean,
): Promise<number> {
  const { senderVersion, senderUpdated, receivedAt, door, body, digest, retention, disposition } = row;
  const content = [senderVersion, senderUpdated, receivedAt, door, body, digest, retention, disposition];
  const values = [...toKeyParameters(row), ...content, row.fhirVersion];
  const [added] = isCurrent
    ? await session.query<{ version: number }>(ADD_CURRENT, [...values, identifiers, references])
    : await session.query<{ version: number }>(ADD_TO_HISTORY, values);
  if (!added) throw new Error('A version was not stored.');
  return added.version;
}

/** Creates the inbox on the tables `resource_version`, `resource_identifier` and `resource_reference`. */
export function createPostgresInbox(session: Session): Inbox {
  const list = (statement: typeof LIST_VERSIONS, key: ResourceKey, ...rest: string[]) =>
    session.query<ResourceVersion>(statement, [...toKeyParameters(key), ...rest]);
  return {
    getCurrent: async (key) => (await list(GET_CURRENT, key))[0],
    findBySenderVersion: async (key, senderVersion) =>
      (await list(FIND_BY_SENDER_VERSION, key, senderVersion))[0],
    findByDigest: (key, digest) => list(FIND_BY_DIGEST, key, digest),
    listVersions: (key) => list(LIST_VERSIONS, key),
    async findIdsByIdentifier(site, resourceType, identifier) {
      const rows = await session.query<{ id: string }>(FIND_IDS_BY_IDENTIFIER, [
        site,
        resourceType,
        identifier,
      ]);
      return rows.map(({ id }) => id);
    },
    addVersion: (row, index, isCurrent) => addVersion(session, row, index, isCurrent),
    replaceIndex: async (key, { identifiers, references }) =>
      session.send(REPLACE, [...toKeyParameters(key), identifiers, references]),
    async listReferences(key) {
      const rows = await session.query<{ target: string }>(LIST_REFERENCES, toKeyParameters(key));
      return rows.map(({ target }) => target);
    },
    listAfterCurrent: (key) => list(LIST_AFTER_CURRENT, key),
    listReferrers: (site, reference) => session.query<ResourceKey>(LIST_REFERRERS, [site, reference]),
    listReceivedBefore: (site, instant) =>
      session.query<ResourceVersion>(LIST_RECEIVED_BEFORE, [site, instant]),
    setDisposition: async (key, disposition) =>
      session.send(SET_DISPOSITION, [...toKeyParameters(key), disposition]),
    listCurrent: () => session.query<ResourceVersion>(LIST_CURRENT),
    async listCurrentPage(after, limit) {
      const rows = await session.query<ResourceVersion & { seq: string }>(LIST_CURRENT_PAGE, [after, limit]);
      return rows.map(({ seq, ...version }) => ({ place: Number(seq), version }));
    },
    countCurrent: async () => (await session.query<{ n: number }>(COUNT_CURRENT))[0]?.n ?? 0,
  };
}
