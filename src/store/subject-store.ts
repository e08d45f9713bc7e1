import type { Subject } from '../trial/facts.ts';

/** The key of a subject: its number is unique within the study only. */
export interface SubjectKey {
  readonly study: string;
  readonly subject: string;
}

/** The link of a patient identifier at a site with a subject that it means, or meant. */
export interface IdentifierLink extends SubjectKey {
  /** `Patient/12` or `system|value`. */
  readonly identifier: string;
  /** Whether resources with the identifier are about the subject; false where it now means another number of the person. */
  readonly isCurrent: boolean;
  /** Whether it is a `Patient/…` that another Patient has replaced, and so should no longer be referred to. */
  readonly isReplaced: boolean;
}

/** A patient identifier that links nobody, because people who differ carry it. */
export interface ContestedIdentifier {
  /** `system|value`, or `Patient/id` of a Patient that shares an identifier of an enrolment with somebody else. */
  readonly identifier: string;
  /** Keyed hash of one of the Patients that carry it; never the Patient, who may not be enrolled. */
  readonly patientHash: string;
  /** Whether nothing else of that Patient is kept: they are not enrolled. */
  readonly isSealed: boolean;
}

/** Subjects, and the patient identifiers linked to them. */
export interface SubjectStore {
  put(subject: Subject): Promise<void>;
  get(study: string, subject: string): Promise<Subject | undefined>;
  list(study: string): Promise<readonly Subject[]>;
  /** Lists the sites at which subjects are enrolled. */
  listSites(): Promise<readonly string[]>;
  /** Stores a patient identifier (`Patient/12` or `system|value`) that an enrolment (`source`) states for the subject. */
  addEnrolmentIdentifier(
    site: string,
    identifier: string,
    study: string,
    subject: string,
    source: string,
  ): Promise<void>;
  /** Lists the patient identifiers that enrolments state at the site; with `identifiers` only those among them. */
  listEnrolmentIdentifiers(
    site: string,
    identifiers?: readonly string[],
  ): Promise<readonly ({ readonly identifier: string } & SubjectKey)[]>;
  /** Lists the patient identifiers that enrolments state for the subject. */
  listEnrolmentIdentifiersFor(study: string, subject: string): Promise<readonly string[]>;
  /** Replaces the links of the patient identifiers; an identifier without a link means nobody from now on. */
  replaceIdentifierLinks(
    site: string,
    identifiers: readonly string[],
    links: readonly IdentifierLink[],
  ): Promise<void>;
  /** Lists the links of the patient identifiers, in order of identifier, study and subject. */
  listIdentifierLinks(site: string, identifiers: readonly string[]): Promise<readonly IdentifierLink[]>;
  /** Replaces what is known about contests of the patient identifiers. */
  replaceContestedIdentifiers(
    site: string,
    identifiers: readonly string[],
    contested: readonly ContestedIdentifier[],
  ): Promise<void>;
  /** Lists those of the patient identifiers that are contested, once for each Patient that carries them. */
  listContestedIdentifiers(
    site: string,
    identifiers: readonly string[],
  ): Promise<readonly ContestedIdentifier[]>;
  /** Lists the identifiers that a Patient contests. */
  listIdentifiersContestedBy(site: string, patientHash: string): Promise<readonly string[]>;
  /** Finds the subjects that any of the patient identifiers means now; a patient may be in several studies. */
  findByIdentifiers(site: string, identifiers: readonly string[]): Promise<readonly Subject[]>;
  /** Lists the subject's patient identifiers: `Patient/…` first, of these the replaced ones last. */
  listPatientIdentifiers(study: string, subject: string): Promise<readonly string[]>;
  markForAssessment(study: string, subject: string): Promise<void>;
  /**
   * Marks the subjects of a study at a site whose stored assessment was not made by these rules or does not hold on `today`
   * (a day at the site), and those without one. Subjects who have withdrawn consent are not assessed and not marked.
   * Returns the number of subjects marked.
   */
  markOutdated(at: {
    readonly study: string;
    readonly site: string;
    readonly rules: string | null;
    readonly today: string;
  }): Promise<number>;
  /** Lists subjects to re-evaluate, with their site. The order is up to the store, and may differ between processes. */
  listDueForAssessment(limit: number): Promise<readonly (SubjectKey & { readonly site: string })[]>;
  /**
   * Claims a subject for re-evaluation until the end of the transaction, and returns their mark: a mark that is set later
   * survives `clearAssessmentMark`. Null where another process has claimed the subject, or nothing is due any more.
   */
  claimForAssessment(study: string, subject: string): Promise<number | null>;
  clearAssessmentMark(study: string, subject: string, mark: number): Promise<void>;
}
