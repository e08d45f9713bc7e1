import { codelistOf, QUALIFIERS, type Qualifier } from '../cdisc/codelists.ts';
import { SDTM_DATASETS } from '../cdisc/study-variables.ts';
import type { DatasetDefinition, Variable, VariableType } from '../cdisc/variable.ts';

/** A field of a form; it holds what the SDTM variable (or supplemental qualifier) of the same name holds. */
export interface Field {
  /** Lower-case name of the variable, such as `lborres`. */
  readonly name: string;
  readonly variable: string;
  readonly label: string;
  readonly type: VariableType;
  /** Id of the codelist; null where any value may stand. */
  readonly codelist: string | null;
  readonly required: boolean;
}

/** A form of a data capture system: one dataset's variables, without what the form's place already says. */
export interface Form {
  readonly name: string;
  readonly label: string;
  readonly dataset: DatasetDefinition;
  readonly repeating: boolean;
  /** `visit`: at the visit that the record belongs to; else in the event of that name. */
  readonly event: 'baseline' | 'visit' | 'course';
  readonly fields: readonly Field[];
}

function datasetOf(name: string): DatasetDefinition {
  const found = SDTM_DATASETS.find((dataset) => dataset.name === name);
  if (!found) throw new Error(`there is no dataset ${name}`);
  return found;
}

function fieldOf({ name, label, type, codelist, core, mayLack }: Variable): Field {
  const closed = codelist !== null && codelistOf(codelist).terms !== null;
  const required = core === 'Req' && !mayLack;
  return {
    name: name.toLowerCase(),
    variable: name,
    label,
    type,
    codelist: closed ? codelist : null,
    required,
  };
}

function qualifierField(name: Qualifier): Field {
  const label = QUALIFIERS[name];
  return { name: name.toLowerCase(), variable: name, label, type: 'text', codelist: null, required: false };
}

/** What every dataset shares, or what follows from the form's place. */
const LEFT_OUT = /^(STUDYID|DOMAIN|USUBJID|SUBJID|VISITNUM|VISIT|EPOCH|..SEQ|..TEST|ACTARM|ARM|AGEU)$/;

type Place = Pick<Form, 'event' | 'repeating'>;

function form(name: string, label: string, of: string, place: Place, more: readonly Qualifier[] = []): Form {
  const dataset = datasetOf(of);
  const held = dataset.variables.filter(
    (variable) => variable.origin !== 'Not Available' && !LEFT_OUT.test(variable.name),
  );
  return { name, label, dataset, ...place, fields: [...held.map(fieldOf), ...more.map(qualifierField)] };
}

const COURSE = { event: 'course', repeating: true } as const;
const VISIT = { event: 'visit', repeating: true } as const;

/** The forms, from the table of variables of SDTM. */
export const FORMS: readonly Form[] = [
  form('demographics', 'Demographics', 'DM', { event: 'baseline', repeating: false }, [
    'AASEV',
    ...(['RACE1', 'RACE2', 'RACE3', 'RACE4', 'RACE5'] as const),
  ]),
  form('labs', 'Laboratory results', 'LB', VISIT, ['LBRSTAT', 'LBCNTMTH']),
  form('weights', 'Weights', 'VS', VISIT),
  form('responses', 'Responses', 'RS', VISIT, ['RSASSTAT']),
  form('infusions', 'Infusions', 'EX', COURSE, ['EXTOTAL', 'EXSTATUS']),
  form('transfusions', 'Transfusions', 'PR', COURSE),
  form('medications', 'Medications', 'CM', COURSE),
  form('adverse_events', 'Adverse events', 'AE', COURSE, ['AESYS', 'AECODE']),
  form('conditions', 'Conditions', 'MH', COURSE),
  form('dispositions', 'Disposition', 'DS', COURSE),
];
