import { createHash } from 'node:crypto';
import type { WorkDecision, WorkItem } from './work-item-store.ts';

/** A row of `work_item`, with the resources that wait. */
export interface WorkItemRow {
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
  study: string | null;
  subject: string | null;
  kind: string | null;
  sources: string;
  choices: string;
  basis: string | null;
}

/** Parses the decisions on an item, the first one first. */
export const parseDecisions = ({ decisions }: Pick<WorkItemRow, 'decisions'>): readonly WorkDecision[] =>
  JSON.parse(decisions) as readonly WorkDecision[];

/** Converts a row to the item. */
export function toWorkItem(row: WorkItemRow): WorkItem {
  const decisions = parseDecisions(row);
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
    study: row.study,
    subject: row.subject,
    basis: row.basis,
    kind: row.kind,
    sources: JSON.parse(row.sources) as readonly string[],
    choices: JSON.parse(row.choices) as WorkItem['choices'],
  };
}

/** Derives a short, stable id: the same need at the same site always has the same id. */
export function deriveWorkItemId(site: string, reason: string, group: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([site, reason, group]))
    .digest('hex');
  return `W-${digest.slice(0, 10)}`;
}
