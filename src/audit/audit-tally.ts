import { toTrailJson } from './audit-chain.ts';
import type { AuditEvent } from './audit-entry.ts';

/** Counts events that may come in floods, so that a flood is a few entries and does not fill the disk. */
export interface AuditTally {
  /** Counts an event with all others that are equal to it. */
  add(event: Omit<AuditEvent, 'count'>): void;
  /** Returns an event for each kind that was counted, with its count. The counts then start from zero. */
  drain(): readonly AuditEvent[];
}

/** Beyond so many kinds, the others are counted by their action and reason alone. */
const MOST_KINDS = 500;

/** Returns an event without what tells it from others of its action and reason. */
const withoutObject = ({ object: _object, detail: _detail, ...event }: AuditEvent): AuditEvent => ({
  ...event,
  detail: { others: 1 },
});

/** Creates an empty tally. */
export function createAuditTally(): AuditTally {
  const counts = new Map<string, { readonly event: AuditEvent; count: number }>();
  const find = (event: AuditEvent) => counts.get(toTrailJson(event));
  return {
    add(event) {
      const known = find(event);
      const isFull = !known && counts.size >= MOST_KINDS;
      const counted = isFull ? withoutObject(event) : event;
      const entry = known ?? find(counted);
      if (entry) entry.count += 1;
      else counts.set(toTrailJson(counted), { event: counted, count: 1 });
    },
    drain() {
      const events = [...counts.values()].map(({ event, count }) => ({ ...event, count }));
      counts.clear();
      return events;
    },
  };
}
