import type { FigureKind } from '../provenance-trace.ts';
import type { OrganSystem, OutcomeFigure } from '../registry-vocabulary.ts';
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
export type EvidenceSelector = (participant: Participant) => readonly string[] | null;

/** One figure: so many subjects are behind it, and `from` tells of each whether he is. */
export interface ResultCell {
  readonly value: string;
  readonly counts: FigureKind;
  readonly subjects: number;
  readonly from: EvidenceSelector;
}

/** An arm as a module shows it. Ids are unique inside a module only (`FG000`), as in the API. */
export interface ReportingGroup {
  readonly id: string;
  readonly title: string;
  readonly description: string | null;
}

export interface GroupCell {
  readonly group: string;
  readonly cell: ResultCell;
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

export interface FlowPeriod {
  readonly title: string;
  readonly started: Milestone;
  readonly between: readonly (Milestone & { readonly title: string })[];
  readonly completed: Milestone;
  readonly reasons: readonly DropReason[];
}

export interface ParticipantFlow {
  readonly preAssignment: string | null;
  readonly recruitment: string | null;
  readonly groups: readonly ReportingGroup[];
  readonly periods: readonly FlowPeriod[];
}

/** One value of a measure in one group; limits and spread as the dispersion type asks. */
export interface ReportedEntry {
  readonly category: string | null;
  readonly value: ResultCell;
  readonly spread: ResultCell | null;
  readonly lower: ResultCell | null;
  readonly upper: ResultCell | null;
  /** Why the value is `NA`; null where there is a value. */
  readonly comment: string | null;
}

export interface MeasureRow {
  readonly title: string | null;
  readonly values: readonly { readonly group: string; readonly entries: readonly ReportedEntry[] }[];
}

export type MeasureParameter = 'Count of Participants' | 'Mean' | 'Median' | 'Number';
export type Dispersion =
  | 'Not Applicable'
  | 'Standard Deviation'
  | 'Full Range'
  | '90% Confidence Interval'
  | '95% Confidence Interval'
  | '99% Confidence Interval';

export interface ReportedMeasure {
  readonly title: string;
  readonly description: string | null;
  readonly population: string | null;
  readonly parameter: MeasureParameter;
  readonly dispersion: Dispersion;
  readonly unit: string;
  readonly percentages: boolean;
  /** Participants analysed in each group. */
  readonly analyzed: readonly GroupCell[];
  readonly rows: readonly MeasureRow[];
}

/** `studySpecific`: the title is the study's own, not one of the registry's list. */
export interface BaselineMeasure extends ReportedMeasure {
  readonly studySpecific: boolean;
}

export interface BaselineCharacteristics {
  readonly population: string | null;
  readonly groups: readonly ReportingGroup[];
  /** All groups together; null where there is one group only. */
  readonly total: ReportingGroup | null;
  readonly participants: readonly GroupCell[];
  readonly measures: readonly BaselineMeasure[];
}

/** An estimate with its interval. No hypothesis is tested. */
export interface OutcomeAnalysis {
  readonly groups: readonly string[];
  readonly description: string | null;
  readonly parameter: string;
  readonly value: ResultCell;
  readonly ciPercent: string;
  readonly lower: ResultCell;
  readonly upper: ResultCell;
  readonly comment: string;
}

export type OutcomeType = 'Primary' | 'Secondary' | 'Other Pre-specified' | 'Post-Hoc';

export interface OutcomeMeasure extends ReportedMeasure {
  /** The figure of the study report that the measure shows. */
  readonly figure: OutcomeFigure;
  readonly type: OutcomeType;
  readonly timeFrame: string;
  readonly groups: readonly ReportingGroup[];
  readonly analyses: readonly OutcomeAnalysis[];
}

export interface EventGroup extends ReportingGroup {
  readonly deaths: ResultCell;
  readonly deathsAtRisk: ResultCell;
  readonly serious: ResultCell;
  readonly seriousAtRisk: ResultCell;
  readonly other: ResultCell;
  readonly otherAtRisk: ResultCell;
}

export interface EventStats {
  readonly group: string;
  readonly events: ResultCell;
  readonly affected: ResultCell;
  readonly atRisk: ResultCell;
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

export interface RegistryResults {
  readonly flow: ParticipantFlow;
  readonly baseline: BaselineCharacteristics;
  readonly outcomes: readonly OutcomeMeasure[];
  readonly events: ReportedEvents;
  readonly limitations: string | null;
  readonly agreement: CertainAgreement;
  readonly contact: PointOfContact;
}

/** The sum of a module's cells for one group; 0 where there is none. Cells that are no numbers count as NaN. */
export function sumCellsOfGroup(group: string, cells: readonly GroupCell[]): number {
  return cells.filter((one) => one.group === group).reduce((sum, { cell }) => sum + Number(cell.value), 0);
}
