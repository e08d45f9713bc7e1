import type { ResourceKey, StoreTransaction } from '../store/store.ts';
import type { Subject } from '../trial/facts.ts';

/**
 * The subjects that the names mean together: a name that is known narrows what the others leave open (two people may
 * share an insurance number, not a `Patient/id`). A Patient's own id decides alone. Several subjects of one study, or
 * names that contradict each other, come back as they are: see isAmbiguous.
 */
export async function subjectsNamed(
  tx: StoreTransaction,
  key: ResourceKey,
  names: readonly string[],
): Promise<readonly Subject[]> {
  const found: (readonly Subject[])[] = [];
  for (const name of names) {
    const known = await tx.subjects.byPatient(key.site, [name]);
    if (known.length > 0 && key.resourceType === 'Patient' && name.startsWith('Patient/')) return known;
    if (known.length > 0) found.push(known);
  }
  const all = [...new Map(found.flat().map((subject) => [nameOf(subject), subject])).values()];
  const agreed = all.filter((subject) =>
    found.every((known) => known.some((s) => nameOf(s) === nameOf(subject))),
  );
  return agreed.length > 0 ? agreed : all;
}

const nameOf = ({ study, subject }: Subject): string => `${study}|${subject}`;

/** Whether the subjects cannot all be meant: a patient is one subject of a study. */
export function isAmbiguous(subjects: readonly Subject[]): boolean {
  return new Set(subjects.map((subject) => subject.study)).size < subjects.length;
}
