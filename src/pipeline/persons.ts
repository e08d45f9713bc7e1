import type { PatientRecord } from '../intake/patient.ts';
import type { NameMeaning } from '../store/subjects.ts';
import type { Subject } from '../trial/facts.ts';
import { isSubject, systemOf, takingPart, twoOfOneStudy } from './who.ts';

/** An enrolment names its subject so. */
export interface EnrolledName {
  readonly name: string;
  readonly subject: Subject;
}

/** A person at a site: one Patient, or several that were merged, whether or not all of them have been sent. */
export interface Person {
  /** The Patients that have been sent. */
  readonly records: readonly PatientRecord[];
  /** `Patient/id` of all. */
  readonly ids: readonly string[];
  readonly names: readonly string[];
  /** Who he is in the studies: nobody, one subject of a study, or (`unclear`) it is not known which. */
  readonly subjects: readonly Subject[];
  /** Numbers under which he has left a study in which he goes on under another one: his data count for that one. */
  readonly ceded: readonly Subject[];
  readonly unclear: boolean;
}

/** Whom a Patient means by the names that enrolments gave. */
interface Claim {
  readonly id: string;
  readonly study: string;
  readonly subjects: readonly Subject[];
  /** By its own id, which no other Patient has; or by identifiers, which may be shared. */
  readonly byId: boolean;
  readonly unclear: boolean;
}

const unique = <T>(all: readonly T[]): readonly T[] => [...new Set(all)];
const uniqueSubjects = (all: readonly Subject[]): readonly Subject[] =>
  all.filter((one, index) => all.findIndex(isSubject(one)) === index);

/** Patients that are one person, by their links in either direction; in order of their ids. */
function merged(records: readonly PatientRecord[]): readonly (readonly string[])[] {
  const groups = new Map<string, Set<string>>();
  for (const { id, replacedBy, replaces } of records) {
    const all = new Set([id, ...replacedBy, ...replaces].flatMap((one) => [...(groups.get(one) ?? [one])]));
    for (const one of all) groups.set(one, all);
  }
  return unique([...groups.values()]).map((group) => [...group].sort());
}

/** Names of one kind that the enrolment and the person have, and none in common: another MRN, another Patient. */
function contradicts(subject: Subject, names: readonly string[], enrolled: readonly EnrolledName[]): boolean {
  const his = enrolled.filter((one) => isSubject(one.subject)(subject)).map(({ name }) => name);
  return his.some((name) => {
    const system = systemOf(name);
    const others = system === '' ? [] : names.filter((other) => systemOf(other) === system);
    return others.length > 0 && !his.some((one) => others.includes(one));
  });
}

/**
 * One Patient's claims, study by study. Its id decides alone; else its identifiers together: one that is known narrows
 * what the others leave open.
 */
function claimsOf(
  id: string,
  own: readonly string[],
  all: readonly string[],
  enrolled: readonly EnrolledName[],
): readonly Claim[] {
  const known = enrolled.filter(({ name }) => own.includes(name));
  return unique(known.map(({ subject }) => subject.study)).map((study) => {
    const here = known.filter(({ subject }) => subject.study === study);
    const byId = here.filter(({ name }) => name === id).map(({ subject }) => subject);
    if (byId.length > 0) return { id, study, subjects: byId, byId: true, unclear: byId.length > 1 };
    const sets = unique(here.map(({ name }) => name)).map((name) =>
      here.filter((one) => one.name === name).map(({ subject }) => subject),
    );
    const meant = uniqueSubjects(sets.flat());
    const agreed = meant.filter((one) => sets.every((set) => set.some(isSubject(one))));
    const subjects = agreed.length > 0 ? agreed : meant;
    const unclear = subjects.length > 1 || subjects.some((one) => contradicts(one, all, enrolled));
    return { id, study, subjects, byId: false, unclear };
  });
}

/** Of two numbers of one person in one study, the one under which he has left it makes room for the other. */
function ceding(subjects: readonly Subject[]): { subjects: readonly Subject[]; ceded: readonly Subject[] } {
  const ceded = subjects.filter((one) => {
    const others = subjects.filter(({ study, subject }) => study === one.study && subject !== one.subject);
    const here = others.filter(({ status }) => status !== 'off-study');
    return one.status === 'off-study' && here.length === 1 && takingPart(here).length === 1;
  });
  return { subjects: subjects.filter((one) => !ceded.includes(one)), ceded };
}

interface Claimant {
  readonly ids: readonly string[];
  readonly records: readonly PatientRecord[];
  readonly names: readonly string[];
  readonly claims: readonly Claim[];
}

/** Two people who claim one subject by a number that they share: it cannot be known whose it is. */
function contested(claim: Claim, one: Claimant, all: readonly Claimant[]): boolean {
  const rivals = all.filter((other) => other !== one).flatMap(({ claims }) => claims);
  const clear = rivals.filter((rival) => !rival.unclear).flatMap(({ subjects }) => subjects);
  return !claim.byId && claim.subjects.some((subject) => clear.some(isSubject(subject)));
}

function personOf(one: Claimant, all: readonly Claimant[]): Person {
  const { ids, records, names } = one;
  const judged = one.claims.map((claim) => ({
    ...claim,
    unclear: claim.unclear || contested(claim, one, all),
  }));
  // Whom his id means in one study is not made doubtful by a number that he shares with a subject of another.
  const certain = judged.filter(({ unclear }) => !unclear);
  const hasId = certain.some(({ byId }) => byId);
  const counted = hasId ? judged.filter(({ unclear, byId }) => byId || !unclear) : judged;
  const { subjects, ceded } = ceding(uniqueSubjects(counted.flatMap((claim) => claim.subjects)));
  const unclear = counted.some((claim) => claim.unclear) || twoOfOneStudy(subjects);
  return { ids, records, names, subjects, ceded, unclear };
}

/**
 * The persons whom a site's Patients are, and which subjects: it follows from the Patients in force and from the names
 * that enrolments gave, in whatever order they came. Who is enrolled himself and shares a name with somebody who is
 * not makes the other unclear, not a subject.
 */
export function personsOf(
  records: readonly PatientRecord[],
  enrolled: readonly EnrolledName[],
): readonly Person[] {
  const claimants = merged(records).map((ids) => {
    const here = records.filter(({ id }) => ids.includes(id));
    const names = unique([...ids, ...here.flatMap((record) => record.names)]);
    const ownNames = (id: string) => here.find((record) => record.id === id)?.names ?? [id];
    const claims = ids.flatMap((id) => claimsOf(id, ownNames(id), names, enrolled));
    return { ids, records: here, names, claims };
  });
  const persons = claimants.map((one) => personOf(one, claimants));
  const clear = persons.filter(({ subjects, unclear }) => subjects.length > 0 && !unclear);
  return persons.map((person) => {
    if (person.subjects.length > 0) return person;
    const namesakes = clear.filter(({ names }) => names.some((name) => person.names.includes(name)));
    const subjects = uniqueSubjects(namesakes.flatMap((one) => one.subjects));
    return subjects.length > 0 ? { ...person, subjects, unclear: true } : person;
  });
}

/** The numbers of one study under which merged Patients are enrolled, as `study number`; empty where there is one at most. */
export function enrolledTwice({ ids, subjects }: Pick<Person, 'ids' | 'subjects'>): readonly string[] {
  if (ids.length === 1) return [];
  return subjects
    .filter((one) => subjects.some((other) => other !== one && other.study === one.study))
    .map(({ study, subject }) => `${study} ${subject}`)
    .sort();
}

/** Whether all his names mean his subjects. Two numbers of merged Patients: then each name is as unclear as he is. */
const givesNames = (person: Person): boolean =>
  person.subjects.length > 0 && (!person.unclear || enrolledTwice(person).length > 0);

/** What every name means by enrolments and by the persons together. */
export function meaningsOf(
  persons: readonly Person[],
  enrolled: readonly EnrolledName[],
): readonly NameMeaning[] {
  const meanings = new Map<string, NameMeaning>();
  const retired = new Set(
    persons.flatMap((person) => person.ids.filter((id) => successorsOf(person, id).length > 0)),
  );
  const say = (name: string, { study, subject }: Subject, isHis: boolean): void => {
    const isRetired = retired.has(name);
    meanings.set(JSON.stringify([name, study, subject]), { name, study, subject, isHis, isRetired });
  };
  for (const { name, subject } of enrolled) say(name, subject, true);
  for (const person of persons.filter(givesNames)) {
    for (const name of person.names) {
      for (const subject of person.subjects) say(name, subject, true);
      for (const subject of person.ceded) say(name, subject, false);
    }
  }
  return [...meanings].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, meaning]) => meaning);
}

/** The Patients that have taken the place of one, directly or by way of others; empty for one in force, or in a circle. */
export function successorsOf({ records }: Pick<Person, 'records'>, id: string): readonly string[] {
  const onward = (from: string): readonly string[] =>
    records.flatMap((record) => [
      ...(record.id === from ? record.replacedBy : []),
      ...(record.replaces.includes(from) ? [record.id] : []),
    ]);
  const reached = (from: string): ReadonlySet<string> => {
    const found = new Set(onward(from));
    for (const one of found) for (const next of onward(one)) found.add(next);
    return found;
  };
  return [...reached(id)].filter((one) => !reached(one).has(id));
}

/** Whether a record that has been sent has taken the Patient's place: then that one is the record of the person. */
export const hasSuccessor = (person: Person, id: string): boolean =>
  successorsOf(person, id).some((one) => person.records.some((record) => record.id === one));
