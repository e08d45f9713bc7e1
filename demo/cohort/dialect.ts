import type { CountedAnalyte } from './blood-counts.ts';
import type { InstantStyle } from './calendar.ts';
import type { CodedTerm } from './fhir-elements.ts';
import type { CohortSite } from './study-plan.ts';

/** How a hospital writes one analyte: code, unit, and the digits for a count in the generator's own units. */
export interface AnalyteNotation {
  readonly code: CodedTerm;
  readonly unit: string;
  /** The unit's code; null where the hospital sends the text alone. */
  readonly unitCode: string | null;
  digits(value: number): string;
}

export type TreatmentTerm = 'mscProduct' | 'redCells' | 'platelets' | 'filgrastim' | 'atg';
export type FindingTerm = 'aplasticAnaemia' | 'infection' | 'headache' | 'fever';

/** How one hospital speaks: its words, its units, the resources it uses, and how it sends them. */
export interface Dialect {
  readonly site: CohortSite;
  readonly timeZone: string;
  readonly offset: string;
  readonly instantStyle: InstantStyle;
  readonly patientPrefix: string;
  readonly mrnSystem: string;
  /** How the trial office learns of its subjects. */
  readonly enrolment: 'csv-by-id' | 'csv-by-mrn' | 'research-subject';
  /** How the EHR keeps race and ethnicity: by US Core's categories, as a text, or not at all. */
  readonly raceFormat: 'categories' | 'text' | 'none';
  /** How versions are told apart: by number, or by time alone. */
  readonly versioning: 'numbers' | 'instants';
  readonly laboratory: 'singles' | 'panel' | 'report';
  readonly infusion: 'dose-per-kg' | 'total-cells' | 'procedure';
  readonly transfusion: 'procedure' | 'administration';
  readonly packing: 'resources' | 'batches' | 'ndjson' | 'transactions';
  readonly labs: Readonly<Record<CountedAnalyte, AnalyteNotation>>;
  readonly terms: Readonly<Record<TreatmentTerm | FindingTerm, CodedTerm>>;
}
