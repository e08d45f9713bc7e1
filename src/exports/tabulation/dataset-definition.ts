import type { SupplementalQualifier } from './supplemental-qualifiers.ts';

/**
 * How a variable's cells are written: `float` is a string of digits that is written unchanged, `datetime` an ISO 8601
 * date or time in the precision in which it is known.
 */
export type VariableType = 'text' | 'integer' | 'float' | 'datetime';

/** The origin of a value, in the terms of Define-XML; `Not Available`: the column is required and never filled. */
type VariableOrigin = 'Collected' | 'Derived' | 'Assigned' | 'Protocol' | 'Not Available';

/** SDTM core: required, expected (the column is present, empty where nothing is known) or permissible. */
type VariableCore = 'Req' | 'Exp' | 'Perm';

/** A cell of a dataset; null is an empty one. Floats are strings of digits. */
export type DatasetCell = string | number | null;

/** The cells of a record by the names of their variables; a variable without a cell is empty. */
export type DatasetCells = Readonly<Record<string, DatasetCell>>;

/** A variable as its specification defines it: columns, define.xml and the checks are made from it. */
export interface VariableDefinition {
  readonly name: string;
  readonly label: string;
  readonly type: VariableType;
  readonly core: VariableCore;
  /** Never empty. A required variable that is not mandatory has a comment that explains why it may be empty. */
  readonly isMandatory: boolean;
  readonly role: string;
  readonly origin: VariableOrigin;
  /** Ids of the codelist, the derivation method and the comment; null where there is none. */
  readonly codelist: string | null;
  readonly method: string | null;
  readonly comment: string | null;
}

/** A dataset: its variables in order, and the keys that identify a record. */
export interface DatasetDefinition {
  readonly name: string;
  /** The SDTM domain that it belongs to: LB for SUPPLB. */
  readonly domain: string;
  readonly label: string;
  readonly class: string;
  readonly structure: string;
  /** The variables that are unique together, in their key sequence. */
  readonly keys: readonly string[];
  /** Whether a subject can have more than one record. */
  readonly isRepeating: boolean;
  /** About the trial and not about subjects. */
  readonly isReferenceData: boolean;
  /** The dataset of its supplemental qualifiers; null for every dataset but SUPP--. */
  readonly supplementOf: string | null;
  /** The qualifiers that a SUPP-- dataset may have, in their order; empty for every other dataset. */
  readonly qualifiers: readonly SupplementalQualifier[];
  /** The variable that numbers a subject's records from 1, such as LBSEQ; null where there is none. */
  readonly sequenceVariable: string | null;
  readonly variables: readonly VariableDefinition[];
}
