import type { SubjectKey } from '../../store/subject-store.ts';
import type { Subject } from '../../trial/facts.ts';

/*
 * Record linkage as pure functions: which subjects a set of patient identifiers means, and whether the identifiers
 * contradict each other. Resources (resolve-subject.ts) and Patients (match-patients.ts) are both resolved by them.
 */

/** A patient identifier with a subject that it means. */
export interface SubjectIdentifier {
  readonly identifier: string;
  readonly subject: Subject;
}

/** The subjects of one study that a set of identifiers can mean together. */
export interface StudyCandidates {
  readonly study: string;
  readonly subjects: readonly Subject[];
}

/** Returns a predicate: whether a key names the same subject. */
export const isSameSubject =
  (subject: SubjectKey) =>
  (other: SubjectKey): boolean =>
    subject.study === other.study && subject.subject === other.subject;

/** Keeps the first entry of each subject. */
export const removeDuplicateSubjects = <T extends SubjectKey>(subjects: readonly T[]): readonly T[] =>
  subjects.filter((subject, index) => subjects.findIndex(isSameSubject(subject)) === index);

/** Whether two of the subjects are enrolled in one study; a patient is one subject of a study. */
export function hasTwoInOneStudy(subjects: readonly SubjectKey[]): boolean {
  return new Set(subjects.map((subject) => subject.study)).size < subjects.length;
}

/** Selects subjects with data that may be processed. A withdrawal from a study covers every number of the person in it. */
export function selectParticipating(subjects: readonly Subject[]): readonly Subject[] {
  const withdrawnFrom = new Set(
    subjects.filter(({ status }) => status === 'withdrawn').map(({ study }) => study),
  );
  return subjects.filter(({ study }) => !withdrawnFrom.has(study));
}

/**
 * Narrows the subjects study by study: the subjects that every linked identifier means, or all of them where the
 * identifiers have no subject in common. Two people may share an insurance number, but not a `Patient/id`.
 */
export function narrowSubjects(links: readonly SubjectIdentifier[]): readonly StudyCandidates[] {
  return [...Map.groupBy(links, ({ subject }) => subject.study)].map(([study, linksInStudy]) => {
    const meanings = [...Map.groupBy(linksInStudy, ({ identifier }) => identifier).values()].map(
      (linksOfIdentifier) => linksOfIdentifier.map(({ subject }) => subject),
    );
    const subjects = removeDuplicateSubjects(meanings.flat());
    const commonSubjects = subjects.filter((subject) =>
      meanings.every((meaning) => meaning.some(isSameSubject(subject))),
    );
    return { study, subjects: commonSubjects.length > 0 ? commonSubjects : subjects };
  });
}
