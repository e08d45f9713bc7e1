import type { AuditAction } from './audit-actions.ts';
import { type AuditOrigin, getAuditOrigin } from './audit-origin.ts';

/**
 * What happened, as the code that did it states it. No text here may tell who a patient is: no patient identifier, name or
 * value. Objects of a site are named by a keyed hash, subjects by their number, content by a keyed hash.
 */
export interface AuditEvent {
  readonly action: AuditAction;
  /** Default: done. `refused`: somebody was not allowed to. `failed`: it was tried, and could not be completed. */
  readonly outcome?: 'done' | 'refused' | 'failed';
  readonly site?: string;
  /** `Type/…`: the keyed hash of a resource's id, or the id of a thing of the adapter's own (`WorkItem/…`). */
  readonly object?: string;
  /** The subjects whom it is about, as `STUDY|NUMBER`, sorted. */
  readonly about?: readonly string[];
  /** Keyed hashes of the content before and after; absent where there was or is none. */
  readonly before?: string;
  readonly after?: string;
  /** A code. What a person wrote as a reason is in the record itself, whose hash is `after`. */
  readonly reason?: string;
  /** How many things of the same kind the entry stands for; absent: one. */
  readonly count?: number;
  /** What else identifies the event, in codes and numbers. */
  readonly detail?: Readonly<Record<string, string | number>>;
}

/** One entry of the audit trail: an event, when it happened and who caused it. Stored and exported as canonical JSON. */
export interface AuditEntry extends AuditEvent, AuditOrigin {
  /** The version of this form. */
  readonly v: 1;
  /** UTC, ISO 8601 with milliseconds. */
  readonly at: string;
}

/** Completes an event to an entry: by whoever acts in this call (see runAs), at the instant. */
export function buildAuditEntry(event: AuditEvent, at: Date): AuditEntry {
  const { actor, kind, how, client, request, network } = getAuditOrigin();
  return {
    v: 1,
    at: at.toISOString(),
    actor,
    kind,
    how,
    ...(client === undefined ? {} : { client }),
    ...(request === undefined ? {} : { request }),
    ...(network === undefined ? {} : { network }),
    ...event,
  };
}
