import { resolveCodelist } from '../tabulation/codelists.ts';
import type {
  DatasetDefinition,
  VariableDefinition,
  VariableType,
} from '../tabulation/dataset-definition.ts';
import { findSupplement, SDTM_DATASETS } from '../tabulation/sdtm-datasets.ts';
import type { SupplementalQualifier } from '../tabulation/supplemental-qualifiers.ts';

/** A field of a form, with the value of the SDTM variable (or supplemental qualifier) of the same name. */
export interface FormField {
  /** Lower-case name of the variable, such as `lborres`. */
  readonly name: string;
  readonly variable: string;
  readonly label: string;
  readonly type: VariableType;
  /** Id of the codelist; null where any value is allowed. */
  readonly codelist: string | null;
  readonly required: boolean;
}

/** A form of a data capture system: the variables of one dataset that a person would fill in. */
export interface CaseReportForm {
  readonly name: string;
  readonly label: string;
  readonly dataset: DatasetDefinition;
  readonly repeating: boolean;
  /** `visit`: in the event of the record's visit; else in the event of that name. */
  readonly event: 'baseline' | 'visit' | 'course';
  readonly fields: readonly FormField[];
}

function resolveDataset(name: string): DatasetDefinition {
  const dataset = SDTM_DATASETS.find((candidate) => candidate.name === name);
  if (!dataset) throw new Error(`there is no dataset ${name}`);
  return dataset;
}

function toFormField({ name, label, type, codelist, isMandatory }: VariableDefinition): FormField {
  const isClosed = codelist !== null && resolveCodelist(codelist).terms !== null;
  return {
    name: name.toLowerCase(),
    variable: name,
    label,
    type,
    codelist: isClosed ? codelist : null,
    required: isMandatory,
  };
}

function toQualifierField({ name, label }: SupplementalQualifier): FormField {
  return { name: name.toLowerCase(), variable: name, label, type: 'text', codelist: null, required: false };
}

/** Variables that every dataset shares, or that follow from the form's place or from another field. */
const IMPLIED_VARIABLES = new Set([
  'STUDYID',
  'DOMAIN',
  'USUBJID',
  'SUBJID',
  'VISITNUM',
  'VISIT',
  'EPOCH',
  'ACTARM',
  'ARM',
  'AGEU',
]);

/** Whether a person fills the variable in. Sequence numbers and the names of tests follow from other fields. */
function isEnteredVariable(
  dataset: DatasetDefinition,
  { name, origin, codelist }: VariableDefinition,
): boolean {
  const isPairedName = codelist !== null && resolveCodelist(codelist).pairedWith !== null;
  const isImplied = IMPLIED_VARIABLES.has(name) || name === dataset.sequenceVariable || isPairedName;
  return origin !== 'Not Available' && !isImplied;
}

type FormPlacement = Pick<CaseReportForm, 'event' | 'repeating'>;

function defineForm(
  name: string,
  label: string,
  datasetName: string,
  placement: FormPlacement,
): CaseReportForm {
  const dataset = resolveDataset(datasetName);
  const variables = dataset.variables.filter((variable) => isEnteredVariable(dataset, variable));
  const qualifiers = findSupplement(datasetName)?.qualifiers ?? [];
  return {
    name,
    label,
    dataset,
    ...placement,
    fields: [...variables.map(toFormField), ...qualifiers.map(toQualifierField)],
  };
}

const ON_COURSE = { event: 'course', repeating: true } as const;
const AT_VISIT = { event: 'visit', repeating: true } as const;

/** The forms, from the specifications of the SDTM datasets. */
export const CASE_REPORT_FORMS: readonly CaseReportForm[] = [
  defineForm('demographics', 'Demographics', 'DM', { event: 'baseline', repeating: false }),
  defineForm('labs', 'Laboratory results', 'LB', AT_VISIT),
  defineForm('weights', 'Weights', 'VS', AT_VISIT),
  defineForm('responses', 'Responses', 'RS', AT_VISIT),
  defineForm('infusions', 'Infusions', 'EX', ON_COURSE),
  defineForm('transfusions', 'Transfusions', 'PR', ON_COURSE),
  defineForm('medications', 'Medications', 'CM', ON_COURSE),
  defineForm('adverse_events', 'Adverse events', 'AE', ON_COURSE),
  defineForm('conditions', 'Conditions', 'MH', ON_COURSE),
  defineForm('dispositions', 'Disposition', 'DS', ON_COURSE),
];
