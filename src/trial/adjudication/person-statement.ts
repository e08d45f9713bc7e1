import type { Causality } from '../causality.ts';

/**
 * What only a person can state about a subject: an adjudication. One statement has one topic. It is about one point: the
 * subject, one resource of theirs, or one visit and scope.
 */

/** A day as it was stated; two days where it is partial (`YYYY-MM-DD`, site-local). */
export interface StatedDay {
  readonly text: string;
  readonly earliestDay: string;
  readonly latestDay: string;
}

/** Who stated it: a name to be shown, and the identifier (`system|value`, or `Practitioner/id`) where one was sent. */
export interface Stater {
  readonly name: string;
  readonly identifier: string | null;
}

/** How severe the disease was when it was diagnosed. */
export const DIAGNOSED_SEVERITIES = ['SAA', 'VSAA', 'NSAA'] as const;

/** What the marrow shows of a clone; `high-risk` by the definition of `ConditionFact.highRisk`. */
export const CLONAL_FINDINGS = ['none', 'clonal', 'high-risk'] as const;

/** A statement, by topic. A part that was not stated is null. */
export type PersonStatement =
  | { readonly topic: 'severity-at-diagnosis'; readonly severity: (typeof DIAGNOSED_SEVERITIES)[number] }
  | {
      readonly topic: 'marrow-result';
      /** Percent of the marrow that is not fat, as digits. A comparator as sent: `<10`. */
      readonly cellularity: { readonly percent: string; readonly comparator: string | null } | null;
      /** Whether the marrow meets the criterion of the protocol's severity set. */
      readonly isCriterionMet: boolean | null;
      readonly clonalFinding: (typeof CLONAL_FINDINGS)[number] | null;
    }
  | {
      readonly topic: 'event-adjudication';
      /** `AdverseEvent/id`. */
      readonly about: string;
      readonly relation: Causality | null;
      readonly grade: 1 | 2 | 3 | 4 | 5 | null;
      readonly serious: boolean | null;
      /** False: the event is none of the study, such as one before the first infusion. */
      readonly isOfStudy: boolean | null;
    }
  | {
      readonly topic: 'infection-adjudication';
      /** `Condition/id`; null: about the subject, whatever conditions were sent. */
      readonly about: string | null;
      readonly isActivated: boolean;
      readonly from: StatedDay | null;
      readonly to: StatedDay | null;
    }
  | { readonly topic: 'evaluability'; readonly holds: boolean }
  | { readonly topic: 'per-protocol'; readonly holds: boolean }
  | {
      readonly topic: 'investigator-response';
      /** A visit of the protocol, or `all` for the best response. */
      readonly visit: string;
      readonly scope: 'overall' | 'erythroid' | 'neutrophil' | 'platelet';
      /** The class; null where the investigator agrees with the engine and does not name the class. */
      readonly class: 'CR' | 'PR' | 'NR' | 'NE' | null;
      /** Whether the class was stated as agreement with the engine's class. */
      readonly agrees: boolean;
    };

export type AdjudicationTopic = PersonStatement['topic'];

export const ADJUDICATION_TOPICS = [
  'severity-at-diagnosis',
  'marrow-result',
  'event-adjudication',
  'infection-adjudication',
  'evaluability',
  'per-protocol',
  'investigator-response',
] as const satisfies readonly AdjudicationTopic[];

/** The statement of one topic. */
export type StatementOf<T extends AdjudicationTopic> = Extract<PersonStatement, { readonly topic: T }>;

/** Names the point that a statement is about: two statements about one point must agree, or one replaces the other. */
export function namePoint(statement: PersonStatement): string {
  switch (statement.topic) {
    case 'event-adjudication':
    case 'infection-adjudication':
      return `${statement.topic} ${statement.about ?? 'subject'}`;
    case 'investigator-response':
      return `${statement.topic} ${statement.visit} ${statement.scope}`;
    default:
      return statement.topic;
  }
}

/**
 * Whether a reason is required: the statement excludes the subject, changes what somebody else stated, or says a class of
 * its own. Source: ICH E6(R2) 4.9.3, a change or correction is dated and explained.
 */
export function needsReason(statement: PersonStatement): boolean {
  switch (statement.topic) {
    case 'event-adjudication':
      return true;
    case 'infection-adjudication':
      return !statement.isActivated;
    case 'evaluability':
    case 'per-protocol':
      return !statement.holds;
    case 'investigator-response':
      return !statement.agrees;
    default:
      return false;
  }
}
