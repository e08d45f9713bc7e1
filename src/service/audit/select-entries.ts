import type { AuditEntry } from '../../audit/audit-entry.ts';
import type { AuditTrail } from '../../audit/audit-trail.ts';
import { listTrailEntries } from '../../audit/trail-file.ts';

/** Which entries are asked for; what is left out selects nothing. */
export interface AuditFilter {
  /** UTC days or instants: from this one on, and before or on that one. */
  readonly from?: string;
  readonly to?: string;
  readonly actor?: string;
  /** An action, or the part of it before the dot. */
  readonly action?: string;
  /** An object, or its type. */
  readonly object?: string;
  readonly site?: string;
  readonly study?: string;
  /** A subject number. */
  readonly subject?: string;
  readonly request?: string;
}

/** An entry with its place in the trail. Printed as JSON. */
export type ListedAuditEntry = AuditEntry & { readonly chain: string; readonly seq: number };

const hasName = (value: string | undefined, asked: string, separator: string): boolean =>
  value === asked || (value ?? '').startsWith(`${asked}${separator}`);

/** A day includes all its instants: `2026-03-01` ends with the last of them. */
const isUpTo = (at: string, to: string): boolean => at <= to || at.startsWith(to);

const isAboutSubject = (about: readonly string[] | undefined, study?: string, subject?: string): boolean =>
  (about ?? []).some((one) => {
    const [ofStudy, number] = one.split('|');
    return (study === undefined || ofStudy === study) && (subject === undefined || number === subject);
  });

/** Whether an entry is asked for. */
export function matchesAuditFilter(entry: AuditEntry, filter: AuditFilter): boolean {
  const { from, to, actor, action, object, site, study, subject, request } = filter;
  const tests: readonly (readonly [string | undefined, (asked: string) => boolean])[] = [
    [from, (asked) => entry.at >= asked],
    [to, (asked) => isUpTo(entry.at, asked)],
    [actor, (asked) => entry.actor === asked],
    [action, (asked) => hasName(entry.action, asked, '.')],
    [object, (asked) => hasName(entry.object, asked, '/')],
    [site, (asked) => entry.site === asked],
    [request, (asked) => entry.request === asked],
    [study ?? subject, () => isAboutSubject(entry.about, study, subject)],
  ];
  return tests.every(([asked, test]) => asked === undefined || test(asked));
}

/** Lists the entries that are asked for, in order of time; entries of one instant in the order of their chain. */
export async function selectAuditEntries(
  trail: AuditTrail,
  filter: AuditFilter,
): Promise<readonly ListedAuditEntry[]> {
  const found: ListedAuditEntry[] = [];
  for await (const { chain, seq, entry } of listTrailEntries(trail)) {
    const parsed = JSON.parse(entry) as AuditEntry;
    if (matchesAuditFilter(parsed, filter)) found.push({ chain, seq, ...parsed });
  }
  return found.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.seq - b.seq));
}
