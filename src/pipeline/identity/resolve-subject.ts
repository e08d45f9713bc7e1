import type { StoreTransaction } from '../../store/store.ts';
import type { SubjectKey } from '../../store/subject-store.ts';
import type { Subject } from '../../trial/facts.ts';

/** Whom a resource is about, as far as its names settle it. */
export interface SubjectResolution {
  readonly subjects: readonly Subject[];
  /** The names contradict each other, or mean two subjects of one study: a person must say whose it is. */
  readonly isAmbiguous: boolean;
}

/** Whether two are one subject. */
export const isSameSubject =
  (one: SubjectKey) =>
  (other: SubjectKey): boolean =>
    one.study === other.study && one.subject === other.subject;

/** A patient is one subject of a study. */
export function hasTwoInOneStudy(subjects: readonly SubjectKey[]): boolean {
  return new Set(subjects.map((subject) => subject.study)).size < subjects.length;
}

/** Those whose data may be processed. Who has withdrawn from a study under one number has done so under every other. */
export function selectParticipating(subjects: readonly Subject[]): readonly Subject[] {
  const left = new Set(subjects.filter(({ status }) => status === 'withdrawn').map(({ study }) => study));
  return subjects.filter(({ study }) => !left.has(study));
}

/**
 * The subjects that the names mean together, study by study: a name that is known narrows what the others leave open
 * (two people may share an insurance number, not a `Patient/id`). A name of a kind that the subject has with another
 * value contradicts, even where nobody else is known by it.
 */
export async function resolveSubjects(
  tx: StoreTransaction,
  site: string,
  names: readonly string[],
): Promise<SubjectResolution> {
  const known = new Map<string, readonly Subject[]>();
  for (const name of names) known.set(name, await tx.subjects.findByIdentifiers(site, [name]));
  const subjects: Subject[] = [];
  let unclear = false;
  for (const study of new Set([...known.values()].flat().map((subject) => subject.study))) {
    const here = [...known].map(
      ([name, meant]) => [name, meant.filter((subject) => subject.study === study)] as const,
    );
    const sets = here.map(([, meant]) => meant).filter((meant) => meant.length > 0);
    const all = [...new Map(sets.flat().map((subject) => [subject.subject, subject])).values()];
    const agreed = all.filter((subject) => sets.every((meant) => meant.some(isSameSubject(subject))));
    const meant = agreed.length > 0 ? agreed : all;
    const unknown = here.filter(([, of]) => of.length === 0).map(([name]) => name);
    unclear ||= meant.length > 1 || (await hasConflictingIdentifier(tx, meant, unknown));
    subjects.push(...meant);
  }
  return { subjects, isAmbiguous: unclear };
}

/** Whether a name that is not his is of a kind of which the subject has another: another MRN, another Patient. */
async function hasConflictingIdentifier(
  tx: StoreTransaction,
  subjects: readonly Subject[],
  unknown: readonly string[],
): Promise<boolean> {
  const systems = unknown.map(parseIdentifierSystem).filter((system) => system !== '');
  if (systems.length === 0) return false;
  for (const { study, subject } of subjects) {
    const names = await tx.subjects.patients(study, subject);
    if (names.some((name) => systems.includes(parseIdentifierSystem(name)))) return true;
  }
  return false;
}

/** What a name is a name in: the identifier's system, or the site's Patients; empty where it names no system. */
export function parseIdentifierSystem(name: string): string {
  if (name.startsWith('Patient/')) return 'Patient';
  return name.slice(0, Math.max(0, name.lastIndexOf('|')));
}
