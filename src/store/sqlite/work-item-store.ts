import type { ResourceKey } from '../inbox-store.ts';
import { deriveWorkItemId, toWorkItem, type WorkItemRow } from '../work-item-rows.ts';
import type { WorkDecision, WorkItemStore } from '../work-item-store.ts';
import type { Database } from './database.ts';
import { groupByType, joinResourceKey } from './resource-numbers.ts';
import { createSubjectWorkItems } from './subject-work-items.ts';
import { ADD_DECISION, SELECT_ITEMS } from './work-item-sql.ts';

interface WaitingResourceRow {
  site: string;
  type: string;
  id: string;
}

const toResourceKey = ({ site, type, id }: WaitingResourceRow): ResourceKey => ({
  site,
  resourceType: type,
  id,
});

/** Opens a resolved item again; a rejected item stays rejected. */
const OPEN_ITEM = `INSERT INTO work_item
    (id, site, reason, topic, element, detail, fix, waits_for, status, first_seen, last_seen, about, concerns)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET last_seen = excluded.last_seen, about = coalesce(excluded.about, about),
    concerns = coalesce(excluded.concerns, concerns),
    status = CASE status WHEN 'resolved' THEN 'open' ELSE status END`;

/** Questions about a subject follow from all of their facts, not from one resource: they are left out. */
const LIST_ITEMS_OF_RESOURCE = `SELECT w.item, i.reason, i.topic
  FROM work_waiting w JOIN work_item i ON i.id = w.item
  WHERE w.site = ? AND w.type = ? AND w.id = ? AND i.subject IS NULL ORDER BY w.item`;

const RESOLVE_UNNEEDED = `UPDATE work_item SET status = 'resolved' WHERE id = ? AND status = 'open'
  AND NOT EXISTS (SELECT 1 FROM work_waiting WHERE item = work_item.id)`;

const SELECT_WAITING = 'SELECT DISTINCT site, type, id FROM work_waiting';

const EXPECT_WAITING = `SELECT w.id FROM json_each(?) expected
  CROSS JOIN work_waiting w ON w.site = ? AND w.type = ? AND w.id = expected.value`;

function prepareStatements(db: Database) {
  return {
    open: db.prepare(OPEN_ITEM),
    get: db.prepare<[string], WorkItemRow>(`${SELECT_ITEMS} WHERE i.id = ? GROUP BY i.id`),
    list: db.prepare<[string | null, string | null], WorkItemRow>(
      `${SELECT_ITEMS} WHERE ? IS NULL OR i.status = ? GROUP BY i.id ORDER BY i.first_seen, i.id`,
    ),
    getStatus: db.prepare<[string], { status: string }>('SELECT status FROM work_item WHERE id = ?'),
    setStatus: db.prepare('UPDATE work_item SET status = ? WHERE id = ?'),
    addDecision: db.prepare(ADD_DECISION),
    reopenRejected: db.prepare(`UPDATE work_item SET status = 'open' WHERE id = ? AND status = 'rejected'`),
    resolveUnneeded: db.prepare(RESOLVE_UNNEEDED),
    addWaiting: db.prepare('INSERT OR IGNORE INTO work_waiting (item, site, type, id) VALUES (?, ?, ?, ?)'),
    removeWaiting: db.prepare('DELETE FROM work_waiting WHERE item = ? AND site = ? AND type = ? AND id = ?'),
    clearWaiting: db.prepare('DELETE FROM work_waiting WHERE item = ?'),
    listWaiting: db.prepare<[string], WaitingResourceRow>(
      `${SELECT_WAITING} WHERE item = ? ORDER BY site, type, id`,
    ),
    listAllWaiting: db.prepare<[], WaitingResourceRow>(
      `${SELECT_WAITING} WHERE item IN (SELECT id FROM work_item WHERE subject IS NULL) ORDER BY site, type, id`,
    ),
    expectWaiting: db.prepare<[string, string, string], string>(EXPECT_WAITING).pluck(),
    listItemsOfResource: db.prepare<
      [string, string, string],
      { item: string; reason: string; topic: string }
    >(LIST_ITEMS_OF_RESOURCE),
  };
}

type Statements = ReturnType<typeof prepareStatements>;

function hold(
  statements: Statements,
  need: Parameters<WorkItemStore['hold']>[0],
  resource: ResourceKey,
  now: string,
): string {
  const { site, reason, group, element, detail, fix, waitsFor } = need;
  const id = deriveWorkItemId(site, reason, group);
  const about = need.about === undefined ? null : JSON.stringify(need.about);
  const concerns = need.concerns ?? null;
  statements.open.run(id, site, reason, group, element, detail, fix, waitsFor, now, now, about, concerns);
  statements.addWaiting.run(id, resource.site, resource.resourceType, resource.id);
  return id;
}

function release(
  statements: Statements,
  { site, resourceType, id }: ResourceKey,
  except: readonly string[],
): void {
  for (const { item, reason } of statements.listItemsOfResource.all(site, resourceType, id)) {
    if (except.includes(reason)) continue;
    statements.removeWaiting.run(item, site, resourceType, id);
    statements.resolveUnneeded.run(item);
  }
}

function listWaiting(statements: Statements, id: string | null): readonly ResourceKey[] {
  const rows = id === null ? statements.listAllWaiting.all() : statements.listWaiting.all(id);
  return rows.map(toResourceKey);
}

function accept(statements: Statements, id: string, decision: WorkDecision): void {
  statements.addDecision.run(id, JSON.stringify(decision));
  statements.reopenRejected.run(id);
  statements.resolveUnneeded.run(id);
}

function reject(statements: Statements, id: string, decision: WorkDecision | null): void {
  if (decision !== null) statements.addDecision.run(id, JSON.stringify(decision));
  statements.setStatus.run('rejected', id);
}

/** The work item store, with what it remembers within one commit. */
interface SqliteWorkItemStore extends WorkItemStore {
  /** Reads at once which of the resources wait for an item. */
  expect(resources: readonly ResourceKey[]): void;
  forget(): void;
}

/** Creates the work item store on the tables `work_item` and `work_waiting`. */
export function createSqliteWorkItemStore(db: Database): SqliteWorkItemStore {
  const statements = prepareStatements(db);
  const aboutSubjects = createSubjectWorkItems(db);
  /** Resources that wait for no item, those about a subject aside. */
  const notWaiting = new Set<string>();

  function expect(resources: readonly ResourceKey[]): void {
    for (const group of groupByType(resources)) {
      const [first] = group;
      if (!first) continue;
      for (const key of group) notWaiting.add(joinResourceKey(key));
      const ids = JSON.stringify(group.map(({ id }) => id));
      for (const id of statements.expectWaiting.all(ids, first.site, first.resourceType))
        notWaiting.delete(joinResourceKey({ ...first, id }));
    }
  }

  return {
    expect,
    forget: () => notWaiting.clear(),
    async hold(need, resource, now) {
      notWaiting.delete(joinResourceKey(resource));
      return hold(statements, need, resource, now);
    },
    async release(resource, except = []) {
      if (!notWaiting.has(joinResourceKey(resource))) release(statements, resource, except);
    },
    async get(id) {
      const row = statements.get.get(id);
      return row && toWorkItem(row);
    },
    listWaiting: async (id) => listWaiting(statements, id),
    async listNeeds({ site, resourceType, id }) {
      const rows = statements.listItemsOfResource.all(site, resourceType, id);
      return rows.map(({ reason, topic }) => ({ reason, group: topic }));
    },
    accept: async (id, decision) => accept(statements, id, decision),
    list: async (status) => statements.list.all(status, status).map(toWorkItem),
    isRejected: async (site, reason, group) =>
      statements.getStatus.get(deriveWorkItemId(site, reason, group))?.status === 'rejected',
    async reject(id, decision) {
      reject(statements, id, decision);
      return listWaiting(statements, id);
    },
    async clearWaiting(id) {
      statements.clearWaiting.run(id);
    },
    async resolve(site, reason, group) {
      const id = deriveWorkItemId(site, reason, group);
      if (statements.getStatus.get(id)?.status !== 'open') return;
      statements.clearWaiting.run(id);
      statements.resolveUnneeded.run(id);
    },
    replaceForSubject: async (subject, needs, now) => aboutSubjects.replace(subject, needs, now),
    listForSubject: async ({ study, subject }) => aboutSubjects.list(study, subject),
    settle: async (id, decision) => aboutSubjects.settle(id, decision),
  };
}
