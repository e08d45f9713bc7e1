import type { CriterionTrace } from '../assessment.ts';
import type { Analyte, Fact, LabFact, MeasuredValue, PersonFact, Source } from '../facts.ts';
import type { BloodProduct, Criterion } from './criteria-set.ts';
import type { TransfusionIndex } from './transfusion-index.ts';
import type { ValueRange } from './value-range.ts';

/** A laboratory result that may be used to judge: it has a value and a final status. */
export interface UsableCount {
  readonly fact: LabFact;
  readonly measured: MeasuredValue;
  /** Site-local day; for a partial date its last day. */
  readonly day: string;
  /** Whether the day is known: a partial date is used for a window only, never for an order of events. */
  readonly isDayExact: boolean;
  /** What the subject's own value can be, as the count is read. */
  readonly range: ValueRange;
  /** A confounded count is an upper limit: anything up to it. Only a baseline that is all there is stands as measured. */
  readonly reading: 'as-measured' | 'upper-limit';
  /** Transfusions and drugs that can have raised it; empty where the count is unconfounded. */
  readonly confounders: readonly Fact[];
}

/** The blood counts that stand for one assessment, or for the baseline. */
export interface BloodCount {
  readonly role: 'assessed' | 'baseline';
  readonly counts: ReadonlyMap<Analyte, UsableCount>;
  /** The day from which transfusions are looked back for: the latest day of the counts. */
  readonly day: string;
  /** The earliest day of the counts; equal to `day` where all are of one day. */
  readonly firstDay: string;
  /** The days that were searched, for saying what is missing. */
  readonly searchedDays: readonly [from: string, to: string];
  /** Days as near to the target as one that was taken, and passed over for it. */
  readonly tiedDays: readonly string[];
  /** Results in those days that came without a value, and why. */
  readonly resultsWithoutValue: readonly LabFact[];
}

/** Everything that a criterion may ask about one subject. */
export interface Situation {
  readonly dayZero: string;
  readonly assessed: BloodCount;
  readonly baseline: BloodCount;
  readonly transfusions: TransfusionIndex;
  /** Sex and birth date; null where no person fact is there, or two of them disagree on the sex. */
  readonly person: PersonFact | null;
  readonly independenceDays: Readonly<Record<BloodProduct, number>>;
  /** What was already asked of the baseline, which is one for all counts of the subject; empty at first. */
  readonly baselineTraces: Map<Criterion, CriterionTrace>;
}

/** The source whose value is used: the first. */
export function getPrimarySource(fact: Fact): Source {
  return fact.sources[0];
}
