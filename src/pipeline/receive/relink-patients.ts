import type { StoreTransaction } from '../../store/store.ts';
import type { IdentifierLink } from '../../store/subject-store.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import { restate, restateByIdentifiers } from '../facts/restate.ts';
import { collectLinkedIdentifiers } from '../identity/linked-identifiers.ts';
import { deriveIdentifierLinks, matchPersons } from '../identity/match-patients.ts';
import { isSameSubject } from '../identity/resolve-subject.ts';
import { type UnsealedInteraction, unsealPayloads } from './sealing.ts';

const toComparableLinks = (meanings: readonly IdentifierLink[]): readonly string[] =>
  meanings.map((meaning) => JSON.stringify(Object.entries(meaning).sort()));

/** The subjects for whom a name means something else now. */
function findChangedSubjects(before: readonly IdentifierLink[], after: readonly IdentifierLink[]) {
  const [was, is] = [toComparableLinks(before), toComparableLinks(after)];
  const changed = [
    ...before.filter((_, index) => !is.includes(was[index] ?? '')),
    ...after.filter((_, index) => !was.includes(is[index] ?? '')),
  ];
  return changed.filter((one, index) => changed.findIndex(isSameSubject(one)) === index);
}

/**
 * A Patient or an enrolment has come, changed or gone: what its names mean is found anew, and whatever is about
 * somebody else by that, or was, is stated again. `stated` is the Patient that has just been. Returns what was sealed.
 */
export async function relinkPatients(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  site: string,
  touched: readonly string[],
  stated: string | null,
): Promise<readonly UnsealedInteraction[]> {
  const {
    identifiers: names,
    records,
    enrolled,
  } = await collectLinkedIdentifiers(tx, parts, site, touched, null);
  const before = await tx.subjects.meanings(site, names);
  const after = deriveIdentifierLinks(matchPersons(records, enrolled), enrolled);
  const subjects = findChangedSubjects(before, after);
  const [was, is] = [toComparableLinks(before), toComparableLinks(after)];
  if (subjects.length > 0) await tx.subjects.replaceIdentifierLinks(site, names, after);
  const theirs = [...before, ...after].filter((meaning) => subjects.some(isSameSubject(meaning)));
  await restateByIdentifiers(tx, parts, site, [...new Set(theirs.map(({ identifier }) => identifier))]);
  // Which of a person's records counts may have changed without any name.
  for (const { id } of records.filter((record) => record.id !== stated)) {
    await restate(tx, parts, { site, resourceType: 'Patient', id: id.slice('Patient/'.length) });
  }
  const fresh = after.filter((_, index) => !was.includes(is[index] ?? ''));
  return unsealPayloads(tx, parts, site, [...new Set(fresh.map(({ identifier }) => identifier))]);
}
