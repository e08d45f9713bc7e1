import type { Subject } from '../trial/facts.ts';

/** A subject number is unique within its study only. */
export interface SubjectKey {
  readonly study: string;
  readonly subject: string;
}

/** What a patient identifier at a site has to do with a subject. */
export interface IdentifierLink extends SubjectKey {
  /** `Patient/12` or `system|value`. */
  readonly identifier: string;
  /** Whether resources that use the identifier are about the subject; false where it now means another subject number. */
  readonly isCurrent: boolean;
  /** A `Patient/…` that another Patient has replaced: it should no longer be referred to. */
  readonly isReplaced: boolean;
}

export interface SubjectStore {
  put(subject: Subject): Promise<void>;
  get(study: string, subject: string): Promise<Subject | undefined>;
  list(study: string): Promise<readonly Subject[]>;
  /** Whether any subject is enrolled at the site. */
  hasSubjectAt(site: string): Promise<boolean>;
  /** Stores that an enrolment (`source`) names the subject's patient `Patient/12` or `system|value` at the site. */
  addEnrolmentIdentifier(
    site: string,
    patient: string,
    study: string,
    subject: string,
    source: string,
  ): Promise<void>;
  /** The patient identifiers that enrolments state at the site; with `names` only those among them. */
  listEnrolmentIdentifiers(
    site: string,
    names?: readonly string[],
  ): Promise<readonly ({ readonly name: string } & SubjectKey)[]>;
  /** The patient identifiers that enrolments state for the subject. */
  listEnrolmentIdentifiersFor(study: string, subject: string): Promise<readonly string[]>;
  /** Replaces the links of the patient identifiers; an identifier without a link means nobody from now on. */
  replaceIdentifierLinks(
    site: string,
    identifiers: readonly string[],
    links: readonly IdentifierLink[],
  ): Promise<void>;
  /** The links of the patient identifiers, in order of identifier, study and subject. */
  meanings(site: string, identifiers: readonly string[]): Promise<readonly IdentifierLink[]>;
  /** The subjects whom any of the patient identifiers means now; a patient may be in several studies. */
  findByIdentifiers(site: string, identifiers: readonly string[]): Promise<readonly Subject[]>;
  /** The subject's patient identifiers at the site: `Patient/…` first, and of these the replaced ones last. */
  patients(study: string, subject: string): Promise<readonly string[]>;
  markForAssessment(study: string, subject: string): Promise<void>;
  /** Subjects to re-evaluate, with their mark: a mark that is set later survives `clearAssessmentMark`. */
  listDueForAssessment(limit: number): Promise<readonly (SubjectKey & { readonly mark: number })[]>;
  clearAssessmentMark(study: string, subject: string, mark: number): Promise<void>;
}
