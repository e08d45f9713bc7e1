import type { PatientRecord } from '../../intake/patient-identifiers.ts';
import type { IdentifierLink } from '../../store/subject-store.ts';
import type { Subject } from '../../trial/facts.ts';
import {
  hasTwoInOneStudy,
  isSameSubject,
  parseIdentifierSystem,
  selectParticipating,
} from './resolve-subject.ts';

/** An enrolment names its subject so. */
export interface EnrolmentIdentifier {
  readonly identifier: string;
  readonly subject: Subject;
}

/** A person at a site: one Patient, or several that were merged, whether or not all of them have been sent. */
export interface Person {
  /** The Patients that have been sent. */
  readonly records: readonly PatientRecord[];
  /** `Patient/id` of all. */
  readonly ids: readonly string[];
  readonly identifiers: readonly string[];
  /** Who he is in the studies: nobody, one subject of a study, or (`unclear`) it is not known which. */
  readonly subjects: readonly Subject[];
  /** Numbers under which he has left a study in which he goes on under another one: his data count for that one. */
  readonly supersededSubjects: readonly Subject[];
  readonly isAmbiguous: boolean;
}

/** Whom a Patient means by the names that enrolments gave. */
interface SubjectMatch {
  readonly id: string;
  readonly study: string;
  readonly subjects: readonly Subject[];
  /** By its own id, which no other Patient has; or by identifiers, which may be shared. */
  readonly isById: boolean;
  readonly isAmbiguous: boolean;
}

const removeDuplicates = <T>(all: readonly T[]): readonly T[] => [...new Set(all)];
const removeDuplicateSubjects = (all: readonly Subject[]): readonly Subject[] =>
  all.filter((one, index) => all.findIndex(isSameSubject(one)) === index);

/** Patients that are one person, by their links in either direction; in order of their ids. */
function groupMergedPatients(records: readonly PatientRecord[]): readonly (readonly string[])[] {
  const groups = new Map<string, Set<string>>();
  for (const { id, replacedBy, replaces } of records) {
    const all = new Set([id, ...replacedBy, ...replaces].flatMap((one) => [...(groups.get(one) ?? [one])]));
    for (const one of all) groups.set(one, all);
  }
  return removeDuplicates([...groups.values()]).map((group) => [...group].sort());
}

/** Names of one kind that the enrolment and the person have, and none in common: another MRN, another Patient. */
function hasConflictingIdentifier(
  subject: Subject,
  names: readonly string[],
  enrolled: readonly EnrolmentIdentifier[],
): boolean {
  const his = enrolled
    .filter((one) => isSameSubject(one.subject)(subject))
    .map(({ identifier: name }) => name);
  return his.some((name) => {
    const system = parseIdentifierSystem(name);
    const others = system === '' ? [] : names.filter((other) => parseIdentifierSystem(other) === system);
    return others.length > 0 && !his.some((one) => others.includes(one));
  });
}

/**
 * One Patient's claims, study by study. Its id decides alone; else its identifiers together: one that is known narrows
 * what the others leave open.
 */
function matchSubjects(
  id: string,
  own: readonly string[],
  all: readonly string[],
  enrolled: readonly EnrolmentIdentifier[],
): readonly SubjectMatch[] {
  const known = enrolled.filter(({ identifier: name }) => own.includes(name));
  return removeDuplicates(known.map(({ subject }) => subject.study)).map((study) => {
    const here = known.filter(({ subject }) => subject.study === study);
    const byId = here.filter(({ identifier: name }) => name === id).map(({ subject }) => subject);
    if (byId.length > 0) return { id, study, subjects: byId, isById: true, isAmbiguous: byId.length > 1 };
    const sets = removeDuplicates(here.map(({ identifier: name }) => name)).map((name) =>
      here.filter((one) => one.identifier === name).map(({ subject }) => subject),
    );
    const meant = removeDuplicateSubjects(sets.flat());
    const agreed = meant.filter((one) => sets.every((set) => set.some(isSameSubject(one))));
    const subjects = agreed.length > 0 ? agreed : meant;
    const unclear =
      subjects.length > 1 || subjects.some((one) => hasConflictingIdentifier(one, all, enrolled));
    return { id, study, subjects, isById: false, isAmbiguous: unclear };
  });
}

/** Of two numbers of one person in one study, the one under which he has left it makes room for the other. */
function separateSupersededSubjects(subjects: readonly Subject[]): {
  subjects: readonly Subject[];
  ceded: readonly Subject[];
} {
  const ceded = subjects.filter((one) => {
    const others = subjects.filter(({ study, subject }) => study === one.study && subject !== one.subject);
    const here = others.filter(({ status }) => status !== 'off-study');
    return one.status === 'off-study' && here.length === 1 && selectParticipating(here).length === 1;
  });
  return { subjects: subjects.filter((one) => !ceded.includes(one)), ceded };
}

interface MatchCandidate {
  readonly ids: readonly string[];
  readonly records: readonly PatientRecord[];
  readonly identifiers: readonly string[];
  readonly matches: readonly SubjectMatch[];
}

/** Two people who claim one subject by a number that they share: it cannot be known whose it is. */
function isContested(claim: SubjectMatch, one: MatchCandidate, all: readonly MatchCandidate[]): boolean {
  const rivals = all.filter((other) => other !== one).flatMap(({ matches: claims }) => claims);
  const clear = rivals.filter((rival) => !rival.isAmbiguous).flatMap(({ subjects }) => subjects);
  return !claim.isById && claim.subjects.some((subject) => clear.some(isSameSubject(subject)));
}

function resolveCandidate(one: MatchCandidate, all: readonly MatchCandidate[]): Person {
  const { ids, records, identifiers: names } = one;
  const judged = one.matches.map((claim) => ({
    ...claim,
    unclear: claim.isAmbiguous || isContested(claim, one, all),
  }));
  // Whom his id means in one study is not made doubtful by a number that he shares with a subject of another.
  const certain = judged.filter(({ unclear }) => !unclear);
  const hasId = certain.some(({ isById: byId }) => byId);
  const counted = hasId ? judged.filter(({ unclear, isById: byId }) => byId || !unclear) : judged;
  const { subjects, ceded } = separateSupersededSubjects(
    removeDuplicateSubjects(counted.flatMap((claim) => claim.subjects)),
  );
  const unclear = counted.some((claim) => claim.unclear) || hasTwoInOneStudy(subjects);
  return { ids, records, identifiers: names, subjects, supersededSubjects: ceded, isAmbiguous: unclear };
}

/**
 * The persons whom a site's Patients are, and which subjects: it follows from the Patients in force and from the names
 * that enrolments gave, in whatever order they came. Who is enrolled himself and shares a name with somebody who is
 * not makes the other unclear, not a subject.
 */
export function matchPersons(
  records: readonly PatientRecord[],
  enrolled: readonly EnrolmentIdentifier[],
): readonly Person[] {
  const claimants = groupMergedPatients(records).map((ids) => {
    const here = records.filter(({ id }) => ids.includes(id));
    const names = removeDuplicates([...ids, ...here.flatMap((record) => record.identifiers)]);
    const ownNames = (id: string) => here.find((record) => record.id === id)?.identifiers ?? [id];
    const claims = ids.flatMap((id) => matchSubjects(id, ownNames(id), names, enrolled));
    return { ids, records: here, identifiers: names, matches: claims };
  });
  const persons = claimants.map((one) => resolveCandidate(one, claimants));
  const clear = persons.filter(({ subjects, isAmbiguous: unclear }) => subjects.length > 0 && !unclear);
  return persons.map((person) => {
    if (person.subjects.length > 0) return person;
    const namesakes = clear.filter(({ identifiers: names }) =>
      names.some((name) => person.identifiers.includes(name)),
    );
    const subjects = removeDuplicateSubjects(namesakes.flatMap((one) => one.subjects));
    return subjects.length > 0 ? { ...person, subjects, isAmbiguous: true } : person;
  });
}

/** The numbers of one study under which merged Patients are enrolled, as `study number`; empty where there is one at most. */
export function listDuplicateEnrolments({
  ids,
  subjects,
}: Pick<Person, 'ids' | 'subjects'>): readonly string[] {
  if (ids.length === 1) return [];
  return subjects
    .filter((one) => subjects.some((other) => other !== one && other.study === one.study))
    .map(({ study, subject }) => `${study} ${subject}`)
    .sort();
}

/** Whether all his names mean his subjects. Two numbers of merged Patients: then each name is as unclear as he is. */
const canLinkIdentifiers = (person: Person): boolean =>
  person.subjects.length > 0 && (!person.isAmbiguous || listDuplicateEnrolments(person).length > 0);

/** What every name means by enrolments and by the persons together. */
export function deriveIdentifierLinks(
  persons: readonly Person[],
  enrolled: readonly EnrolmentIdentifier[],
): readonly IdentifierLink[] {
  const meanings = new Map<string, IdentifierLink>();
  const retired = new Set(
    persons.flatMap((person) => person.ids.filter((id) => findSuccessors(person, id).length > 0)),
  );
  const say = (identifier: string, { study, subject }: Subject, isCurrent: boolean): void => {
    const isReplaced = retired.has(identifier);
    const key = JSON.stringify([identifier, study, subject]);
    meanings.set(key, { identifier, study, subject, isCurrent, isReplaced });
  };
  for (const { identifier: name, subject } of enrolled) say(name, subject, true);
  for (const person of persons.filter(canLinkIdentifiers)) {
    for (const name of person.identifiers) {
      for (const subject of person.subjects) say(name, subject, true);
      for (const subject of person.supersededSubjects) say(name, subject, false);
    }
  }
  return [...meanings].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, meaning]) => meaning);
}

/** The Patients that have taken the place of one, directly or by way of others; empty for one in force, or in a circle. */
export function findSuccessors({ records }: Pick<Person, 'records'>, id: string): readonly string[] {
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
  findSuccessors(person, id).some((one) => person.records.some((record) => record.id === one));
