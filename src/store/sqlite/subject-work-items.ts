import { listChangedColumns, type SubjectWorkItemRow } from '../subject-item-rows.ts';
import type { SubjectKey } from '../subject-store.ts';
import { deriveWorkItemId, toWorkItem } from '../work-item-rows.ts';
import type { SubjectWorkNeed, WorkDecision, WorkItem } from '../work-item-store.ts';
import type { Database } from './database.ts';
import { ADD_DECISION, SELECT_ITEMS } from './work-item-sql.ts';

/* Work items that the facts of one subject raise together. */

const PUT_ITEM = `INSERT INTO work_item
    (id, site, reason, topic, element, detail, fix, waits_for, status, first_seen, last_seen,
      study, subject, kind, sources, choices, basis)
  VALUES (@id, @site, @reason, @group, @element, @detail, @fix, NULL, @status, @now, @now,
    @study, @subject, @kind, @sources, @choices, @basis)
  ON CONFLICT (id) DO UPDATE SET element = @element, detail = @detail, fix = @fix, status = @status, last_seen = @now,
    study = @study, subject = @subject, kind = @kind, sources = @sources, choices = @choices, basis = @basis`;

function prepareStatements(db: Database) {
  return {
    list: db.prepare<[string, string], SubjectWorkItemRow>(
      `${SELECT_ITEMS} WHERE i.study = ? AND i.subject = ? GROUP BY i.id ORDER BY i.id`,
    ),
    put: db.prepare(PUT_ITEM),
    resolve: db.prepare(`UPDATE work_item SET status = 'resolved' WHERE id = ?`),
    settle: db.prepare('UPDATE work_item SET settled_basis = basis, status = ? WHERE id = ?'),
    addDecision: db.prepare(ADD_DECISION),
    addWaiting: db.prepare('INSERT OR IGNORE INTO work_waiting (item, site, type, id) VALUES (?, ?, ?, ?)'),
    clearWaiting: db.prepare('DELETE FROM work_waiting WHERE item = ?'),
  };
}

/** Creates the part of the work item store for questions about subjects. */
export function createSubjectWorkItems(db: Database) {
  const statements = prepareStatements(db);

  function put(
    { site, study, subject }: SubjectKey & { readonly site: string },
    known: SubjectWorkItemRow | undefined,
    need: SubjectWorkNeed,
    now: string,
  ): void {
    const { reason, group } = need;
    const id = deriveWorkItemId(site, reason, group);
    const row = listChangedColumns(known, need);
    if (!row) return;
    statements.put.run({ id, site, study, subject, reason, group, now, ...row });
    statements.clearWaiting.run(id);
    if (row.status !== 'open') return;
    for (const key of need.sources) statements.addWaiting.run(id, key.site, key.resourceType, key.id);
  }

  return {
    replace(
      key: SubjectKey & { readonly site: string },
      needs: readonly SubjectWorkNeed[],
      now: string,
    ): void {
      const known = new Map(statements.list.all(key.study, key.subject).map((row) => [row.id, row]));
      for (const need of needs) {
        const id = deriveWorkItemId(key.site, need.reason, need.group);
        put(key, known.get(id), need, now);
        known.delete(id);
      }
      for (const { id, status } of known.values()) {
        if (status !== 'open') continue;
        statements.resolve.run(id);
        statements.clearWaiting.run(id);
      }
    },
    list: (study: string, subject: string): readonly WorkItem[] =>
      statements.list.all(study, subject).map(toWorkItem),
    settle(id: string, decision: WorkDecision): void {
      const status = decision.verdict === 'rejected' ? 'rejected' : 'resolved';
      statements.addDecision.run(id, JSON.stringify(decision));
      statements.settle.run(status, id);
      statements.clearWaiting.run(id);
    },
  };
}
