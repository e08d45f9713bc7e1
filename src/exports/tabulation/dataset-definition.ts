/**
 * How a variable's cells are written: `float` is a string of digits that is written as it stands, `datetime` an
 * ISO 8601 date or time in the precision in which it is known.
 */
export type VariableType = 'text' | 'integer' | 'float' | 'datetime';

/** Where a value comes from, in Define-XML's words; `Not Available` is a variable that must stand and is never filled. */
export type VariableOrigin = 'Collected' | 'Derived' | 'Assigned' | 'Protocol' | 'Not Available';

/** Required: never empty. Expected: the column stands, empty where nothing is known. */
export type VariableCore = 'Req' | 'Exp' | 'Perm';

/** A cell of a dataset; null is an empty one. Floats are strings of digits. */
export type DatasetCell = string | number | null;

export type DatasetCells = Readonly<Record<string, DatasetCell>>;

/** Everything that is said of a variable: columns, define.xml and the checks are made from it. */
export interface VariableDefinition {
  readonly name: string;
  readonly label: string;
  readonly type: VariableType;
  readonly core: VariableCore;
  readonly role: string;
  readonly origin: VariableOrigin;
  readonly codelist: string | null;
  readonly method: string | null;
  readonly comment: string | null;
  /** Required by the standard and yet empty where the study holds no such data; the comment says why. */
  readonly mayBeEmpty: boolean;
}

/** A variable as the tables write it: name, label, type, core, role, origin, and what only some have. */
export type VariableSpecification = readonly [
  name: string,
  label: string,
  type: VariableType,
  core: VariableCore,
  role: string,
  origin: VariableOrigin,
  more?: {
    readonly codelist?: string;
    readonly method?: string;
    readonly comment?: string;
    readonly mayBeEmpty?: boolean;
  },
];

/** The variable that a line of a table stands for. */
export function toVariableDefinition([
  name,
  label,
  type,
  core,
  role,
  origin,
  more = {},
]: VariableSpecification): VariableDefinition {
  const { codelist = null, method = null, comment = null, mayBeEmpty: mayLack = false } = more;
  return { name, label, type, core, role, origin, codelist, method, comment, mayBeEmpty: mayLack };
}

/** A dataset: its variables in order, and the ones that together are unique. */
export interface DatasetDefinition {
  readonly name: string;
  /** The SDTM domain it belongs to: for SUPPLB it is LB. */
  readonly domain: string;
  readonly label: string;
  readonly class: string;
  readonly structure: string;
  readonly keys: readonly string[];
  /** Says something of the study and not of subjects. */
  readonly isReferenceData: boolean;
  readonly variables: readonly VariableDefinition[];
}
