import type { StoreTransaction } from '../store/store.ts';
import type { NameMeaning } from '../store/subjects.ts';
import { circleOf } from './names.ts';
import type { PipelineParts } from './parts.ts';
import { meaningsOf, personsOf } from './persons.ts';
import { restate, restateNamed } from './replay.ts';
import { type Unsealed, unseal } from './sealing.ts';
import { isSubject } from './who.ts';

const textOf = (meanings: readonly NameMeaning[]): readonly string[] =>
  meanings.map((meaning) => JSON.stringify(Object.entries(meaning).sort()));

/** The subjects for whom a name means something else now. */
function changedSubjects(before: readonly NameMeaning[], after: readonly NameMeaning[]) {
  const [was, is] = [textOf(before), textOf(after)];
  const changed = [
    ...before.filter((_, index) => !is.includes(was[index] ?? '')),
    ...after.filter((_, index) => !was.includes(is[index] ?? '')),
  ];
  return changed.filter((one, index) => changed.findIndex(isSubject(one)) === index);
}

/**
 * A Patient or an enrolment has come, changed or gone: what its names mean is found anew, and whatever is about
 * somebody else by that, or was, is stated again. `stated` is the Patient that has just been. Returns what was sealed.
 */
export async function settleNames(
  tx: StoreTransaction,
  parts: PipelineParts,
  site: string,
  touched: readonly string[],
  stated: string | null,
): Promise<readonly Unsealed[]> {
  const { names, records, enrolled } = await circleOf(tx, parts, site, touched, null);
  const before = await tx.subjects.meanings(site, names);
  const after = meaningsOf(personsOf(records, enrolled), enrolled);
  const subjects = changedSubjects(before, after);
  const [was, is] = [textOf(before), textOf(after)];
  if (subjects.length > 0) await tx.subjects.setMeanings(site, names, after);
  const theirs = [...before, ...after].filter((meaning) => subjects.some(isSubject(meaning)));
  await restateNamed(tx, parts, site, [...new Set(theirs.map(({ name }) => name))]);
  // Which of a person's records counts may have changed without any name.
  for (const { id } of records.filter((record) => record.id !== stated)) {
    await restate(tx, parts, { site, resourceType: 'Patient', id: id.slice('Patient/'.length) });
  }
  const fresh = after.filter((_, index) => !was.includes(is[index] ?? ''));
  return unseal(tx, parts, site, [...new Set(fresh.map(({ name }) => name))]);
}
