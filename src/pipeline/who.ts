import type { ResourceKey, StoreTransaction } from '../store/store.ts';
import type { Subject } from '../trial/facts.ts';

/** Whom a resource is about, as far as its names settle it. */
export interface Who {
  readonly subjects: readonly Subject[];
  /** The names contradict each other, or mean two subjects of one study: a person must say whose it is. */
  readonly unclear: boolean;
}

/**
 * The subjects that the names mean together: a name that is known narrows what the others leave open (two people may
 * share an insurance number, not a `Patient/id`). A Patient's own id decides alone. A name of a kind that the subject
 * has with another value contradicts, even where nobody else is known by it.
 */
export async function whoIs(tx: StoreTransaction, key: ResourceKey, names: readonly string[]): Promise<Who> {
  const found: (readonly Subject[])[] = [];
  const unknown: string[] = [];
  for (const name of names) {
    const known = await tx.subjects.byPatient(key.site, [name]);
    if (known.length > 0 && key.resourceType === 'Patient' && name.startsWith('Patient/'))
      return who(known, false);
    if (known.length > 0) found.push(known);
    else unknown.push(name);
  }
  const all = [...new Map(found.flat().map((subject) => [nameOf(subject), subject])).values()];
  const agreed = all.filter((subject) =>
    found.every((known) => known.some((s) => nameOf(s) === nameOf(subject))),
  );
  const subjects = agreed.length > 0 ? agreed : all;
  const contradicted = await contradicts(tx, subjects, unknown);
  return who(subjects, contradicted || agreed.length < Math.min(1, all.length));
}

const nameOf = ({ study, subject }: Subject): string => `${study}|${subject}`;

/** A patient is one subject of a study. */
export function twoOfOneStudy(subjects: readonly Subject[]): boolean {
  return new Set(subjects.map((subject) => subject.study)).size < subjects.length;
}

function who(subjects: readonly Subject[], contradicted: boolean): Who {
  return { subjects, unclear: contradicted || twoOfOneStudy(subjects) };
}

/** Whether a name that nobody has is of a kind of which a subject has another: another MRN, another Patient. */
async function contradicts(
  tx: StoreTransaction,
  subjects: readonly Subject[],
  unknown: readonly string[],
): Promise<boolean> {
  const systems = unknown.map(systemOf).filter((system) => system !== '');
  for (const { study, subject } of subjects) {
    const names = await tx.subjects.patients(study, subject);
    if (names.some((name) => systems.includes(systemOf(name)))) return true;
  }
  return false;
}

/** What a name is a name in: the identifier's system, or the site's Patients; empty where it names no system. */
function systemOf(name: string): string {
  if (name.startsWith('Patient/')) return 'Patient';
  return name.slice(0, Math.max(0, name.lastIndexOf('|')));
}
