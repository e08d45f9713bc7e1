import type { Resource } from '../../fhir/resource.ts';
import type { MappingContext, MappingResult } from '../../mapping/mapping-result.ts';
import { isRetracted } from '../../mapping/readers/inherit-from-container.ts';
import type { ResourceKey } from '../../store/inbox-store.ts';
import { UNKNOWN_MOMENT } from '../../trial/calendar-days.ts';
import { nameStatement } from '../../trial/counts/statements-in-force.ts';
import type { StatementRelations, WithdrawalFact } from '../../trial/facts.ts';
import { parseContent } from '../current-versions.ts';
import type { SiteTransaction } from '../site-transaction.ts';

/** The reasons for which a resource that was entered in error or cancelled is ignored. */
const WITHDRAWN_REASONS: ReadonlySet<string> = new Set(['entered-in-error', 'status-cancelled']);

/** The versions that are read: those that only repeat a withdrawal are stored once. */
const MAX_VERSIONS_READ = 100;

/** Whether the store knows another version of the resource that stated something: then only that is withdrawn. */
async function hasStatedBefore(tx: SiteTransaction, key: ResourceKey): Promise<boolean> {
  const versions = await tx.inbox.listVersions(key, MAX_VERSIONS_READ);
  return versions.some((version) => {
    const content = parseContent(version);
    return content !== undefined && !isRetracted(content);
  });
}

/** Returns the resource as if it were in force; a result without a value says that it has none. */
function replaceStatus(resource: Resource): Resource {
  const { verificationStatus: _status, ...rest } = resource;
  const restored: Record<string, unknown> & Resource = { ...rest };
  if (restored.resourceType !== 'Observation') return { ...restored, status: 'completed' };
  const hasValue = Object.keys(restored).some((name) => name.startsWith('value') || name === 'component');
  return { ...restored, status: 'final', ...(hasValue ? {} : { dataAbsentReason: { text: 'withdrawn' } }) };
}

/**
 * Builds what a resource states that was withdrawn as soon as it was known: it may take back what another resource says. null
 * for any other resource, and where nothing shows what it would take back.
 */
export async function buildWithdrawal(
  tx: SiteTransaction,
  key: ResourceKey,
  resource: Resource,
  context: MappingContext,
  mapped: MappingResult,
  relations: StatementRelations | undefined,
): Promise<WithdrawalFact | null> {
  if (!mapped.ignored || !WITHDRAWN_REASONS.has(mapped.ignored.reason)) return null;
  if (await hasStatedBefore(tx, key)) return null;
  const { facts } = tx.map(replaceStatus(resource), context);
  const [first] = facts;
  if (!first && !relations?.keys) return null;
  const source = first?.sources[0] ?? { ...key, version: null, element: key.resourceType };
  const specimen = first && 'specimen' in first ? first.specimen : undefined;
  return {
    kind: 'withdrawal',
    key: `withdrawal|${key.site}|${key.resourceType}/${key.id}`,
    subject: context.subject,
    at: first?.at ?? UNKNOWN_MOMENT,
    sources: [{ ...source, element: mapped.ignored.element }],
    statements: [...new Set(facts.map(nameStatement))].sort(),
    ...(specimen === undefined ? {} : { specimen }),
    ...(relations ? { relations } : {}),
  };
}
