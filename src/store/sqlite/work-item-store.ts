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
  decision: string | null;
}

function toWorkItem(row: WorkItemRow): WorkItem {
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
    decision: row.decision === null ? null : (JSON.parse(row.decision) as WorkDecision),
  };
}

/** Short, stable and speakable: the same need at the same site always has the same id. */
function deriveWorkItemId(site: string, reason: string, group: string): string {
  return `W-${createHash('sha256')
    .update(JSON.stringify([site, reason, group]))
    .digest('hex')
    .slice(0, 10)}`;
}

interface WaitingResourceRow {
  site: string;
  type: string;
  id: string;
}

const toResourceKey = (row: WaitingResourceRow): ResourceKey => ({
  site: row.site,
  resourceType: row.type,
  id: row.id,
});

export function createSqliteWorkItemStore(db: Database): WorkItemStore {
  const open = db.prepare(`INSERT INTO work_item
    (id, site, reason, topic, element, detail, fix, waits_for, status, first_seen, last_seen, about, concerns)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET last_seen = excluded.last_seen, about = coalesce(excluded.about, about),
      concerns = coalesce(excluded.concerns, concerns),
      status = CASE status WHEN 'resolved' THEN 'open' ELSE status END`);
  const wait = db.prepare('INSERT OR IGNORE INTO work_waiting (item, site, type, id) VALUES (?, ?, ?, ?)');
  const itemsOf = db.prepare<[string, string, string], { item: string; reason: string; topic: string }>(
    `SELECT w.item, i.reason, i.topic FROM work_waiting w JOIN work_item i ON i.id = w.item
     WHERE w.site = ? AND w.type = ? AND w.id = ? ORDER BY w.item`,
  );
  const release = db.prepare('DELETE FROM work_waiting WHERE item = ? AND site = ? AND type = ? AND id = ?');
  const resolve = db.prepare(`UPDATE work_item SET status = 'resolved' WHERE id = ? AND status = 'open'
    AND NOT EXISTS (SELECT 1 FROM work_waiting WHERE item = work_item.id)`);
  const list = db.prepare<[string | null, string | null], WorkItemRow>(
    `SELECT i.*, count(w.id) AS waiting, min(w.type || '/' || w.id) AS example
     FROM work_item i LEFT JOIN work_waiting w ON w.item = i.id
     WHERE ? IS NULL OR i.status = ?
     GROUP BY i.id ORDER BY i.first_seen, i.id`,
  );
  const one = db.prepare<[string], WorkItemRow>(
    `SELECT i.*, count(w.id) AS waiting, min(w.type || '/' || w.id) AS example
     FROM work_item i LEFT JOIN work_waiting w ON w.item = i.id WHERE i.id = ? GROUP BY i.id`,
  );
  const everything = db.prepare<[], WaitingResourceRow>(
    'SELECT DISTINCT site, type, id FROM work_waiting ORDER BY site, type, id',
  );
  const decide = db.prepare('UPDATE work_item SET decision = ? WHERE id = ?');
  const reopen = db.prepare(`UPDATE work_item SET status = 'open' WHERE id = ? AND status = 'rejected'`);
  const statusOf = db.prepare<[string], { status: string }>('SELECT status FROM work_item WHERE id = ?');
  const status = db.prepare('UPDATE work_item SET status = ? WHERE id = ?');
  const held = db.prepare<[string], WaitingResourceRow>(
    'SELECT site, type, id FROM work_waiting WHERE item = ? ORDER BY site, type, id',
  );
  const clear = db.prepare('DELETE FROM work_waiting WHERE item = ?');
  return {
    async hold(need, key, now) {
      const id = deriveWorkItemId(need.site, need.reason, need.group);
      open.run(
        id,
        need.site,
        need.reason,
        need.group,
        need.element,
        need.detail,
        need.fix,
        need.waitsFor,
        now,
        now,
        need.about === undefined ? null : JSON.stringify(need.about),
        need.concerns ?? null,
      );
      wait.run(id, key.site, key.resourceType, key.id);
      return id;
    },
    async release(key, except = []) {
      for (const { item, reason } of itemsOf.all(key.site, key.resourceType, key.id)) {
        if (except.includes(reason)) continue;
        release.run(item, key.site, key.resourceType, key.id);
        resolve.run(item);
      }
    },
    async get(id) {
      const row = one.get(id);
      return row && toWorkItem(row);
    },
    async waiting(id) {
      return (id === null ? everything.all() : held.all(id)).map(toResourceKey);
    },
    async listNeeds(key) {
      const rows = itemsOf.all(key.site, key.resourceType, key.id);
      return rows.map(({ reason, topic }) => ({ reason, group: topic }));
    },
    async accept(id, decision) {
      decide.run(JSON.stringify(decision), id);
      reopen.run(id);
      resolve.run(id);
    },
    async list(wanted) {
      return list.all(wanted, wanted).map(toWorkItem);
    },
    async isRejected(site, reason, group) {
      return statusOf.get(deriveWorkItemId(site, reason, group))?.status === 'rejected';
    },
    async reject(id, decision) {
      const keys = held.all(id).map(toResourceKey);
      decide.run(decision === null ? null : JSON.stringify(decision), id);
      status.run('rejected', id);
      return keys;
    },
    async clearWaiting(id) {
      clear.run(id);
    },
  };
}
