import { createHash } from 'node:crypto';
import type { ResourceKey, WorkDecision, WorkItem, WorkItemStore } from '../store.ts';
import type { Database } from './database.ts';

interface WorkItemRow {
  id: string;
  site: string;
  reason: string;
  topic: string;
  element: string;
  detail: string;
  fix: string;
  waits_for: string | null;
  status: WorkItem['status'];
  first_seen: string;
  last_seen: string;
  waiting: number;
  example: string | null;
  about: string | null;
  concerns: WorkItem['concerns'];
  /** JSON array, the first decision first. */
  decisions: string;
}

function toWorkItem(row: WorkItemRow): WorkItem {
  const decisions = JSON.parse(row.decisions) as WorkDecision[];
  return {
    id: row.id,
    site: row.site,
    reason: row.reason,
    group: row.topic,
    element: row.element,
    detail: row.detail,
    fix: row.fix,
    waitsFor: row.waits_for,
    status: row.status,
    firstSeen: row.first_seen,
    lastSeen: row.last_seen,
    count: row.waiting,
    example: row.example,
    about: row.about === null ? null : (JSON.parse(row.about) as unknown),
    concerns: row.concerns,
    decision: decisions.at(-1) ?? null,
    decisions,
  };
}

/** Derives a short, stable id: the same need at the same site always has the same id. */
function deriveWorkItemId(site: string, reason: string, group: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([site, reason, group]))
    .digest('hex');
  return `W-${digest.slice(0, 10)}`;
}

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

const LIST_ITEMS_OF_RESOURCE = `SELECT w.item, i.reason, i.topic
  FROM work_waiting w JOIN work_item i ON i.id = w.item
  WHERE w.site = ? AND w.type = ? AND w.id = ? ORDER BY w.item`;

const RESOLVE_UNNEEDED = `UPDATE work_item SET status = 'resolved' WHERE id = ? AND status = 'open'
  AND NOT EXISTS (SELECT 1 FROM work_waiting WHERE item = work_item.id)`;

const SELECT_DECISIONS = `SELECT json_group_array(json(d.decision) ORDER BY d.seq)
  FROM work_decision d WHERE d.item = i.id`;

const SELECT_ITEMS = `SELECT i.*, count(w.id) AS waiting, min(w.type || '/' || w.id) AS example,
    (${SELECT_DECISIONS}) AS decisions
  FROM work_item i LEFT JOIN work_waiting w ON w.item = i.id`;

const SELECT_WAITING = 'SELECT DISTINCT site, type, id FROM work_waiting';

function prepareStatements(db: Database) {
  return {
    open: db.prepare(OPEN_ITEM),
    get: db.prepare<[string], WorkItemRow>(`${SELECT_ITEMS} WHERE i.id = ? GROUP BY i.id`),
    list: db.prepare<[string | null, string | null], WorkItemRow>(
      `${SELECT_ITEMS} WHERE ? IS NULL OR i.status = ? GROUP BY i.id ORDER BY i.first_seen, i.id`,
    ),
    getStatus: db.prepare<[string], { status: string }>('SELECT status FROM work_item WHERE id = ?'),
    setStatus: db.prepare('UPDATE work_item SET status = ? WHERE id = ?'),
    addDecision: db.prepare('INSERT INTO work_decision (item, decision) VALUES (?, ?)'),
    reopenRejected: db.prepare(`UPDATE work_item SET status = 'open' WHERE id = ? AND status = 'rejected'`),
    resolveUnneeded: db.prepare(RESOLVE_UNNEEDED),
    addWaiting: db.prepare('INSERT OR IGNORE INTO work_waiting (item, site, type, id) VALUES (?, ?, ?, ?)'),
    removeWaiting: db.prepare('DELETE FROM work_waiting WHERE item = ? AND site = ? AND type = ? AND id = ?'),
    clearWaiting: db.prepare('DELETE FROM work_waiting WHERE item = ?'),
    listWaiting: db.prepare<[string], WaitingResourceRow>(
      `${SELECT_WAITING} WHERE item = ? ORDER BY site, type, id`,
    ),
    listAllWaiting: db.prepare<[], WaitingResourceRow>(`${SELECT_WAITING} ORDER BY site, type, id`),
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

/** Creates the work item store on the tables `work_item` and `work_waiting`. */
export function createSqliteWorkItemStore(db: Database): WorkItemStore {
  const statements = prepareStatements(db);
  return {
    hold: async (need, resource, now) => hold(statements, need, resource, now),
    release: async (resource, except = []) => release(statements, resource, except),
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
  };
}
