import type { Resource } from '../../fhir/resource.ts';
import { classifyResource, readPatientIdentifiers } from '../../intake/patient-identifiers.ts';
import { hasOtherNumber, hasOtherSpecimen, listStatementKeys } from '../../intake/statement-identity.ts';
import { isRetracted } from '../../mapping/readers/inherit-from-container.ts';
import type { ResourceKey } from '../../store/inbox-store.ts';
import { readCurrentContent } from '../facts/current-content.ts';
import { resolveContext } from '../facts/inherit-from-report.ts';
import { findStatementIds } from '../facts/statement-ids.ts';
import { contradictsSubject } from '../identity/contradicting-identifiers.ts';
import { isSameSubject } from '../identity/narrow-subjects.ts';
import { resolveSubjects } from '../identity/resolve-subject.ts';
import type { SiteTransaction } from '../site-transaction.ts';

/**
 * Finds the id of the stored resource that states the same as a resource without an id: the same about the same subject, under
 * an identifier that both have (see `listStatementKeys`). null where none does, and where the subject of one is unknown.
 */
export async function findSameStatement(tx: SiteTransaction, resource: Resource): Promise<string | null> {
  const [first = null] = await listSameStatements(tx, resource);
  return first;
}

/** Lists the ids of all such resources, in order; of those that `isCandidate` selects. Empty where too many share the identifier. */
export async function listSameStatements(
  tx: SiteTransaction,
  resource: Resource,
  isCandidate: (id: string) => boolean = () => true,
): Promise<readonly string[]> {
  const { resourceType } = resource;
  const ids = (await findStatementIds(tx, resource)) ?? [];
  const same: string[] = [];
  for (const id of [...ids].filter(isCandidate).sort())
    if (await isSameStatement(tx, { site: tx.site, resourceType, id }, resource)) same.push(id);
  return same;
}

/**
 * Whether a stored resource, found by an identifier that the incoming one has too, can be the same: the same statement about
 * the same subject, or a resource that is no statement about a patient, such as a product or the Patient itself.
 */
export async function canBeSameStatement(
  tx: SiteTransaction,
  key: ResourceKey,
  resource: Resource,
): Promise<boolean> {
  const isStatement =
    classifyResource(resource) === 'patient-data' &&
    !['Patient', 'ResearchSubject'].includes(key.resourceType);
  if (!isStatement) return true;
  const known = await readCurrentContent(tx, key);
  if (!known || !(await isSameStatement(tx, key, resource))) return false;
  const keys = listStatementKeys(resource);
  const knownKeys = listStatementKeys(known.resource);
  // Without a time, the identifier is all that distinguishes the two.
  return keys.length + knownKeys.length === 0 || keys.some((each) => knownKeys.includes(each));
}

/** Whether the stored resource is about the same subject, and no specimen or number distinguishes the two. */
async function isSameStatement(tx: SiteTransaction, key: ResourceKey, resource: Resource): Promise<boolean> {
  const known = await readCurrentContent(tx, key);
  // What was entered in error under an id of its own says nothing about the content of another resource.
  if (
    !known ||
    isRetracted(known.resource) ||
    hasOtherSpecimen(known.resource, resource) ||
    hasOtherNumber(known.resource, resource)
  )
    return false;
  const { identifiers } = readPatientIdentifiers(resource, tx.ehrBase);
  const incoming = await resolveSubjects(tx, identifiers);
  const stored = await resolveContext(tx, key, known);
  if (incoming.isAmbiguous || stored.isAmbiguous) return false;
  if (incoming.subjects.length > 0 || stored.subjects.length > 0) {
    const isEqual = incoming.subjects.length === stored.subjects.length;
    return isEqual && incoming.subjects.every((subject) => stored.subjects.some(isSameSubject(subject)));
  }
  const isShared = identifiers.some((identifier) => stored.patientIdentifiers.includes(identifier));
  return isShared && !contradictsSubject(identifiers, stored.patientIdentifiers);
}
