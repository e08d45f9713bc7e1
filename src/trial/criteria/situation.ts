import type { CriterionTrace } from '../assessment.ts';
import type { Analyte, Fact, LabFact, MeasuredValue, PersonFact, Source } from '../facts.ts';
import type { BloodProduct, Criterion } from './criteria-set.ts';
import type { TransfusionIndex } from './transfusion-index.ts';
import type { ValueRange } from './value-range.ts';

/** A laboratory result that can be used for assessment: it has a value and a final status. */
export interface UsableCount {
  readonly fact: LabFact;
  readonly measured: MeasuredValue;
  /** Site-local day; for a partial date its last day. */
  readonly day: string;
  /** Whether the day is known: a partial date is used for a window only, never for an order of events. */
  readonly isDayExact: boolean;
  /** The values that the subject's own count can have, as the result is read. */
  readonly range: ValueRange;
  /** The values that the results mean by themselves, whatever confounds them. */
  readonly measuredRange: ValueRange;
  /**
   * A confounded count is an upper limit: the subject's own count is at most that. Only a confounded baseline without
   * a better one is used as measured.
   */
  readonly reading: 'as-measured' | 'upper-limit';
  /** Transfusions and drugs that can have raised it; empty where the count is unconfounded. */
  readonly confounders: readonly Fact[];
}

/** The counts that represent one assessment, or the baseline. */
export interface BloodCount {
  readonly role: 'assessed' | 'baseline';
  readonly counts: ReadonlyMap<Analyte, UsableCount>;
  /** The day from which transfusions are searched backwards: the latest day of the counts. */
  readonly day: string;
  /** The earliest day that a count can be of; equal to `day` where all are of one day. */
  readonly firstDay: string;
  /**
   * The days whose transfusions are looked at together with the counts, earliest first: the complete day where there is one,
   * else every day that a used count can be of (several for a partial date).
   */
  readonly transfusionDays: readonly string[];
  /**
   * The complete day that the counts were chosen by; null where each analyte is that nearest the target by itself, and where
   * nothing was chosen.
   */
  readonly completeDay: string | null;
  /** The days that were searched, to name what is missing. */
  readonly searchedDays: readonly [from: string, to: string];
  /** Days as near to the target as a chosen one, and not used. */
  readonly tiedDays: readonly string[];
  /** Results of those days without a value, with the reason. */
  readonly resultsWithoutValue: readonly LabFact[];
}

/** Everything that a criterion can read about one subject. */
export interface Situation {
  readonly dayZero: string;
  readonly assessed: BloodCount;
  /** For changes: a confounded count that is used is taken as measured. */
  readonly baseline: BloodCount;
  /** For what a count was before the first infusion: a confounded count is an upper limit. */
  readonly baselineLimits: BloodCount;
  readonly transfusions: TransfusionIndex;
  /** Sex and birth date; null where there is no person fact. The sex is null where two of them disagree. */
  readonly person: PersonFact | null;
  readonly independenceDays: Readonly<Record<BloodProduct, number>>;
  readonly dependence: Readonly<Record<BloodProduct, { readonly units: string; readonly days: number }>>;
  /**
   * The day of the count that this one is to confirm: independence is then required from that day on, however long ago;
   * null for a count by itself.
   */
  readonly independentSince: string | null;
  /** Criteria already evaluated at baseline, which all counts of the subject share; empty at first. */
  readonly baselineTraces: Map<Criterion, CriterionTrace>;
}

/** Returns the source whose value is used: the first. */
export function getPrimarySource(fact: Fact): Source {
  return fact.sources[0];
}
