import type { CountedAnalyte } from './blood-counts.ts';
import type { InstantStyle } from './calendar.ts';
import type { CodedTerm } from './fhir-elements.ts';
import type { CohortSite } from './study-plan.ts';

/** A hospital's notation of one analyte: code, unit, and the digits of a value in the generator's units. */
export interface AnalyteNotation {
  readonly code: CodedTerm;
  readonly unit: string;
  /** The UCUM code of the unit; null where the hospital sends the unit as text only. */
  readonly unitCode: string | null;
  formatDigits(value: number): string;
}

type TreatmentTerm = 'mscProduct' | 'redCells' | 'platelets' | 'filgrastim' | 'atg';
type FindingTerm = 'aplasticAnaemia' | 'infection' | 'headache' | 'fever';

/** How one hospital uses FHIR: its codes, its units, its resource types, and how it sends them. */
export interface Dialect {
  readonly site: CohortSite;
  readonly timeZone: string;
  readonly offset: string;
  readonly instantStyle: InstantStyle;
  readonly patientPrefix: string;
  readonly mrnSystem: string;
  /** How the hospital's subjects are enrolled. */
  readonly enrolment: 'csv-by-id' | 'csv-by-mrn' | 'research-subject';
  /** How the EHR records race and ethnicity: by US Core's categories, as text, or not at all. */
  readonly raceFormat: 'categories' | 'text' | 'none';
  /** How versions are distinguished: by number, or by time only. */
  readonly versioning: 'numbers' | 'instants';
  readonly laboratory: 'singles' | 'panel' | 'report';
  readonly infusion: 'dose-per-kg' | 'total-cells' | 'procedure';
  readonly transfusion: 'procedure' | 'administration';
  readonly packing: 'resources' | 'batches' | 'ndjson' | 'transactions';
  readonly labs: Readonly<Record<CountedAnalyte, AnalyteNotation>>;
  readonly terms: Readonly<Record<TreatmentTerm | FindingTerm, CodedTerm>>;
}
