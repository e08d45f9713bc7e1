import type { OrganSystem } from '../registry-words.ts';
import type { Counts } from '../trace/trace.ts';
import type { Participant } from './participant.ts';

/**
 * The results of a study as ClinicalTrials.gov asks for them (PRS data elements), before any syntax. The PRS XML and the
 * API v2 JSON are renderings of it, and every figure in it can tell of a subject whether he is behind it.
 *
 * Figures are strings of digits, as both formats print them. Words of pick-lists are the registry's display values.
 */

/**
 * Whether a subject is behind a figure: the resources that say so (`site-1/Observation/o1@2`), none where his enrolment
 * does; null where he is not behind it.
 */
export type Whom = (participant: Participant) => readonly string[] | null;

/** One figure: so many subjects are behind it, and `from` tells of each whether he is. */
export interface Cell {
  readonly value: string;
  readonly counts: Counts;
  readonly subjects: number;
  readonly from: Whom;
}

/** An arm as a module shows it. Ids are unique inside a module only (`FG000`), as in the API. */
export interface Group {
  readonly id: string;
  readonly title: string;
  readonly description: string | null;
}

export interface GroupCell {
  readonly group: string;
  readonly cell: Cell;
}

export interface Milestone {
  readonly comment: string | null;
  readonly achieved: readonly GroupCell[];
}

/** Why participants did not complete a period: a word of the pick-list, with a name where the word is `Other`. */
export interface DropReason {
  readonly type: string;
  readonly other: string | null;
  readonly affected: readonly GroupCell[];
}

export interface Period {
  readonly title: string;
  readonly started: Milestone;
  readonly between: readonly (Milestone & { readonly title: string })[];
  readonly completed: Milestone;
  readonly reasons: readonly DropReason[];
}

export interface ParticipantFlow {
  readonly preAssignment: string | null;
  readonly recruitment: string | null;
  readonly groups: readonly Group[];
  readonly periods: readonly Period[];
}

/** One value of a measure in one group; limits and spread as the dispersion type asks. */
export interface Entry {
  readonly category: string | null;
  readonly value: Cell;
  readonly spread: Cell | null;
  readonly lower: Cell | null;
  readonly upper: Cell | null;
  /** Why the value is `NA`; null where there is a value. */
  readonly comment: string | null;
}

export interface MeasureRow {
  readonly title: string | null;
  readonly values: readonly { readonly group: string; readonly entries: readonly Entry[] }[];
}

export type Parameter = 'Count of Participants' | 'Mean' | 'Median' | 'Number';
export type Dispersion =
  | 'Not Applicable'
  | 'Standard Deviation'
  | 'Full Range'
  | '90% Confidence Interval'
  | '95% Confidence Interval'
  | '99% Confidence Interval';

export interface Measure {
  readonly title: string;
  readonly description: string | null;
  readonly population: string | null;
  readonly parameter: Parameter;
  readonly dispersion: Dispersion;
  readonly unit: string;
  readonly percentages: boolean;
  /** Participants analysed in each group. */
  readonly analyzed: readonly GroupCell[];
  readonly rows: readonly MeasureRow[];
}

/** `studySpecific`: the title is the study's own, not one of the registry's list. */
export interface BaselineMeasure extends Measure {
  readonly studySpecific: boolean;
}

export interface Baseline {
  readonly population: string | null;
  readonly groups: readonly Group[];
  /** All groups together; null where there is one group only. */
  readonly total: Group | null;
  readonly participants: readonly GroupCell[];
  readonly measures: readonly BaselineMeasure[];
}

/** An estimate with its interval. No hypothesis is tested. */
export interface Analysis {
  readonly groups: readonly string[];
  readonly description: string | null;
  readonly parameter: string;
  readonly value: Cell;
  readonly ciPercent: string;
  readonly lower: Cell;
  readonly upper: Cell;
  readonly comment: string;
}

export type OutcomeType = 'Primary' | 'Secondary' | 'Other Pre-specified' | 'Post-Hoc';

export interface OutcomeMeasure extends Measure {
  readonly type: OutcomeType;
  readonly timeFrame: string;
  readonly groups: readonly Group[];
  readonly analyses: readonly Analysis[];
}

export interface EventGroup extends Group {
  readonly deaths: Cell;
  readonly deathsAtRisk: Cell;
  readonly serious: Cell;
  readonly seriousAtRisk: Cell;
  readonly other: Cell;
  readonly otherAtRisk: Cell;
}

export interface EventStats {
  readonly group: string;
  readonly events: Cell;
  readonly affected: Cell;
  readonly atRisk: Cell;
}

export interface EventTerm {
  readonly term: string;
  readonly organSystem: OrganSystem;
  readonly notes: string | null;
  readonly stats: readonly EventStats[];
}

export interface ReportedEvents {
  readonly timeFrame: string;
  readonly description: string | null;
  readonly mortalityComment: string | null;
  /** Percent: other events in no more than this share of every group are not listed. */
  readonly threshold: string;
  readonly assessment: 'Systematic Assessment' | 'Non-systematic Assessment';
  readonly vocabulary: string | null;
  readonly groups: readonly EventGroup[];
  readonly serious: readonly EventTerm[];
  readonly other: readonly EventTerm[];
}

/** Whether investigators may publish; null restriction where there is no agreement that restricts them. */
export interface CertainAgreement {
  readonly piSponsorEmployee: string;
  readonly restrictive: string | null;
  readonly restriction: string | null;
  readonly details: string | null;
}

export interface PointOfContact {
  readonly title: string;
  readonly organization: string;
  readonly phone: string;
  readonly extension: string | null;
  readonly email: string;
}

export interface Results {
  readonly flow: ParticipantFlow;
  readonly baseline: Baseline;
  readonly outcomes: readonly OutcomeMeasure[];
  readonly events: ReportedEvents;
  readonly limitations: string | null;
  readonly agreement: CertainAgreement;
  readonly contact: PointOfContact;
}

/** The sum of a module's cells for one group; 0 where there is none. Cells that are no numbers count as NaN. */
export function sumFor(group: string, cells: readonly GroupCell[]): number {
  return cells.filter((one) => one.group === group).reduce((sum, { cell }) => sum + Number(cell.value), 0);
}
