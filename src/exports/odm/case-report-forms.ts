import {
  resolveCodelist,
  SUPPLEMENTAL_QUALIFIERS,
  type SupplementalQualifier,
} from '../tabulation/codelists.ts';
import type {
  DatasetDefinition,
  VariableDefinition,
  VariableType,
} from '../tabulation/dataset-definition.ts';
import { SDTM_DATASETS } from '../tabulation/sdtm-datasets.ts';

/** A field of a form; it holds what the SDTM variable (or supplemental qualifier) of the same name holds. */
export interface FormField {
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
export interface CaseReportForm {
  readonly name: string;
  readonly label: string;
  readonly dataset: DatasetDefinition;
  readonly repeating: boolean;
  /** `visit`: at the visit that the record belongs to; else in the event of that name. */
  readonly event: 'baseline' | 'visit' | 'course';
  readonly fields: readonly FormField[];
}

function resolveDataset(name: string): DatasetDefinition {
  const found = SDTM_DATASETS.find((dataset) => dataset.name === name);
  if (!found) throw new Error(`there is no dataset ${name}`);
  return found;
}

function toFormField({
  name,
  label,
  type,
  codelist,
  core,
  mayBeEmpty: mayLack,
}: VariableDefinition): FormField {
  const closed = codelist !== null && resolveCodelist(codelist).terms !== null;
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

function toQualifierField(name: SupplementalQualifier): FormField {
  const label = SUPPLEMENTAL_QUALIFIERS[name];
  return { name: name.toLowerCase(), variable: name, label, type: 'text', codelist: null, required: false };
}

/** What every dataset shares, or what follows from the form's place. */
const IMPLIED_VARIABLES =
  /^(STUDYID|DOMAIN|USUBJID|SUBJID|VISITNUM|VISIT|EPOCH|..SEQ|..TEST|ACTARM|ARM|AGEU)$/;

type FormPlacement = Pick<CaseReportForm, 'event' | 'repeating'>;

function defineForm(
  name: string,
  label: string,
  of: string,
  place: FormPlacement,
  more: readonly SupplementalQualifier[] = [],
): CaseReportForm {
  const dataset = resolveDataset(of);
  const held = dataset.variables.filter(
    (variable) => variable.origin !== 'Not Available' && !IMPLIED_VARIABLES.test(variable.name),
  );
  return {
    name,
    label,
    dataset,
    ...place,
    fields: [...held.map(toFormField), ...more.map(toQualifierField)],
  };
}

const ON_COURSE = { event: 'course', repeating: true } as const;
const AT_VISIT = { event: 'visit', repeating: true } as const;

/** The forms, from the table of variables of SDTM. */
export const CASE_REPORT_FORMS: readonly CaseReportForm[] = [
  defineForm('demographics', 'Demographics', 'DM', { event: 'baseline', repeating: false }, [
    'AASEV',
    ...(['RACE1', 'RACE2', 'RACE3', 'RACE4', 'RACE5'] as const),
  ]),
  defineForm('labs', 'Laboratory results', 'LB', AT_VISIT, ['LBRSTAT', 'LBCNTMTH']),
  defineForm('weights', 'Weights', 'VS', AT_VISIT),
  defineForm('responses', 'Responses', 'RS', AT_VISIT, ['RSASSTAT']),
  defineForm('infusions', 'Infusions', 'EX', ON_COURSE, ['EXTOTAL', 'EXSTATUS']),
  defineForm('transfusions', 'Transfusions', 'PR', ON_COURSE),
  defineForm('medications', 'Medications', 'CM', ON_COURSE),
  defineForm('adverse_events', 'Adverse events', 'AE', ON_COURSE, ['AESYS', 'AECODE']),
  defineForm('conditions', 'Conditions', 'MH', ON_COURSE),
  defineForm('dispositions', 'Disposition', 'DS', ON_COURSE),
];
