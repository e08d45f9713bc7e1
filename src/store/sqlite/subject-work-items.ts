import { createHash } from 'node:crypto';
import type { SubjectWorkNeed, WorkDecision, WorkItem } from '../store.ts';
import type { SubjectKey } from '../subject-store.ts';
import type { Database } from './database.ts';
import {
  ADD_DECISION,
  deriveWorkItemId,
  parseDecisions,
  SELECT_ITEMS,
  toWorkItem,
  type WorkItemRow,
} from './work-item-rows.ts';

/* Work items that the facts of one subject raise together. */

interface SubjectWorkItemRow extends WorkItemRow {
  basis: string | null;
  settled_basis: string | null;
}

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

const digestBasis = (basis: string): string => createHash('sha256').update(basis).digest('hex');

/** Returns the status of an item: closed as decided while the basis of the decision holds, else open. */
function resolveStatus(known: SubjectWorkItemRow | undefined, basis: string): WorkItem['status'] {
  const decision = known && parseDecisions(known).at(-1);
  if (!decision || known.settled_basis !== basis) return 'open';
  return decision.verdict === 'rejected' ? 'rejected' : 'resolved';
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
    const { reason, group, kind, element, detail, fix } = need;
    const id = deriveWorkItemId(site, reason, group);
    const basis = digestBasis(need.basis);
    const status = resolveStatus(known, basis);
    const sources = JSON.stringify(need.sources.map((key) => `${key.resourceType}/${key.id}`));
    const row = { kind, element, detail, fix, status, sources, choices: JSON.stringify(need.choices), basis };
    if (known && Object.entries(row).every(([name, value]) => known[name as keyof typeof row] === value))
      return;
    statements.put.run({ id, site, study, subject, reason, group, now, ...row });
    statements.clearWaiting.run(id);
    if (status !== 'open') return;
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
