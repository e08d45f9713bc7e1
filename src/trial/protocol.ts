import type { LimitScale } from '../statistics/kaplan-meier.ts';
import type { IntervalMethod } from '../statistics/proportion-interval.ts';
import type { QuantileType } from '../statistics/quantile.ts';
import type { BloodProduct, Citation } from './criteria/criteria-set.ts';
import type { Analyte, MedicationFact } from './facts.ts';

/** How severe the disease was before the first infusion; `unknown` where counts are missing. */
export type DiseaseSeverity = 'SAA' | 'VSAA' | 'NSAA' | 'unknown';

/** A planned assessment. Days count from the first infusion (day 0); the window's ends belong to it. */
export interface Visit {
  readonly id: string;
  readonly name: string;
  readonly target: number;
  readonly from: number;
  readonly to: number;
}

/** After `of` these analytes are confounded for so many days: they show at most the measured value. */
export interface Washout {
  /** A blood product, the trial's word for a drug, or `other-growth-factor` for a growth factor not named here. */
  readonly of: string;
  readonly analytes: readonly Analyte[];
  readonly days: number;
}

/** The planned infusions, and the dose in 10*6 cells per kg body weight. */
export interface Dosing {
  readonly product: string;
  /** Planned days after day 0, first infusion first. */
  readonly days: readonly number[];
  readonly toleranceDays: number;
  readonly minPerKg: string;
  readonly maxPerKg: string;
  /** How far outside the range a dose may lie, in percent of the limit. */
  readonly tolerancePercent: string;
  /** How many days before or after an infusion a weight still counts for it. */
  readonly weightDays: number;
  /** A response at this visit earns these infusions, `everyDays` apart. */
  readonly continuation: {
    readonly visit: string;
    readonly infusions: readonly number[];
    readonly everyDays: number;
  };
}

/** An event that ends the observation of the study's product. */
export interface CensoringRule {
  readonly event: 'transplant' | 'medication';
  /** For a medication: its role, or the agents by name; null for the other of the two. */
  readonly role: MedicationFact['role'] | null;
  readonly agents: readonly string[] | null;
  /** Only an agent that was not given before the first infusion: to go on with one is no new treatment. */
  readonly onlyIfNew: boolean;
}

/** What becomes of a subject after such an event: counts after its day are not judged. */
export interface CensoringRules {
  readonly by: readonly CensoringRule[];
  /**
   * What is given within so many days before a transplant, to its day, is its conditioning and no treatment of its own.
   */
  readonly conditioningDays: number;
  /** The class at a visit that has no count up to the event. The subject stays in every denominator. */
  readonly laterVisits: 'NR' | 'NE';
}

/** A kind of low count as an adverse event: the terms that mean it, and the grades that a count alone gives. */
export interface Cytopenia {
  readonly analyte: Analyte;
  readonly codes: readonly string[];
  readonly terms: readonly string[];
  /** In the trial's unit for the analyte. */
  readonly grades: readonly { readonly grade: number; readonly below: string }[];
}

/** A grading scale's cytopenias, such as those of CTCAE 5.0. */
export interface CytopeniaScale {
  readonly scale: string;
  readonly version: string;
  /** The code system of `codes`. */
  readonly system: string;
  readonly of: readonly Cytopenia[];
}

/** What the study wants done, as data. */
export interface Protocol {
  readonly id: string;
  readonly version: string;
  readonly title: string;
  readonly sources: readonly Citation[];
  readonly notes: readonly string[];
  /** How many days what is sent of a patient who is not enrolled (yet) may be kept sealed. */
  readonly sealedDays: number;
  readonly visits: readonly Visit[];
  /** Baseline counts are the last ones within so many days before the first infusion. */
  readonly baselineDays: number;
  readonly washouts: readonly Washout[];
  /** Days without transfusion that make a subject independent of the product. */
  readonly independenceDays: Readonly<Record<BloodProduct, number>>;
  readonly dosing: Dosing;
  readonly censoring: CensoringRules;
  readonly criteria: {
    /** The set whose definitions `severe` and `very-severe` are asked of the baseline. */
    readonly severity: string;
    readonly overall: Readonly<Record<DiseaseSeverity, string>>;
    readonly lineages: string;
  };
  /** A subject's best response is the best confirmed one up to the end of this visit's window. */
  readonly bestResponseBy: string;
  readonly interval: { readonly method: IntervalMethod; readonly percent: string };
  readonly statistics: {
    /** How quartiles between two values are read: 2 (SAS), 6 (SPSS) or 7 (R). */
    readonly quartileType: QuantileType;
    /** Scale of the limits of Kaplan-Meier curves. */
    readonly survivalLimits: LimitScale;
  };
  /** Low counts that are judged against the baseline when adverse events are counted; null: none are. */
  readonly cytopenias: CytopeniaScale | null;
  readonly predictors: { readonly previousAgent: string };
}

/** The protocol with one criteria set for the overall response, whatever the severity (for trying another set). */
export function withOverallCriteriaSet(protocol: Protocol, set: string): Protocol {
  const overall = { SAA: set, VSAA: set, NSAA: set, unknown: set };
  return { ...protocol, criteria: { ...protocol.criteria, overall } };
}
