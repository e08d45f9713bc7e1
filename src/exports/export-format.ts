import type { SubjectAssessment } from '../trial/assessment.ts';
import type { StudyReport } from '../trial/endpoints/study-report.ts';
import type { Fact, Subject } from '../trial/facts.ts';
import type { Protocol } from '../trial/protocol.ts';
import type { ProvenanceTrace } from './provenance-trace.ts';

/** Everything that is exported of one subject. He appears by his subject number only. */
export interface SubjectRecord {
  readonly subject: Subject;
  readonly facts: readonly Fact[];
  readonly judgement: SubjectAssessment;
  /** Country of the subject's site, ISO 3166-1 alpha-3; absent where the site's file does not say. */
  readonly country?: string;
}

/** What every figure of an export rests on besides the data. */
export interface ExportVersions {
  readonly software: string;
  readonly protocol: string;
  /** Version of each criteria set by its id. */
  readonly criteria: Readonly<Record<string, string>>;
}

/** A study as an export sees it. The same data under the same versions gives the same bytes. */
export interface StudyInput {
  readonly protocol: Protocol;
  /** What no EHR knows (sponsor, titles, contacts): registry.json as parsed JSON; null where the study has none. */
  readonly registry: unknown;
  /** Only for formats that say that they read it: to make it is a walk over all subjects. */
  readonly report: StudyReport;
  /** Day (`YYYY-MM-DD`) as of which the study was judged: the only date that an export may call today. */
  readonly asOf: string;
  readonly versions: ExportVersions;
  /**
   * Digest of the mapping library. It stands in the traces and beside the figures, and in no other file: every new
   * spelling of a unit changes it.
   */
  readonly mapping: string;
  /** Writes under the placeholder study id DRAFT-NOT-FOR-UPLOAD, and passes the identity gate. */
  readonly draft: boolean;
  /** Leaves out what stands behind the figures, and with it the walks that are made for nothing else. */
  readonly withoutTraces?: boolean;
  /** The subjects in order of their numbers, one at a time. Every walk reads and judges them all again: take few. */
  readSubjects(): AsyncIterable<SubjectRecord>;
}

/** A piece of a file, in its order; pieces of several files may come in turn, so that subjects are walked once. */
export interface FileChunk {
  /** Relative to the export's folder, such as `labs.csv`. */
  readonly file: string;
  /** May be empty, where only traces are left to say. */
  readonly content: string | Uint8Array;
  /** What stands behind the rows and figures of this file; a figure comes before the subjects behind it. */
  readonly traces?: readonly ProvenanceTrace[];
}

export interface ExportFormat {
  /** As the command line names it, such as `ctgov-xml`. */
  readonly id: string;
  /** What it is for, in one line. */
  readonly purpose: string;
  /**
   * Matches the columns that number rows, such as SDTM's --SEQ: their cells change when other rows appear or leave.
   * Absent: the format has none.
   */
  readonly rowNumberColumns?: RegExp;
  /** Whether it reads the report; absent, no report is made for it. */
  readonly needsReport?: true;
  /** Throws an `exports/…` Failure, naming the element and the fix, where the study must not or cannot be written. */
  write(input: StudyInput): AsyncIterable<FileChunk>;
}
