import type { FigureKind } from '../provenance-trace.ts';
import type { OrganSystem, OutcomeFigure } from '../registry-vocabulary.ts';
import type { Participant } from './participant.ts';
import type { RequiredField } from './required-fields.ts';

/**
 * The results of a study as ClinicalTrials.gov requires them (PRS data elements), before any syntax. The PRS XML and
 * the API v2 JSON are renderings of it. Every figure has the rule that selects the subjects who contribute to it.
 *
 * Figures are strings of digits, as both formats print them. Words of pick-lists are the registry's display values.
 *
 * The addresses of provenance traces are made from the names of these properties: renaming one changes addresses.
 */

/**
 * Selects the resources (`site-1/Observation/o1@2`) by which a participant contributes to a figure; empty where they do
 * so by enrolment alone; null where they do not contribute to it.
 */
export type EvidenceSelector = (participant: Participant) => readonly string[] | null;

/** One figure, with the number of subjects who contribute to it and the rule that selects them. */
export interface ResultCell {
  /** Digits, or `NA`. */
  readonly value: string;
  readonly counts: FigureKind;
  readonly subjects: number;
  readonly from: EvidenceSelector;
}

/** An arm as a module shows it. Ids (`FG000`) are unique within a module only, as in the API. */
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

/** Why participants did not complete a period: a reason of the pick-list, with a name where that is `Other`. */
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

/** One value of a measure in one group, with the limits or spread that the dispersion type requires. */
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
  /** Whether the registry shows percentages of a count. */
  readonly percentages: boolean;
  /** Participants analysed in each group. */
  readonly analyzed: readonly GroupCell[];
  readonly rows: readonly MeasureRow[];
}

export interface BaselineMeasure extends ReportedMeasure {
  /** Whether the title is the study's own, not one of the registry's list. */
  readonly studySpecific: boolean;
}

export interface BaselineCharacteristics {
  readonly population: string | null;
  readonly groups: readonly ReportingGroup[];
  /** All groups together; null where there is only one group. */
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
  /** Percent: other events that affect no more than this share of any group are not listed. */
  readonly threshold: string;
  readonly assessment: 'Systematic Assessment' | 'Non-systematic Assessment';
  readonly vocabulary: string | null;
  readonly groups: readonly EventGroup[];
  readonly serious: readonly EventTerm[];
  readonly other: readonly EventTerm[];
}

/** Whether investigators may publish results; `restriction` is null where no agreement restricts them. */
export interface CertainAgreement {
  readonly piSponsorEmployee: string;
  readonly restrictive: string | null;
  readonly restriction: string | null;
  readonly details: string | null;
}

export interface PointOfContact {
  readonly title: string;
  readonly organization: string;
  readonly phone: RequiredField;
  readonly extension: string | null;
  readonly email: RequiredField;
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

/** Sums a module's cells for one group; 0 where there are none, NaN where a cell is not a number. */
export function sumCellsOfGroup(group: string, cells: readonly GroupCell[]): number {
  return cells
    .filter((groupCell) => groupCell.group === group)
    .reduce((sum, { cell }) => sum + Number(cell.value), 0);
}
