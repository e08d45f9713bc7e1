import type { Trace } from '../assessment.ts';
import type { Analyte, Fact, LabFact, Measured, PersonFact, Source } from '../facts.ts';
import type { Component, Expression } from './criteria-set.ts';
import type { Range } from './range.ts';
import type { Transfusions } from './transfusions-index.ts';

/** A laboratory result that may be used to judge: it has a value and a final status. */
export interface Count {
  readonly fact: LabFact;
  readonly measured: Measured;
  /** Site-local day; for a partial date its last day. */
  readonly day: string;
  /** Whether the day is known: a partial date is used for a window only, never for an order of events. */
  readonly exact: boolean;
  /** What the subject's own value can be, as the count is read. */
  readonly range: Range;
  /** A confounded count is an upper limit: anything up to it. Only a baseline that is all there is stands as measured. */
  readonly reading: 'as-measured' | 'upper-limit';
  /** Transfusions and drugs that can have raised it; empty where the count is unconfounded. */
  readonly confounders: readonly Fact[];
}

/** The blood counts that stand for one assessment, or for the baseline. */
export interface Picture {
  readonly name: 'assessed' | 'baseline';
  readonly counts: ReadonlyMap<Analyte, Count>;
  /** The day from which transfusions are looked back for: the latest day of the counts. */
  readonly day: string;
  /** The earliest day of the counts; equal to `day` where all are of one day. */
  readonly firstDay: string;
  /** The days that were searched, for saying what is missing. */
  readonly searched: readonly [from: string, to: string];
  /** Days as near to the target as one that was taken, and passed over for it. */
  readonly passedOver: readonly string[];
  /** Results in those days that came without a value, and why. */
  readonly withoutValue: readonly LabFact[];
}

/** Everything that a criterion may ask about one subject. */
export interface Situation {
  readonly dayZero: string;
  readonly now: Picture;
  readonly baseline: Picture;
  readonly transfusions: Transfusions;
  /** Sex and birth date; null where no person fact is there, or two of them disagree on the sex. */
  readonly person: PersonFact | null;
  readonly independenceDays: Readonly<Record<Component, number>>;
  /** What was already asked of the baseline, which is one for all counts of the subject; empty at first. */
  readonly askedOfBaseline: Map<Expression, Trace>;
}

/** The source whose value is used: the first. */
export function sourceOf(fact: Fact): Source {
  return fact.sources[0];
}
