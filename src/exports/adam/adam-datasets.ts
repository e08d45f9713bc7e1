import {
  type DatasetDefinition,
  toVariableDefinition,
  type VariableSpecification,
} from '../tabulation/dataset-definition.ts';

const SUBJECT_VARIABLES: readonly VariableSpecification[] = [
  ['STUDYID', 'Study Identifier', 'text', 'Req', 'Identifier', 'Protocol'],
  ['USUBJID', 'Unique Subject Identifier', 'text', 'Req', 'Identifier', 'Derived'],
];

const ADSL: readonly VariableSpecification[] = [
  ...SUBJECT_VARIABLES,
  ['SUBJID', 'Subject Identifier for the Study', 'text', 'Req', 'Identifier', 'Assigned'],
  ['SITEID', 'Study Site Identifier', 'text', 'Req', 'Identifier', 'Assigned'],
  ['AGE', 'Age', 'integer', 'Exp', 'Demographics', 'Derived'],
  ['AGEU', 'Age Units', 'text', 'Exp', 'Demographics', 'Assigned', { codelist: 'AGEU' }],
  ['SEX', 'Sex', 'text', 'Req', 'Demographics', 'Collected', { codelist: 'SEX' }],
  ['RACE', 'Race', 'text', 'Exp', 'Demographics', 'Collected', { codelist: 'RACE' }],
  ['ETHNIC', 'Ethnicity', 'text', 'Perm', 'Demographics', 'Collected', { codelist: 'ETHNIC' }],
  ['COUNTRY', 'Country', 'text', 'Exp', 'Demographics', 'Assigned', { codelist: 'ISO3166' }],
  ['ARM', 'Description of Planned Arm', 'text', 'Req', 'Treatment', 'Protocol'],
  ['TRT01P', 'Planned Treatment for Period 01', 'text', 'Req', 'Treatment', 'Protocol'],
  ['TRT01A', 'Actual Treatment for Period 01', 'text', 'Exp', 'Treatment', 'Derived'],
  ['ITTFL', 'Intent-To-Treat Population Flag', 'text', 'Req', 'Population', 'Derived', { codelist: 'NY' }],
  ['SAFFL', 'Safety Population Flag', 'text', 'Req', 'Population', 'Derived', { codelist: 'NY' }],
  ['TRTSDT', 'Date of First Exposure to Treatment', 'datetime', 'Exp', 'Treatment', 'Derived'],
  ['TRTEDT', 'Date of Last Exposure to Treatment', 'datetime', 'Exp', 'Treatment', 'Derived'],
  ['INFUSN', 'Number of Infusions Given', 'integer', 'Req', 'Treatment', 'Derived'],
  ['RFICDT', 'Date of Informed Consent', 'datetime', 'Exp', 'Trial', 'Collected'],
  ['AASEV', 'Severity of Aplastic Anemia at Baseline', 'text', 'Req', 'Baseline', 'Derived'],
  ['BESTRESP', 'Best Overall Response', 'text', 'Req', 'Response', 'Derived', { codelist: 'RESPONSE' }],
  ['BRSTAT', 'Status of Best Overall Response', 'text', 'Req', 'Response', 'Derived'],
  ['RESPFL', 'Responder Flag', 'text', 'Req', 'Response', 'Derived', { codelist: 'NY' }],
  ['DTHFL', 'Subject Death Flag', 'text', 'Exp', 'Trial', 'Derived', { codelist: 'Y' }],
  ['DTHDT', 'Date of Death', 'datetime', 'Exp', 'Trial', 'Derived'],
  ['LSTALVDT', 'Date Last Known Alive', 'datetime', 'Exp', 'Trial', 'Derived'],
];

const PARAMETER_VARIABLES: readonly VariableSpecification[] = [
  ['PARAMCD', 'Parameter Code', 'text', 'Req', 'Parameter', 'Assigned'],
  ['PARAM', 'Parameter', 'text', 'Req', 'Parameter', 'Assigned'],
];

const ADRS: readonly VariableSpecification[] = [
  ...SUBJECT_VARIABLES,
  ...PARAMETER_VARIABLES,
  ['PARCAT1', 'Parameter Category 1', 'text', 'Req', 'Parameter', 'Protocol'],
  ['AVISIT', 'Analysis Visit', 'text', 'Exp', 'Timing', 'Derived'],
  ['AVISITN', 'Analysis Visit (N)', 'float', 'Exp', 'Timing', 'Derived'],
  ['ADT', 'Analysis Date', 'datetime', 'Req', 'Timing', 'Derived'],
  ['ADY', 'Analysis Relative Day', 'integer', 'Exp', 'Timing', 'Derived'],
  ['AVAL', 'Analysis Value', 'integer', 'Req', 'Analysis', 'Derived'],
  ['AVALC', 'Analysis Value (C)', 'text', 'Req', 'Analysis', 'Derived', { codelist: 'RESPONSE' }],
  ['ASTAT', 'Status of Assessment', 'text', 'Req', 'Analysis', 'Derived'],
];

const ADTTE: readonly VariableSpecification[] = [
  ...SUBJECT_VARIABLES,
  ...PARAMETER_VARIABLES,
  ['PARCAT1', 'Parameter Category 1', 'text', 'Exp', 'Parameter', 'Protocol'],
  ['STARTDT', 'Time-to-Event Origin Date for Subject', 'datetime', 'Req', 'Timing', 'Derived'],
  ['ADT', 'Analysis Date', 'datetime', 'Req', 'Timing', 'Derived'],
  ['AVAL', 'Days from First Infusion', 'integer', 'Req', 'Analysis', 'Derived'],
  ['AVALU', 'Analysis Value Unit', 'text', 'Req', 'Analysis', 'Assigned'],
  ['CNSR', 'Censor', 'integer', 'Req', 'Analysis', 'Derived'],
  ['EVNTDESC', 'Event or Censoring Description', 'text', 'Req', 'Analysis', 'Derived'],
];

function defineAnalysisDataset(
  name: string,
  label: string,
  kind: string,
  keys: readonly string[],
  lines: readonly VariableSpecification[],
): DatasetDefinition {
  const structure =
    keys.length === 0 ? 'One record per subject' : 'One record per parameter per visit per subject';
  const all = ['STUDYID', 'USUBJID', ...keys];
  const variables = lines.map(toVariableDefinition);
  return { name, domain: name, label, class: kind, structure, keys: all, isReferenceData: false, variables };
}

/** Subjects, responses and times to response and death, as a statistician analyses them. */
export const ADAM_DATASETS: readonly DatasetDefinition[] = [
  defineAnalysisDataset('ADSL', 'Subject-Level Analysis Dataset', 'SUBJECT LEVEL ANALYSIS DATASET', [], ADSL),
  defineAnalysisDataset(
    'ADRS',
    'Response Analysis Dataset',
    'BASIC DATA STRUCTURE',
    ['PARAMCD', 'AVISITN'],
    ADRS,
  ),
  defineAnalysisDataset(
    'ADTTE',
    'Time-to-Event Analysis Dataset',
    'BASIC DATA STRUCTURE',
    ['PARAMCD'],
    ADTTE,
  ),
];
