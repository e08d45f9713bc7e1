import { createHash } from 'node:crypto';
import { parseDecisions, type WorkItemRow } from './work-item-rows.ts';
import type { SubjectWorkNeed, WorkItem } from './work-item-store.ts';

/** A row of `work_item` that the facts of one subject raise together. */
export interface SubjectWorkItemRow extends WorkItemRow {
  basis: string | null;
  settled_basis: string | null;
}

const digestBasis = (basis: string): string => createHash('sha256').update(basis).digest('hex');

/** Returns the status of an item: closed as decided while the basis of the decision holds, else open. */
function resolveStatus(known: SubjectWorkItemRow | undefined, basis: string): WorkItem['status'] {
  const decision = known && parseDecisions(known).at(-1);
  if (!decision || known.settled_basis !== basis) return 'open';
  return decision.verdict === 'rejected' ? 'rejected' : 'resolved';
}

/** Lists the columns of the item that the need raises; null where it is stored already, and unchanged. */
export function listChangedColumns(known: SubjectWorkItemRow | undefined, need: SubjectWorkNeed) {
  const { kind, element, detail, fix } = need;
  const basis = digestBasis(need.basis);
  const status = resolveStatus(known, basis);
  const sources = JSON.stringify(need.sources.map((key) => `${key.resourceType}/${key.id}`));
  const row = { kind, element, detail, fix, status, sources, choices: JSON.stringify(need.choices), basis };
  const isUnchanged =
    known && Object.entries(row).every(([name, value]) => known[name as keyof typeof row] === value);
  return isUnchanged ? null : row;
}
