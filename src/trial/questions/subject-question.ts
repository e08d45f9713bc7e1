import type { Source } from '../facts.ts';
import type { QuestionKind } from './question-kinds.ts';

/** Why several facts of one subject need a person. */
export const SUBJECT_QUESTION_REASONS = [
  'contradictory-facts',
  'contradictory-results',
  'version-conflict',
] as const;

export type SubjectQuestionReason = (typeof SUBJECT_QUESTION_REASONS)[number];

/** One of the answers that `work accept --target` may pick. */
export interface QuestionChoice {
  readonly target: string;
  /** What the answer means; the value of a result, so that a person can choose. Shown to people only, never logged. */
  readonly says: string;
}

/**
 * A question that several facts of one subject raise together. It becomes a work item of the subject, and is no longer
 * asked as soon as the facts no longer raise it: corrected data settle it, or an answer that the checker takes account of.
 */
export interface SubjectQuestion {
  readonly reason: SubjectQuestionReason;
  /** What is in question; one kind may be asked about several resources. */
  readonly kind: QuestionKind;
  /**
   * The scope of one question: unique within subject and reason, and the same however the facts arrive. Codes and
   * resource ids only, no patient data.
   */
  readonly topic: string;
  /** FHIRPath of the element of the first source. */
  readonly element: string;
  /** The problem in one sentence. No patient data: no values, dates or names. */
  readonly detail: string;
  /** The action in one sentence. */
  readonly fix: string;
  /** The resources to look at. */
  readonly sources: readonly [Source, ...Source[]];
  /**
   * What the facts state that raises the question, as text of any form. An answer (`work reject`, or the choice of one of
   * `choices`) holds as long as it stays the same. It may hold patient data: only its digest is stored.
   */
  readonly basis: string;
  /** Absent where only corrected data settle the question. */
  readonly choices?: readonly QuestionChoice[];
}
