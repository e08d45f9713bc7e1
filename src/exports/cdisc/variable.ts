/**
 * How a variable's cells are written: `float` is a string of digits that is written as it stands, `datetime` an
 * ISO 8601 date or time in the precision in which it is known.
 */
export type VariableType = 'text' | 'integer' | 'float' | 'datetime';

/** Where a value comes from, in Define-XML's words; `Not Available` is a variable that must stand and is never filled. */
export type Origin = 'Collected' | 'Derived' | 'Assigned' | 'Protocol' | 'Not Available';

/** Required: never empty. Expected: the column stands, empty where nothing is known. */
export type Core = 'Req' | 'Exp' | 'Perm';

/** A cell of a dataset; null is an empty one. Floats are strings of digits. */
export type Cell = string | number | null;

export type Cells = Readonly<Record<string, Cell>>;

/** Everything that is said of a variable: columns, define.xml and the checks are made from it. */
export interface Variable {
  readonly name: string;
  readonly label: string;
  readonly type: VariableType;
  readonly core: Core;
  readonly role: string;
  readonly origin: Origin;
  readonly codelist: string | null;
  readonly method: string | null;
  readonly comment: string | null;
  /** Required by the standard and yet empty where the study holds no such data; the comment says why. */
  readonly mayLack: boolean;
}

/** A variable as the tables write it: name, label, type, core, role, origin, and what only some have. */
export type VariableLine = readonly [
  name: string,
  label: string,
  type: VariableType,
  core: Core,
  role: string,
  origin: Origin,
  more?: {
    readonly codelist?: string;
    readonly method?: string;
    readonly comment?: string;
    readonly mayLack?: boolean;
  },
];

/** The variable that a line of a table stands for. */
export function variableOf([name, label, type, core, role, origin, more = {}]: VariableLine): Variable {
  const { codelist = null, method = null, comment = null, mayLack = false } = more;
  return { name, label, type, core, role, origin, codelist, method, comment, mayLack };
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
  readonly reference: boolean;
  readonly variables: readonly Variable[];
}
