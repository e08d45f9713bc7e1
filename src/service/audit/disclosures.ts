import type { AuditAction } from '../../audit/audit-actions.ts';
import type { AuditTrail } from '../../audit/audit-trail.ts';
import { type AuditFilter, type ListedAuditEntry, selectAuditEntries } from './select-entries.ts';

/** Who received what about whom. Printed as JSON. */
export interface Disclosure {
  readonly at: string;
  readonly kind: 'export' | 'write-back' | 'read';
  /** Who caused it, and how they were authenticated. */
  readonly by: string;
  readonly how: string;
  /** Who received it: as the exporter stated, the EHR of a site, or the reader; null where nobody was stated. */
  readonly to: string | null;
  readonly outcome: 'done' | 'refused' | 'failed';
  /** The format of an export, or what was written or read. */
  readonly what: string;
  /** The subjects whom it is about, as `STUDY|NUMBER`. */
  readonly about: readonly string[];
  /** SHA-256 of what was exported, in hexadecimal; the keyed hash of what was written back; null for what was read. */
  readonly digest: string | null;
  readonly request: string | null;
}

const KINDS: ReadonlyMap<AuditAction, Disclosure['kind']> = new Map([
  ['export.written', 'export'],
  ['write-back.delivered', 'write-back'],
  ['data.read', 'read'],
]);

function readRecipient(entry: ListedAuditEntry, kind: Disclosure['kind']): string | null {
  if (kind === 'write-back') return entry.site === undefined ? null : `EHR of ${entry.site}`;
  if (kind === 'read') return entry.actor;
  const recipient = entry.detail?.for;
  return recipient === undefined ? null : String(recipient);
}

function toDisclosure(entry: ListedAuditEntry): readonly Disclosure[] {
  const kind = KINDS.get(entry.action);
  if (!kind) return [];
  return [
    {
      at: entry.at,
      kind,
      by: entry.actor,
      how: entry.how,
      to: readRecipient(entry, kind),
      outcome: entry.outcome ?? 'done',
      what: kind === 'export' ? String(entry.detail?.format ?? '') : (entry.object ?? ''),
      about: entry.about ?? [],
      digest: entry.after ?? null,
      request: entry.request ?? null,
    },
  ];
}

/** Lists every disclosure of the trail, in order of time. */
export async function listDisclosures(
  trail: AuditTrail,
  filter: Pick<AuditFilter, 'from' | 'to' | 'study' | 'subject'>,
): Promise<readonly Disclosure[]> {
  return (await selectAuditEntries(trail, filter)).flatMap(toDisclosure);
}
