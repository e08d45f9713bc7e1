import type { Clock } from './calendar.ts';
import type { Analyte } from './counts.ts';
import type { Site } from './plan.ts';
import type { Coded } from './wire.ts';

/** How a hospital writes one analyte: code, unit, and the digits for a count in the generator's own units. */
export interface Written {
  readonly code: Coded;
  readonly unit: string;
  /** The unit's code; null where the hospital sends the text alone. */
  readonly unitCode: string | null;
  digits(value: number): string;
}

export type Treatments = 'mscProduct' | 'redCells' | 'platelets' | 'filgrastim' | 'atg';
export type Findings = 'aplasticAnaemia' | 'infection' | 'headache' | 'fever';

/** How one hospital speaks: its words, its units, the resources it uses, and how it sends them. */
export interface Dialect {
  readonly site: Site;
  readonly timeZone: string;
  readonly offset: string;
  readonly clock: Clock;
  readonly patientPrefix: string;
  readonly mrnSystem: string;
  /** How the trial office learns of its subjects. */
  readonly enrolment: 'csv-by-id' | 'csv-by-mrn' | 'research-subject';
  /** How the EHR keeps race and ethnicity: by US Core's categories, as a text, or not at all. */
  readonly origin: 'categories' | 'text' | 'none';
  /** How versions are told apart: by number, or by time alone. */
  readonly versions: 'numbers' | 'instants';
  readonly laboratory: 'singles' | 'panel' | 'report';
  readonly infusion: 'dose-per-kg' | 'total-cells' | 'procedure';
  readonly transfusion: 'procedure' | 'administration';
  readonly packing: 'resources' | 'batches' | 'ndjson' | 'transactions';
  readonly labs: Readonly<Record<Analyte, Written>>;
  readonly words: Readonly<Record<Treatments | Findings, Coded>>;
}
