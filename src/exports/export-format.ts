import type { SubjectAssessment } from '../trial/assessment.ts';
import type { SignedCriteriaSet } from '../trial/criteria/sign-off.ts';
import type { StudyReport } from '../trial/endpoints/study-report.ts';
import type { VariantClasses } from '../trial/endpoints/subject/variant-classes.ts';
import type { Fact, Subject } from '../trial/facts.ts';
import type { Protocol } from '../trial/protocol.ts';
import type { ProvenanceTrace } from './provenance-trace.ts';
import type { Pseudonymise } from './pseudonyms.ts';

/** The data of one subject for export. The subject number is the subject's only identifier. */
export interface SubjectRecord {
  readonly subject: Subject;
  readonly facts: readonly Fact[];
  readonly judgement: SubjectAssessment;
  /** The best response under each variant of the protocol; only for formats with `needsSensitivity`. */
  readonly variants?: VariantClasses;
  /** Country of the subject's site, ISO 3166-1 alpha-3; absent where site.json does not state it. */
  readonly country?: string;
  /** Gives the hospitals' resources their pseudonyms in the files; absent: the files name no resource, only its type. */
  readonly pseudonymise?: Pseudonymise;
}

/** The versions that determine the figures of an export, in addition to the data. */
export interface ExportVersions {
  readonly software: string;
  readonly protocol: string;
  /** Version of each criteria set by its id. */
  readonly criteria: Readonly<Record<string, string>>;
}

/** A study to export. The same data under the same versions yield the same bytes. */
export interface StudyInput {
  readonly protocol: Protocol;
  /** Data that no EHR has (sponsor, titles, contacts): registry.json as parsed JSON; null where the study has none. */
  readonly registry: unknown;
  /** Present only for formats with `needsReport`: computing it takes a pass over all subjects. */
  readonly report: StudyReport;
  /** Day (`YYYY-MM-DD`) as of which the study was assessed: the only date that an export may use as today. */
  readonly asOf: string;
  readonly versions: ExportVersions;
  /** The criteria sets that the protocol names, and whether a haematologist has signed off each; absent: not known. */
  readonly criteriaSets?: readonly SignedCriteriaSet[];
  /**
   * Digest of the mapping library. Every new spelling of a unit changes it, so it is written only to the traces and next
   * to the figures of the statistics.
   */
  readonly mapping: string;
  /** Writes the placeholder study id DRAFT-NOT-FOR-UPLOAD, and skips the identity gate. */
  readonly draft: boolean;
  /** Leaves out provenance traces, and the passes over the subjects that only they need. */
  readonly withoutTraces?: boolean;
  /** Reads the subjects in order of their numbers, one at a time. Every pass reads and assesses all of them again. */
  readSubjects(): AsyncIterable<SubjectRecord>;
}

/**
 * The next part of a file. Chunks of several files may alternate, so that one pass over the subjects writes all of them.
 */
export interface FileChunk {
  /** Relative to the export's folder, such as `labs.csv`. */
  readonly file: string;
  /** Empty where the chunk has only traces. */
  readonly content: string | Uint8Array;
  /** Provenance of the rows and figures of this file. A figure comes before the subjects that contribute to it. */
  readonly traces?: readonly ProvenanceTrace[];
}

export interface ExportFormat {
  /** Its name on the command line, such as `ctgov-xml`. */
  readonly id: string;
  /** Its purpose, in one line. */
  readonly purpose: string;
  /**
   * Matches the columns that number rows, such as SDTM's --SEQ: their cells change when other rows appear or leave.
   * Absent: the format has none.
   */
  readonly rowNumberColumns?: RegExp;
  /** The format is for a registry: it is refused (except as a draft) while the term of an adverse event is not released. */
  readonly needsReleasedTerms?: true;
  /** The format reads the report; absent where it does not. */
  readonly needsReport?: true;
  /** The report of the format has the variants of the protocol's analysis: each is another assessment of every subject. */
  readonly needsSensitivity?: true;
  /** Writes the files. Throws an `exports/…` Failure that names element and fix where the study cannot be written. */
  write(input: StudyInput): AsyncIterable<FileChunk>;
}
