import type { ResourceKey } from '../inbox-store.ts';
import { deriveWorkItemId, toWorkItem, type WorkItemRow } from '../work-item-rows.ts';
import type { WorkDecision, WorkItemStore } from '../work-item-store.ts';
import type { Session } from './session.ts';
import { prepareSql } from './sql-statement.ts';
import { createPostgresSubjectWorkItems } from './subject-work-items.ts';
import { ADD_POSTGRES_DECISION, CLEAR_WAITING, SELECT_POSTGRES_ITEMS } from './work-item-sql.ts';

/** Opens a resolved item again; a rejected item stays rejected. */
const OPEN = prepareSql(`INSERT INTO work_item AS i
    (id, site, reason, topic, element, detail, fix, waits_for, status, first_seen, last_seen, about, concerns)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $9, $10, $11)
  ON CONFLICT (id) DO UPDATE SET last_seen = excluded.last_seen, about = coalesce(excluded.about, i.about),
    concerns = coalesce(excluded.concerns, i.concerns),
    status = CASE i.status WHEN 'resolved' THEN 'open' ELSE i.status END`);

const GET = prepareSql(`${SELECT_POSTGRES_ITEMS} WHERE i.id = $1 GROUP BY i.id`);

const LIST = prepareSql(`${SELECT_POSTGRES_ITEMS} WHERE $1::text IS NULL OR i.status = $1
  GROUP BY i.id ORDER BY i.first_seen, i.id`);

const GET_STATUS = prepareSql('SELECT status FROM work_item WHERE id = $1');
const REJECT = prepareSql(`UPDATE work_item SET status = 'rejected' WHERE id = $1`);
const ADD_DECISION = prepareSql(ADD_POSTGRES_DECISION);

const REOPEN_REJECTED = prepareSql(
  `UPDATE work_item SET status = 'open' WHERE id = $1 AND status = 'rejected'`,
);

const RESOLVE_UNNEEDED = prepareSql(`UPDATE work_item SET status = 'resolved' WHERE id = ANY ($1::text[])
  AND status = 'open' AND NOT EXISTS (SELECT 1 FROM work_waiting WHERE item = work_item.id)`);

const ADD_WAITING = prepareSql(
  'INSERT INTO work_waiting (item, site, type, id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
);

const REMOVE_WAITING = prepareSql(
  'DELETE FROM work_waiting WHERE item = ANY ($1::text[]) AND site = $2 AND type = $3 AND id = $4',
);

const CLEAR = prepareSql(CLEAR_WAITING);

const SELECT_WAITING = 'SELECT DISTINCT site, type AS "resourceType", id FROM work_waiting';

const LIST_WAITING = prepareSql(`${SELECT_WAITING} WHERE item = $1 ORDER BY site, 2, id`);

const LIST_ALL_WAITING = prepareSql(`${SELECT_WAITING}
  WHERE item IN (SELECT id FROM work_item WHERE subject IS NULL) ORDER BY site, 2, id`);

/** Questions about a subject follow from all of their facts, not from one resource: they are left out. */
const LIST_ITEMS_OF_RESOURCE = prepareSql(`SELECT w.item, i.reason, i.topic
  FROM work_waiting w JOIN work_item i ON i.id = w.item
  WHERE w.site = $1 AND w.type = $2 AND w.id = $3 AND i.subject IS NULL ORDER BY w.item`);

function hold(
  session: Session,
  need: Parameters<WorkItemStore['hold']>[0],
  resource: ResourceKey,
  now: string,
): string {
  const { site, reason, group, element, detail, fix, waitsFor } = need;
  const id = deriveWorkItemId(site, reason, group);
  const about = need.about === undefined ? null : JSON.stringify(need.about);
  const concerns = need.concerns ?? null;
  session.send(OPEN, [id, site, reason, group, element, detail, fix, waitsFor, now, about, concerns]);
  session.send(ADD_WAITING, [id, resource.site, resource.resourceType, resource.id]);
  return id;
}

interface ItemOfResource {
  readonly item: string;
  readonly reason: string;
  readonly topic: string;
}

const listItemsOfResource = (session: Session, { site, resourceType, id }: ResourceKey) =>
  session.query<ItemOfResource>(LIST_ITEMS_OF_RESOURCE, [site, resourceType, id]);

async function release(session: Session, key: ResourceKey, except: readonly string[]): Promise<void> {
  const items = (await listItemsOfResource(session, key))
    .filter(({ reason }) => !except.includes(reason))
    .map(({ item }) => item);
  if (items.length === 0) return;
  session.send(REMOVE_WAITING, [items, key.site, key.resourceType, key.id]);
  session.send(RESOLVE_UNNEEDED, [items]);
}

const listWaiting = (session: Session, id: string | null) =>
  id === null ? session.query<ResourceKey>(LIST_ALL_WAITING) : session.query<ResourceKey>(LIST_WAITING, [id]);

function accept(session: Session, id: string, decision: WorkDecision): void {
  session.send(ADD_DECISION, [id, JSON.stringify(decision)]);
  session.send(REOPEN_REJECTED, [id]);
  session.send(RESOLVE_UNNEEDED, [[id]]);
}

function reject(session: Session, id: string, decision: WorkDecision | null): void {
  if (decision !== null) session.send(ADD_DECISION, [id, JSON.stringify(decision)]);
  session.send(REJECT, [id]);
}

const getStatus = async (session: Session, id: string): Promise<string | undefined> =>
  (await session.query<{ status: string }>(GET_STATUS, [id]))[0]?.status;

/** Creates the work item store on the tables `work_item`, `work_decision` and `work_waiting`. */
export function createPostgresWorkItemStore(session: Session): WorkItemStore {
  const aboutSubjects = createPostgresSubjectWorkItems(session);
  return {
    hold: async (need, resource, now) => hold(session, need, resource, now),
    release: (resource, except = []) => release(session, resource, except),
    async get(id) {
      const [row] = await session.query<WorkItemRow>(GET, [id]);
      return row && toWorkItem(row);
    },
    listWaiting: (id) => listWaiting(session, id),
    async listNeeds(key) {
      const rows = await listItemsOfResource(session, key);
      return rows.map(({ reason, topic }) => ({ reason, group: topic }));
    },
    accept: async (id, decision) => accept(session, id, decision),
    list: async (status) => (await session.query<WorkItemRow>(LIST, [status])).map(toWorkItem),
    isRejected: async (site, reason, group) =>
      (await getStatus(session, deriveWorkItemId(site, reason, group))) === 'rejected',
    async reject(id, decision) {
      reject(session, id, decision);
      return listWaiting(session, id);
    },
    clearWaiting: async (id) => session.send(CLEAR, [id]),
    async resolve(site, reason, group) {
      const id = deriveWorkItemId(site, reason, group);
      if ((await getStatus(session, id)) !== 'open') return;
      session.send(CLEAR, [id]);
      session.send(RESOLVE_UNNEEDED, [[id]]);
    },
    replaceForSubject: (subject, needs, now) => aboutSubjects.replace(subject, needs, now),
    listForSubject: (key) => aboutSubjects.list(key),
    settle: async (id, decision) => aboutSubjects.settle(id, decision),
  };
}
