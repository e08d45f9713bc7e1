import type { Subject } from '../trial/facts.ts';

/** A subject number is one only in its study. */
export interface SubjectKey {
  readonly study: string;
  readonly subject: string;
}

/** What a name at a site has to do with a subject. */
export interface IdentifierLink extends SubjectKey {
  readonly name: string;
  /** What uses the name is about the subject; false where it was, and counts for another number of his now. */
  readonly isHis: boolean;
  /** A `Patient/…` whose place another Patient has taken: nobody should be referred to by it. */
  readonly isRetired: boolean;
}

export interface SubjectStore {
  put(subject: Subject): Promise<void>;
  get(study: string, subject: string): Promise<Subject | undefined>;
  list(study: string): Promise<readonly Subject[]>;
  /** Whether any subject is enrolled at the site. */
  hasSubjectAt(site: string): Promise<boolean>;
  /** An enrolment says that the site names the subject so (`Patient/12` or `system|value`); `source` is which one. */
  addEnrolmentIdentifier(
    site: string,
    patient: string,
    study: string,
    subject: string,
    source: string,
  ): Promise<void>;
  /** The names at the site that enrolments gave; with `names` only those among them. */
  listEnrolmentIdentifiers(
    site: string,
    names?: readonly string[],
  ): Promise<readonly ({ readonly name: string } & SubjectKey)[]>;
  /** The names that enrolments gave the subject. */
  listEnrolmentIdentifiersFor(study: string, subject: string): Promise<readonly string[]>;
  /** From now on the names mean exactly this, and nobody where nothing is said. */
  replaceIdentifierLinks(
    site: string,
    names: readonly string[],
    listIdentifierLinks: readonly IdentifierLink[],
  ): Promise<void>;
  /** What the names mean, in order of name, study and subject. */
  meanings(site: string, names: readonly string[]): Promise<readonly IdentifierLink[]>;
  /** The subjects whom any of these names means; a patient may be in several studies. */
  findByIdentifiers(site: string, listIdentifiersFor: readonly string[]): Promise<readonly Subject[]>;
  /** The names by which the site knows the subject: `Patient/…` first, and of these the retired ones last. */
  patients(study: string, subject: string): Promise<readonly string[]>;
  markForAssessment(study: string, subject: string): Promise<void>;
  /** Subjects to judge, with the mark as it stood: a later mark survives `clearDirty`. */
  listDueForAssessment(limit: number): Promise<readonly { study: string; subject: string; mark: number }[]>;
  clearAssessmentMark(study: string, subject: string, mark: number): Promise<void>;
}
