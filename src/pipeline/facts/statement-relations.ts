import type { Resource } from '../../fhir/resource.ts';
import { listStatementKeys } from '../../intake/statement-identity.ts';
import { isRetracted } from '../../mapping/readers/inherit-from-container.ts';
import type { ResourceKey } from '../../store/inbox-store.ts';
import type { StatementRelations, Subject } from '../../trial/facts.ts';
import { isSameSubject } from '../identity/narrow-subjects.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import { readCurrentContent } from './current-content.ts';
import { resolveContext } from './inherit-from-report.ts';
import { listMembers } from './references.ts';
import { formatReplacementReference, formatSupersededReference, listReplaced } from './resource-index.ts';

/**
 * Finds `Type/id` of a resource in force, about one of the subjects, that says it replaces this one; null where none does, and
 * where the two replace each other.
 */
export async function findReplacement(
  tx: SiteTransaction,
  key: ResourceKey,
  resource: Resource,
  subjects: readonly Subject[],
): Promise<string | null> {
  const own = `${key.resourceType}/${key.id}`;
  for (const referrer of await tx.inbox.listReferrers(tx.site, formatReplacementReference(own))) {
    const name = `${referrer.resourceType}/${referrer.id}`;
    const content = await readCurrentContent(tx, referrer);
    if (!content || name === own || isRetracted(content.resource)) continue;
    if (listReplaced(resource).includes(name)) continue;
    const context = await resolveContext(tx, referrer, content);
    if (context.subjects.some((subject) => subjects.some(isSameSubject(subject)))) return name;
  }
  return null;
}

const readIssued = ({ issued }: Resource): number | null => {
  const instant = typeof issued === 'string' ? Date.parse(issued) : Number.NaN;
  return Number.isNaN(instant) ? null : instant;
};

/** Reads how the resource's statements relate to those of other resources; undefined where nothing relates them. */
export async function readRelations(
  tx: SiteTransaction,
  key: ResourceKey,
  resource: Resource,
): Promise<StatementRelations | undefined> {
  const keys = listStatementKeys(resource);
  const issued = readIssued(resource);
  const replaces = listReplaced(resource);
  const replacedBy = key.resourceType === 'Observation' ? await listResultsInstead(tx, key) : [];
  if (keys.length + replaces.length + replacedBy.length === 0 && issued === null) return undefined;
  return {
    ...(keys.length > 0 ? { keys } : {}),
    ...(issued === null ? {} : { issued }),
    ...(replaces.length > 0 ? { replaces } : {}),
    ...(replacedBy.length > 0 ? { replacedBy } : {}),
  };
}

/** Lists `Observation/id` of the results that reports list instead of this one; see `formatSupersededReference`. */
async function listResultsInstead(tx: SiteTransaction, key: ResourceKey): Promise<readonly string[]> {
  const found = new Set<string>();
  const reference = formatSupersededReference(`Observation/${key.id}`);
  for (const report of await tx.inbox.listReferrers(tx.site, reference)) {
    const content = await readCurrentContent(tx, report);
    if (!content || isRetracted(content.resource)) continue;
    for (const member of listMembers(content.resource)) found.add(member);
  }
  return [...found].sort();
}
