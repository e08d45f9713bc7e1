import { ERASED_WORK_ITEM, type ErasureRecord, type ErasureStore, eraseDecision } from '../erasure-store.ts';
import type { ResourceKey } from '../inbox-store.ts';
import { openBody, sealBody } from '../keys/sealed-bodies.ts';
import type { StoreKey } from '../keys/store-key.ts';
import type { SubjectKey } from '../subject-store.ts';
import type { Database } from './database.ts';
import type { ResourceNumbers } from './resource-numbers.ts';
import { ERASED_DECISION } from './schema/erased-decisions.ts';
import type { SubjectKeys } from './subject-keys.ts';

interface SealedVersionRow {
  seq: number;
  body: Buffer;
  digest: string | null;
}

const LIST_UNDER_KEY = `SELECT DISTINCT r.site, r.type AS resourceType, r.id
  FROM resource_version v JOIN resource r ON r.key = v.resource WHERE v.subject_key = ? ORDER BY r.site, r.type, r.id`;

/** The tables that list something of a resource by its number, each before those that it refers to. */
const TABLES_OF_RESOURCES = [
  'statement',
  'repeated_version',
  'resource_identifier',
  'resource_reference',
  'resource_version',
];

function prepareStatements(db: Database) {
  const removeFrom = (table: string, condition: string) =>
    db.prepare(`DELETE FROM ${table} WHERE ${condition}`);
  const ofSubject = (table: string) => removeFrom(table, 'study = ? AND subject = ?');
  return {
    isErased: db
      .prepare<[string], number>(
        'SELECT EXISTS (SELECT 1 FROM erased_person WHERE hash IN (SELECT value FROM json_each(?)))',
      )
      .pluck(),
    remember: db.prepare('INSERT OR IGNORE INTO erased_person (hash) VALUES (?)'),
    add: db.prepare('INSERT INTO erasure (record) VALUES (?)'),
    list: db.prepare<[], string>('SELECT record FROM erasure ORDER BY seq').pluck(),
    listUnderKey: db.prepare<[number], ResourceKey>(LIST_UNDER_KEY),
    listSealed: db.prepare<[number, number], SealedVersionRow>(
      'SELECT seq, body, digest FROM resource_version WHERE resource = ? AND subject_key = ? AND body IS NOT NULL',
    ),
    setBody: db.prepare('UPDATE resource_version SET body = ?, subject_key = ? WHERE seq = ?'),
    listDigests: db
      .prepare<[number], string | null>(
        'SELECT digest FROM resource_version WHERE resource = ? ORDER BY version',
      )
      .pluck(),
    removeOfResource: TABLES_OF_RESOURCES.map((table) => removeFrom(table, 'resource = ?')),
    removeWaiting: removeFrom('work_waiting', 'site = ? AND type = ? AND id = ?'),
    removePostponed: removeFrom('postponed', 'site = ? AND type = ? AND id = ?'),
    removeNumber: removeFrom('resource', 'key = ?'),
    removeFacts: ofSubject('statement'),
    removeAssessment: ofSubject('judgement'),
    removeOutbox: ofSubject('outbox'),
    removeEnrolment: ofSubject('subject_patient'),
    removeLinks: ofSubject('patient_name'),
    removeSubject: ofSubject('subject'),
    markItem: db.prepare('INSERT OR IGNORE INTO erased_work_item (id) VALUES (?)'),
    eraseItem: db.prepare(`UPDATE work_item SET ${ERASED_WORK_ITEM} WHERE id = ?`),
    clearWaiting: removeFrom('work_waiting', 'item = ?'),
    listDecisions: db.prepare<[string], { seq: number; decision: string }>(
      'SELECT seq, decision FROM work_decision WHERE item = ?',
    ),
    setDecision: db.prepare('UPDATE work_decision SET decision = ? WHERE seq = ?'),
    eraseLoggedOfItem: db.prepare(
      `UPDATE decision_log SET ${ERASED_DECISION} WHERE kind = 'work-item' AND record = ?`,
    ),
    eraseLoggedOfSubject: db.prepare(
      `UPDATE decision_log SET ${ERASED_DECISION} WHERE content ->> '$.study' = ? AND content ->> '$.subject' = ?`,
    ),
  };
}

type Statements = ReturnType<typeof prepareStatements>;

function removeResource(
  statements: Statements,
  resource: number,
  key: ResourceKey,
): readonly (string | null)[] {
  const digests = statements.listDigests.all(resource);
  for (const statement of statements.removeOfResource) statement.run(resource);
  statements.removeWaiting.run(key.site, key.resourceType, key.id);
  statements.removePostponed.run(key.site, key.resourceType, key.id);
  statements.removeNumber.run(resource);
  return digests;
}

function removeSubject(statements: Statements, { study, subject }: SubjectKey) {
  const run = (statement: Statements['removeFacts']) => statement.run(study, subject).changes;
  run(statements.removeFacts);
  const counts = {
    assessments: run(statements.removeAssessment),
    outboxEntries: run(statements.removeOutbox),
    identifiers: run(statements.removeEnrolment) + run(statements.removeLinks),
  };
  run(statements.removeSubject);
  // After the subject: before that, the trigger refuses it.
  run(statements.eraseLoggedOfSubject);
  return counts;
}

function eraseWorkItem(statements: Statements, id: string): void {
  statements.markItem.run(id);
  statements.clearWaiting.run(id);
  statements.eraseItem.run(id);
  for (const { seq, decision } of statements.listDecisions.all(id))
    statements.setDecision.run(eraseDecision(decision), seq);
  statements.eraseLoggedOfItem.run(id);
}

/** The parts of a connection that the erasures work on. `forget` makes them forget what is removed. */
interface ErasedParts {
  readonly storeKey: StoreKey;
  readonly keys: SubjectKeys;
  readonly numbers: ResourceNumbers;
  forget(): void;
}

/** Creates the erasures on a connection. */
export function createSqliteErasureStore(
  db: Database,
  { storeKey, keys, numbers, forget }: ErasedParts,
): ErasureStore {
  const statements = prepareStatements(db);
  return {
    hash: storeKey.hash,
    isErased: async (hashes) => statements.isErased.get(JSON.stringify(hashes)) === 1,
    async remember(hashes) {
      for (const hash of hashes) statements.remember.run(hash);
    },
    add: async (record) => void statements.add.run(JSON.stringify(record)),
    list: async () => statements.list.all().map((text) => JSON.parse(text) as ErasureRecord),
    async listResourcesUnderKey(subject) {
      const id = keys.findId(subject);
      return id === undefined ? [] : statements.listUnderKey.all(id);
    },
    async moveToKey(resource, from, to) {
      const number = numbers.find(resource);
      const former = keys.findId(from);
      if (number === undefined || former === undefined) return;
      const next = keys.assign(to);
      for (const { seq, body, digest } of statements.listSealed.all(number, former)) {
        const place = { ...resource, digest };
        statements.setBody.run(sealBody(next, openBody(keys.find(former), body, place), place), next.id, seq);
      }
    },
    async removeResource(key) {
      const number = numbers.find(key);
      const digests = number === undefined ? [] : removeResource(statements, number, key);
      forget();
      return digests;
    },
    async removeSubject(subject) {
      const counts = removeSubject(statements, subject);
      keys.destroy(subject);
      forget();
      return counts;
    },
    async eraseWorkItem(id) {
      eraseWorkItem(statements, id);
      forget();
    },
  };
}
