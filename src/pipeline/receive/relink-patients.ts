import type { IdentifierLink, SubjectKey } from '../../store/subject-store.ts';
import { restate, restateByIdentifiers } from '../facts/restate.ts';
import { collectLinkedIdentifiers } from '../identity/linked-identifiers.ts';
import { deriveIdentifierLinks, matchPersons } from '../identity/match-patients.ts';
import { isSameSubject, removeDuplicateSubjects } from '../identity/narrow-subjects.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import { type UnsealedInteraction, unsealPayloads } from './sealing.ts';

const formatLink = (link: IdentifierLink): string => JSON.stringify(Object.entries(link).sort());

/** Selects the links that `others` does not contain. */
function subtractLinks(
  links: readonly IdentifierLink[],
  others: readonly IdentifierLink[],
): readonly IdentifierLink[] {
  const known = new Set(others.map(formatLink));
  return links.filter((link) => !known.has(formatLink(link)));
}

const listIdentifiers = (links: readonly IdentifierLink[]): readonly string[] => [
  ...new Set(links.map(({ identifier }) => identifier)),
];

/**
 * Links identifiers to subjects again after a Patient or an enrolment has arrived, changed or been deleted, and restates
 * every resource that changes its subjects by this. `restatedPatient`: `Patient/id` of the Patient that has just been
 * restated. Returns the payloads that are no longer sealed.
 */
export async function relinkPatients(
  tx: SiteTransaction,
  changedIdentifiers: readonly string[],
  restatedPatient: string | null,
): Promise<readonly UnsealedInteraction[]> {
  const { identifiers, records, enrolled } = await collectLinkedIdentifiers(tx, changedIdentifiers);
  const before = await tx.subjects.listIdentifierLinks(tx.site, identifiers);
  const after = deriveIdentifierLinks(matchPersons(records, enrolled), enrolled);
  const removed = subtractLinks(before, after);
  const added = subtractLinks(after, before);
  const subjects: readonly SubjectKey[] = removeDuplicateSubjects([...removed, ...added]);
  if (subjects.length > 0) await tx.subjects.replaceIdentifierLinks(tx.site, identifiers, after);
  const affected = [...before, ...after].filter((link) => subjects.some(isSameSubject(link)));
  await restateByIdentifiers(tx, listIdentifiers(affected));
  // Another of the person's records may describe them now, even if no identifier has changed.
  for (const { id } of records.filter((record) => record.id !== restatedPatient))
    await restate(tx, { site: tx.site, resourceType: 'Patient', id: id.slice('Patient/'.length) });
  return unsealPayloads(tx, listIdentifiers(added));
}
