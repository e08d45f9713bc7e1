import type { DatasetDefinition, VariableSpecification } from './dataset-definition.ts';
import { toVariableDefinition } from './dataset-definition.ts';

/** Identifiers that begin every dataset about subjects. */
export function listIdentifierVariables(domain: string): readonly VariableSpecification[] {
  return [
    ['STUDYID', 'Study Identifier', 'text', 'Req', 'Identifier', 'Protocol'],
    [
      'DOMAIN',
      'Domain Abbreviation',
      'text',
      'Req',
      'Identifier',
      'Assigned',
      { codelist: `DOMAIN.${domain}` },
    ],
    ['USUBJID', 'Unique Subject Identifier', 'text', 'Req', 'Identifier', 'Derived', { method: 'USUBJID' }],
  ];
}

/** The sequence number of a dataset with several records per subject. */
export function specifySequenceVariable(domain: string): VariableSpecification {
  return [`${domain}SEQ`, 'Sequence Number', 'integer', 'Req', 'Identifier', 'Derived', { method: 'SEQ' }];
}

/** The visit, the epoch and the day of a finding. */
function listFindingTimingVariables(domain: string): readonly VariableSpecification[] {
  return [
    ['VISITNUM', 'Visit Number', 'float', 'Exp', 'Timing', 'Derived', { method: 'VISIT' }],
    ['VISIT', 'Visit Name', 'text', 'Perm', 'Timing', 'Derived', { method: 'VISIT' }],
    ['EPOCH', 'Epoch', 'text', 'Perm', 'Timing', 'Derived', { codelist: 'EPOCH', method: 'EPOCH' }],
    [`${domain}DTC`, 'Date/Time of Collection', 'datetime', 'Exp', 'Timing', 'Collected', { comment: 'DTC' }],
    [`${domain}DY`, 'Study Day of Collection', 'integer', 'Perm', 'Timing', 'Derived', { method: 'DY' }],
  ];
}

function listTestVariables(domain: string, codelist: string): readonly VariableSpecification[] {
  return [
    [`${domain}TESTCD`, 'Test Short Name', 'text', 'Req', 'Topic', 'Assigned', { codelist: `${codelist}CD` }],
    [`${domain}TEST`, 'Test Name', 'text', 'Req', 'Synonym Qualifier', 'Assigned', { codelist }],
  ];
}

const UNIT_CODELIST = { codelist: 'UNIT', comment: 'UNIT' };
const NO_RANGE_COMMENT = { comment: 'NORANGE' };
const RESULT_QUALIFIER = 'Result Qualifier';
const VARIABLE_QUALIFIER = 'Variable Qualifier';

const LB: readonly VariableSpecification[] = [
  ...listIdentifierVariables('LB'),
  specifySequenceVariable('LB'),
  ...listTestVariables('LB', 'LBTEST'),
  ['LBCAT', 'Category for Lab Test', 'text', 'Exp', 'Grouping Qualifier', 'Assigned'],
  ['LBORRES', 'Result or Finding in Original Units', 'text', 'Exp', RESULT_QUALIFIER, 'Collected'],
  ['LBORRESU', 'Original Units', 'text', 'Exp', VARIABLE_QUALIFIER, 'Collected', UNIT_CODELIST],
  [
    'LBORNRLO',
    'Reference Range Lower Limit in Orig Unit',
    'text',
    'Exp',
    VARIABLE_QUALIFIER,
    'Not Available',
    NO_RANGE_COMMENT,
  ],
  [
    'LBORNRHI',
    'Reference Range Upper Limit in Orig Unit',
    'text',
    'Exp',
    VARIABLE_QUALIFIER,
    'Not Available',
    NO_RANGE_COMMENT,
  ],
  [
    'LBSTRESC',
    'Character Result/Finding in Std Format',
    'text',
    'Exp',
    RESULT_QUALIFIER,
    'Derived',
    { method: 'STRES' },
  ],
  [
    'LBSTRESN',
    'Numeric Result/Finding in Standard Units',
    'float',
    'Exp',
    RESULT_QUALIFIER,
    'Derived',
    { method: 'STRES' },
  ],
  ['LBSTRESU', 'Standard Units', 'text', 'Exp', VARIABLE_QUALIFIER, 'Assigned', { codelist: 'STDUNIT' }],
  [
    'LBSTNRLO',
    'Reference Range Lower Limit-Std Units',
    'float',
    'Exp',
    VARIABLE_QUALIFIER,
    'Not Available',
    NO_RANGE_COMMENT,
  ],
  [
    'LBSTNRHI',
    'Reference Range Upper Limit-Std Units',
    'float',
    'Exp',
    VARIABLE_QUALIFIER,
    'Not Available',
    NO_RANGE_COMMENT,
  ],
  [
    'LBNRIND',
    'Reference Range Indicator',
    'text',
    'Exp',
    VARIABLE_QUALIFIER,
    'Not Available',
    NO_RANGE_COMMENT,
  ],
  [
    'LBSTAT',
    'Completion Status',
    'text',
    'Perm',
    'Record Qualifier',
    'Derived',
    { codelist: 'ND', method: 'STAT' },
  ],
  ['LBREASND', 'Reason Test Not Done', 'text', 'Perm', 'Record Qualifier', 'Collected'],
  [
    'LBLOBXFL',
    'Last Observation Before Exposure Flag',
    'text',
    'Exp',
    'Record Qualifier',
    'Derived',
    { codelist: 'Y', method: 'LOBXFL' },
  ],
  ...listFindingTimingVariables('LB'),
];

const VS: readonly VariableSpecification[] = [
  ...listIdentifierVariables('VS'),
  specifySequenceVariable('VS'),
  ...listTestVariables('VS', 'VSTEST'),
  ['VSORRES', 'Result or Finding in Original Units', 'text', 'Exp', RESULT_QUALIFIER, 'Collected'],
  ['VSORRESU', 'Original Units', 'text', 'Exp', VARIABLE_QUALIFIER, 'Collected', UNIT_CODELIST],
  [
    'VSSTRESC',
    'Character Result/Finding in Std Format',
    'text',
    'Exp',
    RESULT_QUALIFIER,
    'Derived',
    { method: 'STRES' },
  ],
  [
    'VSSTRESN',
    'Numeric Result/Finding in Standard Units',
    'float',
    'Exp',
    RESULT_QUALIFIER,
    'Derived',
    { method: 'STRES' },
  ],
  ['VSSTRESU', 'Standard Units', 'text', 'Exp', VARIABLE_QUALIFIER, 'Assigned', { codelist: 'STDUNIT' }],
  [
    'VSLOBXFL',
    'Last Observation Before Exposure Flag',
    'text',
    'Exp',
    'Record Qualifier',
    'Derived',
    { codelist: 'Y', method: 'LOBXFL' },
  ],
  ...listFindingTimingVariables('VS'),
];

const RS: readonly VariableSpecification[] = [
  ...listIdentifierVariables('RS'),
  specifySequenceVariable('RS'),
  ...listTestVariables('RS', 'RSTEST'),
  [
    'RSCAT',
    'Category for Response',
    'text',
    'Exp',
    'Grouping Qualifier',
    'Protocol',
    { codelist: 'RSCAT', comment: 'RSCAT' },
  ],
  [
    'RSORRES',
    'Response Assessment Original Result',
    'text',
    'Exp',
    RESULT_QUALIFIER,
    'Derived',
    { codelist: 'RESPONSE', method: 'RESPONSE' },
  ],
  [
    'RSSTRESC',
    'Response Assessment Result in Std Format',
    'text',
    'Exp',
    RESULT_QUALIFIER,
    'Derived',
    { codelist: 'RESPONSE', method: 'RESPONSE' },
  ],
  ...listFindingTimingVariables('RS').map(
    (line): VariableSpecification =>
      line[0] === 'RSDTC'
        ? [line[0], line[1], line[2], line[3], line[4], 'Derived', { method: 'RSDTC' }]
        : line,
  ),
];

const DD: readonly VariableSpecification[] = [
  ...listIdentifierVariables('DD'),
  specifySequenceVariable('DD'),
  ...listTestVariables('DD', 'DDTEST'),
  [
    'DDORRES',
    'Result or Finding as Collected',
    'text',
    'Exp',
    RESULT_QUALIFIER,
    'Collected',
    { comment: 'CAUSE' },
  ],
  [
    'DDSTRESC',
    'Character Result/Finding in Std Format',
    'text',
    'Exp',
    RESULT_QUALIFIER,
    'Assigned',
    { comment: 'CAUSE' },
  ],
  [
    'DDSTAT',
    'Completion Status',
    'text',
    'Perm',
    'Record Qualifier',
    'Derived',
    { codelist: 'ND', method: 'STAT' },
  ],
  ['DDREASND', 'Reason Not Done', 'text', 'Perm', 'Record Qualifier', 'Assigned'],
  ['DDDTC', 'Date/Time of Collection', 'datetime', 'Exp', 'Timing', 'Collected', { comment: 'DTC' }],
  ['DDDY', 'Study Day of Collection', 'integer', 'Perm', 'Timing', 'Derived', { method: 'DY' }],
];

function defineFindingsDataset(
  domain: string,
  label: string,
  structure: string,
  keys: readonly string[],
  lines: readonly VariableSpecification[],
): DatasetDefinition {
  const all = ['STUDYID', 'USUBJID', ...keys, `${domain}SEQ`];
  const variables = lines.map(toVariableDefinition);
  return {
    name: domain,
    domain,
    label,
    class: 'FINDINGS',
    structure,
    keys: all,
    isReferenceData: false,
    variables,
  };
}

/** Laboratory results, weights, responses and causes of death. */
export const FINDINGS_DATASETS: readonly DatasetDefinition[] = [
  defineFindingsDataset(
    'LB',
    'Laboratory Test Results',
    'One record per lab test per time point per subject',
    ['LBTESTCD', 'LBDTC', 'VISITNUM'],
    LB,
  ),
  defineFindingsDataset(
    'VS',
    'Vital Signs',
    'One record per vital sign per time point per subject',
    ['VSTESTCD', 'VSDTC', 'VISITNUM'],
    VS,
  ),
  defineFindingsDataset(
    'RS',
    'Disease Response and Clin Classification',
    'One record per response assessment per visit per subject',
    ['RSTESTCD', 'RSCAT', 'VISITNUM', 'RSDTC'],
    RS,
  ),
  defineFindingsDataset(
    'DD',
    'Death Details',
    'One record per finding per subject',
    ['DDTESTCD', 'DDDTC'],
    DD,
  ),
];
