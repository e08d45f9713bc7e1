import { listChangedColumns, type SubjectWorkItemRow } from '../subject-item-rows.ts';
import type { SubjectKey } from '../subject-store.ts';
import { deriveWorkItemId, toWorkItem } from '../work-item-rows.ts';
import type { SubjectWorkNeed, WorkDecision, WorkItem } from '../work-item-store.ts';
import type { Session } from './session.ts';
import { prepareSql } from './sql-statement.ts';
import { ADD_POSTGRES_DECISION, CLEAR_WAITING, SELECT_POSTGRES_ITEMS } from './work-item-sql.ts';

/* Work items that the facts of one subject raise together. */

const LIST = prepareSql(
  `${SELECT_POSTGRES_ITEMS} WHERE i.study = $1 AND i.subject = $2 GROUP BY i.id ORDER BY i.id`,
);

const PUT = prepareSql(`INSERT INTO work_item
    (id, site, reason, topic, study, subject, first_seen, last_seen,
      kind, element, detail, fix, status, sources, choices, basis)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11, $12, $13, $14, $15)
  ON CONFLICT (id) DO UPDATE SET element = excluded.element, detail = excluded.detail, fix = excluded.fix,
    status = excluded.status, last_seen = excluded.last_seen, study = excluded.study, subject = excluded.subject,
    kind = excluded.kind, sources = excluded.sources, choices = excluded.choices, basis = excluded.basis`);

const RESOLVE = prepareSql(`UPDATE work_item SET status = 'resolved' WHERE id = $1`);
const SETTLE = prepareSql('UPDATE work_item SET settled_basis = basis, status = $2 WHERE id = $1');
const ADD_DECISION = prepareSql(ADD_POSTGRES_DECISION);
const CLEAR = prepareSql(CLEAR_WAITING);

const ADD_WAITING = prepareSql(`INSERT INTO work_waiting (item, site, type, id)
  SELECT DISTINCT $1, * FROM unnest($2::text[], $3::text[], $4::text[])`);

function put(
  session: Session,
  { site, study, subject }: SubjectKey & { readonly site: string },
  known: SubjectWorkItemRow | undefined,
  need: SubjectWorkNeed,
  now: string,
): void {
  const { reason, group } = need;
  const id = deriveWorkItemId(site, reason, group);
  const row = listChangedColumns(known, need);
  if (!row) return;
  const { kind, element, detail, fix, status, sources, choices, basis } = row;
  const content = [kind, element, detail, fix, status, sources, choices, basis];
  session.send(PUT, [id, site, reason, group, study, subject, now, ...content]);
  session.send(CLEAR, [id]);
  if (status !== 'open') return;
  const keys = need.sources;
  session.send(ADD_WAITING, [
    id,
    keys.map((key) => key.site),
    keys.map((key) => key.resourceType),
    keys.map((key) => key.id),
  ]);
}

const listRows = (session: Session, { study, subject }: SubjectKey) =>
  session.query<SubjectWorkItemRow>(LIST, [study, subject]);

/** Creates the part of the work item store for questions about subjects. */
export function createPostgresSubjectWorkItems(session: Session) {
  return {
    async replace(
      key: SubjectKey & { readonly site: string },
      needs: readonly SubjectWorkNeed[],
      now: string,
    ): Promise<void> {
      const known = new Map((await listRows(session, key)).map((row) => [row.id, row]));
      for (const need of needs) {
        const id = deriveWorkItemId(key.site, need.reason, need.group);
        put(session, key, known.get(id), need, now);
        known.delete(id);
      }
      for (const { id, status } of known.values()) {
        if (status !== 'open') continue;
        session.send(RESOLVE, [id]);
        session.send(CLEAR, [id]);
      }
    },
    list: async (key: SubjectKey): Promise<readonly WorkItem[]> =>
      (await listRows(session, key)).map(toWorkItem),
    settle(id: string, decision: WorkDecision): void {
      const status = decision.verdict === 'rejected' ? 'rejected' : 'resolved';
      session.send(ADD_DECISION, [id, JSON.stringify(decision)]);
      session.send(SETTLE, [id, status]);
      session.send(CLEAR, [id]);
    },
  };
}
