import type { Stater } from './adjudication/person-statement.ts';
import type { StatedSeverity } from './adjudication/stated-severity.ts';
import type { Analyte, Lineage, Source } from './facts.ts';
import type { StatedValue } from './stated-value.ts';

/**
 * Complete response, partial response, no response, and NE: assessed and not evaluable, with the reason in the trace.
 */
export type ResponseClass = 'CR' | 'PR' | 'NR' | 'NE';

/** The scope of a response: the blood as a whole, or one blood cell line. */
export type ResponseScope = 'overall' | Lineage;

/** Three-valued truth (Kleene): `unknown` never becomes a response. */
export type Verdict = 'true' | 'false' | 'unknown';

/** A count, transfusion or other statement that a criterion read, as a reader wants to see it. */
export interface CriterionInput {
  /** Such as `platelets 24 10*9/L on 2026-03-02`. */
  readonly says: string;
  /** The stated value without wording, by which two traces are compared. Absent in assessments stored before 0.2. */
  readonly stated?: StatedValue;
  readonly source: Source;
  /** Further sources: other resources of the same result, inputs of a derived count, contradictions. */
  readonly also?: readonly Source[];
  /** Such as `24 K/uL × 1 = 24 10*9/L`; null where the value was used as sent. */
  readonly conversion: string | null;
}

/** The role of a part of a trace: the rule of a class, or the confirmation of a response by another count. */
type TraceRole =
  | { readonly kind: 'class'; readonly class: ResponseClass }
  | {
      readonly kind: 'confirmation';
      /** The day of the count that confirms, denies or leaves it open; absent where there is none. */
      readonly day?: string;
    };

/** Why a criterion is met, is not met or cannot be determined. The tree mirrors that of the criterion. */
export interface CriterionTrace {
  /** The criterion in words, such as `platelets > 150 10*9/L`. */
  readonly criterion: string;
  /**
   * The criterion as data, without wording: two traces with one `rule` evaluate the same criterion. Absent for criteria that
   * have parts, and in assessments stored before 0.2.
   */
  readonly rule?: string;
  /** The role of this part within an assessment. Absent for criteria, and in assessments stored before 0.2. */
  readonly role?: TraceRole;
  readonly verdict: Verdict;
  readonly inputs: readonly CriterionInput[];
  /** The finding in a few words, where the inputs alone do not show it: `platelet transfusion on 2026-03-02`. */
  readonly found?: string;
  /** The inputs show the finding, so that next to them `found` adds nothing. */
  readonly isFoundInInputs?: true;
  /** The criterion is its only part, negated or evaluated at baseline, and its text names that part already. */
  readonly restatesPart?: true;
  /**
   * The data that would decide an unknown verdict, such as `a neutrophil count between 2026-03-01 and 2026-03-15`;
   * empty for other verdicts.
   */
  readonly missing: readonly string[];
  readonly of: readonly CriterionTrace[];
}

/** The counts by which a visit was assessed, and why these. All days are site-local. */
export interface VisitCounts {
  readonly target: string;
  /** First and last day of the window. */
  readonly window: readonly [from: string, to: string];
  /** Days of the counts, earliest first; empty without a count. */
  readonly days: readonly string[];
  /** `complete-day`: all of one complete day; `nearest-day`: each count is the nearest by itself; null without a count. */
  readonly chosenBy: 'complete-day' | 'nearest-day' | null;
  /** Days with counts that are nearer the target and were not used, because a line is missing or confounded on them. */
  readonly nearerDays: readonly string[];
  readonly values: readonly VisitCountValue[];
}

/** One count of a visit. */
export interface VisitCountValue {
  readonly analyte: Analyte;
  /** With its comparator, in the unit of the analyte: `24`, `<5`, `18 to 95`. */
  readonly value: string;
  readonly day: string;
  /** `upper-limit`: a transfusion or drug can have raised it. */
  readonly reading: 'as-measured' | 'upper-limit';
}

/**
 * Why an assessment has its value, for code and tests; `reasons` state the same in words.
 *
 * - `criterion-met`, `criterion-not-met`: the count alone decides.
 * - `confirmed`, `confirmation-pending`: a response with its second count, or while that can still come.
 * - `not-confirmed`: a later count fails the class. `confirmation-impossible`: no further count can come.
 * - `no-class-confirmed`: no best response by the protocol's deadline.
 * - `data-missing`: what is missing could change the class. `no-count-in-window`: the visit was missed.
 * - `censored`: an event ended the observation before the window had a count.
 * - `criteria-set-undefined`, `severity-unknown`: no count could be assessed.
 */
export type ReasonCode =
  | 'criterion-met'
  | 'criterion-not-met'
  | 'confirmed'
  | 'confirmation-pending'
  | 'not-confirmed'
  | 'confirmation-impossible'
  | 'no-class-confirmed'
  | 'data-missing'
  | 'no-count-in-window'
  | 'censored'
  | 'criteria-set-undefined'
  | 'severity-unknown';

export type AssessmentKind =
  | 'response-at-visit'
  | 'lineage-response-at-visit'
  | 'best-response'
  | 'time-to-lineage-response';

/** A class (or a time to response) of a subject under a criteria set, with everything that led to it. */
export interface Assessment {
  readonly study: string;
  readonly subject: string;
  /** A visit of the protocol, or `all` for best-response and time-to-lineage-response. */
  readonly visit: string;
  readonly scope: ResponseScope;
  readonly kind: AssessmentKind;
  readonly criteria: { readonly id: string; readonly version: string };
  readonly value:
    | { readonly kind: 'class'; readonly class: ResponseClass }
    | { readonly kind: 'days'; readonly days: number };
  /** `preliminary` while a confirming count can still come. */
  readonly status: 'preliminary' | 'final';
  /**
   * Site-local day: that of the assessed count; for lineages the day on which the response was first met; without a
   * count the visit's target day.
   */
  readonly effective: string;
  /** The counts of a visit; absent for the best response and times, and in assessments stored before 0.2. */
  readonly counts?: VisitCounts;
  /** Absent in assessments stored before 0.2. */
  readonly reasonCode?: ReasonCode;
  /** One or two sentences for the reader in the EHR. */
  readonly reasons: readonly string[];
  readonly trace: readonly CriterionTrace[];
  /** Laboratory results that were used. */
  readonly evidence: readonly Source[];
  /** Transfusions, growth factors and other facts that were taken into account. */
  readonly supporting: readonly Source[];
}

/** The investigator's class, beside the engine's for the same visit and scope. */
export interface InvestigatorAssessment
  extends Pick<Assessment, 'study' | 'subject' | 'visit' | 'scope' | 'kind' | 'criteria'> {
  readonly class: ResponseClass;
  readonly engineClass: ResponseClass;
  /** Whether both classes are the same now. */
  readonly agrees: boolean;
  /** The investigator agreed with a class that the engine no longer states. */
  readonly isOutdated: boolean;
  readonly by: Stater;
  readonly why: string | null;
  /** Site-local day that the statement is about. */
  readonly day: string;
  /** When it was stated, as sent; null where not sent. */
  readonly statedAt: string | null;
  readonly source: Source;
}

/** A deviation from the planned dosing that the sites must see (FHIR DetectedIssue). */
export interface Deviation {
  readonly study: string;
  readonly subject: string;
  readonly kind: 'dose-out-of-range' | 'missed-infusion' | 'displaced-infusion' | 'missing-weight';
  /** 1-based number of the planned infusion. */
  readonly infusion: number;
  readonly day: string;
  readonly detail: string;
  readonly evidence: readonly Source[];
}

/** Further infusions that the protocol proposes (FHIR ServiceRequest, intent proposal). */
export interface InfusionProposal {
  readonly study: string;
  readonly subject: string;
  readonly kind: 'continue-infusions';
  readonly visit: string;
  readonly infusions: readonly number[];
  readonly day: string;
  readonly reason: string;
  readonly evidence: readonly Source[];
}

/** The versions of all rules behind an assessment, so that it can be repeated. */
export interface RuleVersions {
  readonly protocol: { readonly id: string; readonly version: string };
  /** Every criteria set that the protocol names. */
  readonly criteria: readonly { readonly id: string; readonly version: string }[];
  /** Digest of the mapping library. */
  readonly mapping: string;
}

/** Whether an event for which a set states a rule happened after the response. It is not written back to the EHR. */
export interface LateEvent {
  readonly criteria: { readonly id: string; readonly version: string };
  /** The rule in the words of its source. */
  readonly paragraph: string;
  readonly verdict: Verdict;
  /** The first site-local day that shows it; null where none does. */
  readonly day: string | null;
  /** The first day evaluated: that of the confirmed response (relapse) or of the first infusion (clonal evolution). */
  readonly since: string;
  /** The last day evaluated. */
  readonly until: string;
  readonly trace: readonly CriterionTrace[];
}

/** Clonal evolution; `highRisk` is false where there is none. */
export interface ClonalEvolution extends LateEvent {
  readonly highRisk: Verdict;
}

/** Everything that the engine derives for one subject. */
export interface SubjectAssessment {
  /** Site-local day of the first infusion; null before it. */
  readonly dayZero: string | null;
  readonly severity: 'SAA' | 'VSAA' | 'NSAA' | 'unknown';
  /** The severity computed from counts before the first infusion. Absent in assessments stored before 0.3. */
  readonly computedSeverity?: SubjectAssessment['severity'];
  /** What a person or the EHR states, which then is `severity`; absent where nobody states it. */
  readonly severityAtDiagnosis?: StatedSeverity;
  readonly severityTrace: readonly CriterionTrace[];
  /**
   * The event that ended the observation of the study's product, and the last day whose counts are assessed; absent if
   * none did.
   */
  readonly censored?: { readonly day: string; readonly because: string; readonly source: Source };
  /** Absent without a confirmed response, and where the set states no rule. */
  readonly relapse?: LateEvent;
  /** Absent where the set states no rule. */
  readonly clonalEvolution?: ClonalEvolution;
  /** Days after the first infusion with counts outside every visit window, earliest first; absent if there are none. */
  readonly unscheduled?: readonly string[];
  readonly assessments: readonly Assessment[];
  /** The investigator's classes; absent where none was stated. */
  readonly investigator?: readonly InvestigatorAssessment[];
  readonly deviations: readonly Deviation[];
  readonly proposals: readonly InfusionProposal[];
  /** Added by the caller that assesses with stored rules: the engine itself has no access to the library. */
  readonly versions?: RuleVersions;
}
