import type { PatientRecord } from '../../intake/patient-identifiers.ts';
import type { IdentifierLink } from '../../store/subject-store.ts';
import type { Subject } from '../../trial/facts.ts';
import { type Contest, findContests, listAllDifferences, listDifferences } from './contested-identifiers.ts';
import { contradictsSubject } from './contradicting-identifiers.ts';
import {
  hasTwoInOneStudy,
  isSameSubject,
  narrowSubjects,
  removeDuplicateSubjects,
  type StudyCandidates,
  type SubjectIdentifier,
  selectParticipating,
} from './narrow-subjects.ts';

/** A patient identifier that an enrolment states for its subject. */
export type EnrolmentIdentifier = SubjectIdentifier;

/** A person at a site: one Patient, or several merged ones, whether or not all of them have been sent. */
export interface Person {
  /** The Patients that have been sent. */
  readonly records: readonly PatientRecord[];
  /** `Patient/id` of every Patient, sent or not. */
  readonly ids: readonly string[];
  readonly identifiers: readonly string[];
  /** The person's subjects, at most one per study unless ambiguous; empty where the person is not enrolled. */
  readonly subjects: readonly Subject[];
  /** Numbers under which the person left a study that they continue under another number; data count for the latter. */
  readonly supersededSubjects: readonly Subject[];
  /** Whether it is unknown which of the subjects the person is. */
  readonly isAmbiguous: boolean;
  /** Identifiers of enrolments for which it is unknown, because somebody else carries them too. */
  readonly contestedNames: readonly string[];
}

/** The subjects of one study that one Patient matches by identifiers of enrolments. */
interface SubjectMatch extends StudyCandidates {
  /** Whether it matches by the Patient's own id, which no other Patient has, and not by identifiers, which may be shared. */
  readonly isById: boolean;
  readonly isAmbiguous: boolean;
}

/** A person before the comparison with the other persons of the site. */
interface MatchCandidate {
  readonly ids: readonly string[];
  readonly records: readonly PatientRecord[];
  readonly identifiers: readonly string[];
  readonly matches: readonly SubjectMatch[];
}

const removeDuplicates = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];

/** Groups Patients that are one person, by their links in either direction; each group in order of ids. */
function groupMergedPatients(records: readonly PatientRecord[]): readonly (readonly string[])[] {
  const groups = new Map<string, Set<string>>();
  for (const { id, replacedBy, replaces } of records) {
    const merged = new Set(
      [id, ...replacedBy, ...replaces].flatMap((linkedId) => [...(groups.get(linkedId) ?? [linkedId])]),
    );
    for (const linkedId of merged) groups.set(linkedId, merged);
  }
  return removeDuplicates([...groups.values()]).map((group) => [...group].sort());
}

/**
 * Matches one Patient with the enrolments, study by study: by the Patient's id alone where an enrolment states it, else by
 * all identifiers together, which must not contradict those of the enrolment.
 */
function matchSubjects(
  id: string,
  ownIdentifiers: readonly string[],
  personIdentifiers: readonly string[],
  enrolled: readonly EnrolmentIdentifier[],
): readonly SubjectMatch[] {
  const links = enrolled.filter(({ identifier }) => ownIdentifiers.includes(identifier));
  const isContradicted = (subject: Subject): boolean =>
    contradictsSubject(
      personIdentifiers,
      enrolled.filter((link) => isSameSubject(link.subject)(subject)).map(({ identifier }) => identifier),
    );
  return narrowSubjects(links).map(({ study, subjects }) => {
    const byId = links
      .filter(({ identifier, subject }) => identifier === id && subject.study === study)
      .map(({ subject }) => subject);
    if (byId.length > 0) return { study, subjects: byId, isById: true, isAmbiguous: byId.length > 1 };
    const isAmbiguous = subjects.length > 1 || subjects.some(isContradicted);
    return { study, subjects, isById: false, isAmbiguous };
  });
}

/** Separates numbers off study from the one number of the same study under which the person takes part. */
function separateSupersededSubjects(
  subjects: readonly Subject[],
): Pick<Person, 'subjects' | 'supersededSubjects'> {
  const supersededSubjects = subjects.filter(({ study, subject, status }) => {
    const others = subjects.filter((other) => other.study === study && other.subject !== subject);
    const present = others.filter((other) => other.status !== 'off-study');
    return status === 'off-study' && present.length === 1 && selectParticipating(present).length === 1;
  });
  return {
    subjects: subjects.filter((subject) => !supersededSubjects.includes(subject)),
    supersededSubjects,
  };
}

/**
 * Whether another person clearly means the same subject by an identifier that both share, and is somebody else: they differ in
 * birth date, sex or an enrolled identifier. Other identifiers, such as insurance numbers, change over time.
 */
function isRivalled(
  match: SubjectMatch,
  candidate: MatchCandidate,
  candidates: readonly MatchCandidate[],
  enrolled: ReadonlySet<string>,
): boolean {
  if (match.isById) return false;
  return candidates.some((other) => {
    if (other === candidate) return false;
    const rivals = other.matches.filter(({ isAmbiguous }) => !isAmbiguous);
    const isShared = rivals.some(({ subjects }) =>
      match.subjects.some((subject) => subjects.some(isSameSubject(subject))),
    );
    const differences = isShared ? listDifferences(candidate, other, enrolled) : [];
    return differences.some((difference) => difference !== 'identifier');
  });
}

function resolveCandidate(
  candidate: MatchCandidate,
  candidates: readonly MatchCandidate[],
  enrolments: readonly EnrolmentIdentifier[],
): Person {
  const enrolled = new Set(enrolments.map(({ identifier }) => identifier));
  const { ids, records, identifiers } = candidate;
  const rivalled = candidate.matches.filter((match) => isRivalled(match, candidate, candidates, enrolled));
  const matches = candidate.matches.map((match) => ({
    ...match,
    isAmbiguous: match.isAmbiguous || rivalled.includes(match),
  }));
  // A Patient matched by its id in one study does not become ambiguous through an identifier shared in another study.
  const isKnownById = matches.some(({ isAmbiguous, isById }) => isById && !isAmbiguous);
  const counted = isKnownById ? matches.filter(({ isAmbiguous, isById }) => isById || !isAmbiguous) : matches;
  const separated = separateSupersededSubjects(
    removeDuplicateSubjects(counted.flatMap(({ subjects }) => subjects)),
  );
  const isAmbiguous = counted.some((match) => match.isAmbiguous) || hasTwoInOneStudy(separated.subjects);
  const rivalledSubjects = isAmbiguous ? rivalled.flatMap(({ subjects }) => subjects) : [];
  const contestedNames = enrolments
    .filter(
      ({ identifier, subject }) =>
        identifiers.includes(identifier) && rivalledSubjects.some(isSameSubject(subject)),
    )
    .map(({ identifier }) => identifier)
    .filter((identifier) => !identifier.startsWith('Patient/'));
  return {
    ids,
    records,
    identifiers,
    ...separated,
    isAmbiguous,
    contestedNames: removeDuplicates(contestedNames),
  };
}

/** The persons of a site, and the identifiers that link nobody because they are contested. */
export interface RecordLinkage {
  readonly persons: readonly Person[];
  readonly contests: readonly Contest[];
}

/**
 * Derives the persons that a site's Patients describe, and their subjects. The result depends only on the current Patients
 * and the identifiers of enrolments, not on their order of arrival. `contested`: identifiers that are contested by Patients
 * of which nothing else is kept. A person who is not enrolled but shares an uncontested identifier with an enrolled person
 * is the same person.
 */
export function matchPersons(
  records: readonly PatientRecord[],
  enrolments: readonly EnrolmentIdentifier[],
  contested: readonly string[] = [],
): RecordLinkage {
  const enrolled = new Set(enrolments.map(({ identifier }) => identifier));
  const candidates = groupMergedPatients(records).map((ids): MatchCandidate => {
    const ownRecords = records.filter(({ id }) => ids.includes(id));
    const identifiers = removeDuplicates([...ids, ...ownRecords.flatMap((record) => record.identifiers)]);
    const listIdentifiers = (id: string) =>
      ownRecords.find((record) => record.id === id)?.identifiers ?? [id];
    const matches = ids.flatMap((id) => matchSubjects(id, listIdentifiers(id), identifiers, enrolments));
    return { ids, records: ownRecords, identifiers, matches };
  });
  const contests = findContests(candidates, enrolments);
  const unlinked = new Set([...contested, ...contests.map(({ identifier }) => identifier)]);
  const persons = candidates
    .map((candidate) => resolveCandidate(candidate, candidates, enrolments))
    .map((person) => ({
      ...person,
      identifiers: person.identifiers.filter(
        (identifier) => enrolled.has(identifier) || !unlinked.has(identifier),
      ),
    }));
  return {
    persons: persons.map((person) => linkByIdentifiers(person, persons)),
    contests: [...contests, ...findEnrolmentContests(persons, enrolled)],
  };
}

/** Finds the identifiers of enrolments that several people carry, so that it is unknown who of them is the subject. */
function findEnrolmentContests(
  persons: readonly Person[],
  enrolled: ReadonlySet<string>,
): readonly Contest[] {
  const names = removeDuplicates(persons.flatMap(({ contestedNames }) => contestedNames));
  return names.toSorted().map((identifier) => {
    const carrying = persons.filter(({ identifiers }) => identifiers.includes(identifier));
    const patients = carrying.flatMap(({ records }) => records.map(({ id }) => id)).sort();
    return { identifier, patients, differences: listAllDifferences(carrying, enrolled) };
  });
}

/** Links a person who is not enrolled by what they share with enrolled persons, as far as nothing contests it. */
function linkByIdentifiers(person: Person, persons: readonly Person[]): Person {
  if (person.subjects.length > 0) return person;
  const namesakes = persons.filter(
    ({ subjects, isAmbiguous, identifiers }) =>
      subjects.length > 0 &&
      !isAmbiguous &&
      identifiers.some((identifier) => person.identifiers.includes(identifier)),
  );
  const subjects = removeDuplicateSubjects(namesakes.flatMap((namesake) => namesake.subjects));
  return subjects.length > 0 ? { ...person, subjects, isAmbiguous: hasTwoInOneStudy(subjects) } : person;
}

/** Lists the numbers of one study under which merged Patients are enrolled, as `study number`; empty for at most one. */
export function listDuplicateEnrolments({
  ids,
  subjects,
}: Pick<Person, 'ids' | 'subjects'>): readonly string[] {
  if (ids.length === 1) return [];
  return subjects
    .filter((subject) => subjects.some((other) => other !== subject && other.study === subject.study))
    .map(({ study, subject }) => `${study} ${subject}`)
    .sort();
}

/** Whether every identifier of the person means their subjects. For merged Patients with two numbers, each means both. */
const canLinkIdentifiers = (person: Person): boolean =>
  person.subjects.length > 0 && (!person.isAmbiguous || listDuplicateEnrolments(person).length > 0);

/** Derives the links of every identifier from enrolments and persons, in order of identifier, study and subject. */
export function deriveIdentifierLinks(
  persons: readonly Person[],
  enrolled: readonly EnrolmentIdentifier[],
): readonly IdentifierLink[] {
  const links = new Map<string, IdentifierLink>();
  const replacedIds = new Set(
    persons.flatMap((person) => person.ids.filter((id) => findSuccessors(person, id).length > 0)),
  );
  const addLink = (identifier: string, { study, subject }: Subject, isCurrent: boolean): void => {
    const isReplaced = replacedIds.has(identifier);
    const key = JSON.stringify([identifier, study, subject]);
    links.set(key, { identifier, study, subject, isCurrent, isReplaced });
  };
  for (const { identifier, subject } of enrolled) addLink(identifier, subject, true);
  for (const person of persons.filter(canLinkIdentifiers)) {
    for (const identifier of person.identifiers) {
      for (const subject of person.subjects) addLink(identifier, subject, true);
      for (const subject of person.supersededSubjects) addLink(identifier, subject, false);
    }
  }
  return [...links].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, link]) => link);
}

/**
 * Finds `Patient/id` of the Patients that have replaced a Patient, directly or through others; empty for a Patient that is
 * not replaced, and for Patients that replace each other in a circle.
 */
function findSuccessors({ records }: Pick<Person, 'records'>, id: string): readonly string[] {
  const listReplacements = (replacedId: string): readonly string[] =>
    records.flatMap((record) => [
      ...(record.id === replacedId ? record.replacedBy : []),
      ...(record.replaces.includes(replacedId) ? [record.id] : []),
    ]);
  const listTransitiveReplacements = (start: string): ReadonlySet<string> => {
    const reachable = new Set(listReplacements(start));
    // The iteration also visits Patients that are added to the set during it.
    for (const reached of reachable) for (const next of listReplacements(reached)) reachable.add(next);
    return reachable;
  };
  return [...listTransitiveReplacements(id)].filter(
    (successor) => !listTransitiveReplacements(successor).has(successor),
  );
}

/** Whether another Patient that has been sent replaces the Patient; the former then describes the person. */
export const hasSuccessor = (person: Person, id: string): boolean =>
  findSuccessors(person, id).some((successor) => person.records.some((record) => record.id === successor));
