import { ERASED_WORK_ITEM, type ErasureRecord, type ErasureStore, eraseDecision } from '../erasure-store.ts';
import type { ResourceKey } from '../inbox-store.ts';
import { openBody, sealBody } from '../keys/sealed-bodies.ts';
import type { StoreKey } from '../keys/store-key.ts';
import type { SubjectKey } from '../subject-store.ts';
import type { SubjectKeysInTransaction } from './keys/subject-keys.ts';
import { ERASED_POSTGRES_DECISION, IS_DECISION_ABOUT_SUBJECT } from './schema/erased-decisions.ts';
import type { Session } from './session.ts';
import { prepareSql } from './sql-statement.ts';

const IS_ERASED = prepareSql(
  'SELECT EXISTS (SELECT 1 FROM erased_person WHERE hash = ANY ($1::text[])) AS has',
);
const REMEMBER = prepareSql(
  'INSERT INTO erased_person (hash) SELECT unnest($1::text[]) ON CONFLICT (hash) DO NOTHING',
);
const ADD = prepareSql('INSERT INTO erasure (record) VALUES ($1)');
const LIST = prepareSql('SELECT record FROM erasure ORDER BY seq');

const LIST_UNDER_KEY = prepareSql(`SELECT DISTINCT site, type AS "resourceType", id FROM resource_version
  WHERE subject_key = $1 ORDER BY site, 2, id`);

const KEY_CONDITION = 'site = $1 AND type = $2 AND id = $3';

const LIST_SEALED = prepareSql(`SELECT version, body, digest FROM resource_version
  WHERE ${KEY_CONDITION} AND subject_key = $4 AND body IS NOT NULL`);
const SET_BODY = prepareSql(
  `UPDATE resource_version SET body = $5, subject_key = $6 WHERE ${KEY_CONDITION} AND version = $4`,
);
const LIST_DIGESTS = prepareSql(
  `SELECT digest FROM resource_version WHERE ${KEY_CONDITION} ORDER BY version`,
);

const prepareRemoval = (table: string, condition: string) =>
  prepareSql(`DELETE FROM ${table} WHERE ${condition}`);

const REMOVE_OF_RESOURCE = [
  'fact',
  'repeated_version',
  'postponed',
  'work_waiting',
  'resource_identifier',
  'resource_reference',
  'resource_version',
].map((table) => prepareRemoval(table, KEY_CONDITION));

const prepareRemovalOfSubject = (table: string) => prepareRemoval(table, 'study = $1 AND subject = $2');
const REMOVE_FACTS = prepareRemovalOfSubject('fact');
const REMOVE_ASSESSMENT = prepareRemovalOfSubject('assessment');
const REMOVE_OUTBOX = prepareRemovalOfSubject('outbox');
const REMOVE_ENROLMENT = prepareRemovalOfSubject('enrolment_identifier');
const REMOVE_LINKS = prepareRemovalOfSubject('identifier_link');
const REMOVE_SUBJECT = prepareRemovalOfSubject('subject');

const MARK_ITEM = prepareSql('INSERT INTO erased_work_item (id) VALUES ($1) ON CONFLICT (id) DO NOTHING');
const ERASE_ITEM = prepareSql(`UPDATE work_item SET ${ERASED_WORK_ITEM} WHERE id = $1`);
const CLEAR = prepareRemoval('work_waiting', 'item = $1');
const LIST_DECISIONS = prepareSql('SELECT seq, decision FROM work_decision WHERE item = $1');
const SET_DECISION = prepareSql('UPDATE work_decision SET decision = $1 WHERE seq = $2::bigint');
const ERASE_LOGGED_OF_ITEM = prepareSql(
  `UPDATE decision_log SET ${ERASED_POSTGRES_DECISION} WHERE kind = 'work-item' AND record = $1`,
);
const ERASE_LOGGED_OF_SUBJECT = prepareSql(
  `UPDATE decision_log SET ${ERASED_POSTGRES_DECISION} WHERE ${IS_DECISION_ABOUT_SUBJECT}`,
);

const toParameters = ({ site, resourceType, id }: ResourceKey): [string, string, string] => [
  site,
  resourceType,
  id,
];

async function moveToKey(
  session: Session,
  keys: SubjectKeysInTransaction,
  [resource, from, to]: [ResourceKey, SubjectKey, SubjectKey],
): Promise<void> {
  const former = await keys.findId(from);
  if (former === undefined) return;
  const next = await keys.assign(to);
  const key = (await keys.findAll([former])).get(former) ?? null;
  const parameters = toParameters(resource);
  const rows = await session.query<{ version: number; body: string; digest: string | null }>(LIST_SEALED, [
    ...parameters,
    former,
  ]);
  for (const { version, body, digest } of rows) {
    const place = { ...resource, digest };
    const sealed = sealBody(next, openBody(key, Buffer.from(body, 'base64'), place), place);
    session.send(SET_BODY, [...parameters, version, sealed.toString('base64'), next.id]);
  }
}

async function removeSubject(session: Session, { study, subject }: SubjectKey) {
  const run = (statement: typeof REMOVE_FACTS) => session.change(statement, [study, subject]);
  await run(REMOVE_FACTS);
  // Before the subject, whose row says at which site the assessment is.
  const assessments = await run(REMOVE_ASSESSMENT);
  const outboxEntries = await run(REMOVE_OUTBOX);
  const identifiers = (await run(REMOVE_ENROLMENT)) + (await run(REMOVE_LINKS));
  await run(REMOVE_SUBJECT);
  // After the subject: before that, the trigger refuses it.
  await run(ERASE_LOGGED_OF_SUBJECT);
  return { assessments, outboxEntries, identifiers };
}

async function eraseWorkItem(session: Session, id: string): Promise<void> {
  session.send(MARK_ITEM, [id]);
  session.send(CLEAR, [id]);
  session.send(ERASE_ITEM, [id]);
  const decisions = await session.query<{ seq: string; decision: string }>(LIST_DECISIONS, [id]);
  for (const { seq, decision } of decisions) session.send(SET_DECISION, [eraseDecision(decision), seq]);
  session.send(ERASE_LOGGED_OF_ITEM, [id]);
}

/** Creates the erasures within one transaction. */
export function createPostgresErasureStore(
  session: Session,
  keys: SubjectKeysInTransaction,
  storeKey: StoreKey | null,
): ErasureStore {
  return {
    hash(text) {
      if (!storeKey) throw new Error('A store that was opened without a key knows no erased persons.');
      return storeKey.hash(text);
    },
    isErased: async (hashes) => (await session.query<{ has: boolean }>(IS_ERASED, [hashes]))[0]?.has ?? false,
    remember: async (hashes) => session.send(REMEMBER, [hashes]),
    add: async (record) => session.send(ADD, [JSON.stringify(record)]),
    async list() {
      const rows = await session.query<{ record: string }>(LIST);
      return rows.map(({ record }) => JSON.parse(record) as ErasureRecord);
    },
    async listResourcesUnderKey(subject) {
      const id = await keys.findId(subject);
      return id === undefined ? [] : session.query<ResourceKey>(LIST_UNDER_KEY, [id]);
    },
    moveToKey: (resource, from, to) => moveToKey(session, keys, [resource, from, to]),
    async removeResource(key) {
      const rows = await session.query<{ digest: string | null }>(LIST_DIGESTS, toParameters(key));
      for (const statement of REMOVE_OF_RESOURCE) session.send(statement, toParameters(key));
      return rows.map(({ digest }) => digest);
    },
    async removeSubject(subject) {
      const counts = await removeSubject(session, subject);
      await keys.destroy(subject);
      return counts;
    },
    eraseWorkItem: (id) => eraseWorkItem(session, id),
  };
}
