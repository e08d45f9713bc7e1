import type { DatasetDefinition, VariableLine } from './variable.ts';
import { variableOf } from './variable.ts';

/** Identifiers that begin every dataset about subjects. */
export function identifiers(domain: string): readonly VariableLine[] {
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
export function sequence(domain: string): VariableLine {
  return [`${domain}SEQ`, 'Sequence Number', 'integer', 'Req', 'Identifier', 'Derived', { method: 'SEQ' }];
}

/** The visit, the epoch and the day of a finding. */
function timing(domain: string): readonly VariableLine[] {
  return [
    ['VISITNUM', 'Visit Number', 'float', 'Exp', 'Timing', 'Derived', { method: 'VISIT' }],
    ['VISIT', 'Visit Name', 'text', 'Perm', 'Timing', 'Derived', { method: 'VISIT' }],
    ['EPOCH', 'Epoch', 'text', 'Perm', 'Timing', 'Derived', { codelist: 'EPOCH', method: 'EPOCH' }],
    [`${domain}DTC`, 'Date/Time of Collection', 'datetime', 'Exp', 'Timing', 'Collected', { comment: 'DTC' }],
    [`${domain}DY`, 'Study Day of Collection', 'integer', 'Perm', 'Timing', 'Derived', { method: 'DY' }],
  ];
}

function test(domain: string, codelist: string): readonly VariableLine[] {
  return [
    [`${domain}TESTCD`, 'Test Short Name', 'text', 'Req', 'Topic', 'Assigned', { codelist: `${codelist}CD` }],
    [`${domain}TEST`, 'Test Name', 'text', 'Req', 'Synonym Qualifier', 'Assigned', { codelist }],
  ];
}

const UNIT = { codelist: 'UNIT', comment: 'UNIT' };
const NO_RANGE = { comment: 'NORANGE' };
const RESULT = 'Result Qualifier';
const QUALIFIER = 'Variable Qualifier';

const LB: readonly VariableLine[] = [
  ...identifiers('LB'),
  sequence('LB'),
  ...test('LB', 'LBTEST'),
  ['LBCAT', 'Category for Lab Test', 'text', 'Exp', 'Grouping Qualifier', 'Assigned'],
  ['LBORRES', 'Result or Finding in Original Units', 'text', 'Exp', RESULT, 'Collected'],
  ['LBORRESU', 'Original Units', 'text', 'Exp', QUALIFIER, 'Collected', UNIT],
  [
    'LBORNRLO',
    'Reference Range Lower Limit in Orig Unit',
    'text',
    'Exp',
    QUALIFIER,
    'Not Available',
    NO_RANGE,
  ],
  [
    'LBORNRHI',
    'Reference Range Upper Limit in Orig Unit',
    'text',
    'Exp',
    QUALIFIER,
    'Not Available',
    NO_RANGE,
  ],
  [
    'LBSTRESC',
    'Character Result/Finding in Std Format',
    'text',
    'Exp',
    RESULT,
    'Derived',
    { method: 'STRES' },
  ],
  [
    'LBSTRESN',
    'Numeric Result/Finding in Standard Units',
    'float',
    'Exp',
    RESULT,
    'Derived',
    { method: 'STRES' },
  ],
  ['LBSTRESU', 'Standard Units', 'text', 'Exp', QUALIFIER, 'Assigned', { codelist: 'STDUNIT' }],
  ['LBSTNRLO', 'Reference Range Lower Limit-Std Units', 'float', 'Exp', QUALIFIER, 'Not Available', NO_RANGE],
  ['LBSTNRHI', 'Reference Range Upper Limit-Std Units', 'float', 'Exp', QUALIFIER, 'Not Available', NO_RANGE],
  ['LBNRIND', 'Reference Range Indicator', 'text', 'Exp', QUALIFIER, 'Not Available', NO_RANGE],
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
  ...timing('LB'),
];

const VS: readonly VariableLine[] = [
  ...identifiers('VS'),
  sequence('VS'),
  ...test('VS', 'VSTEST'),
  ['VSORRES', 'Result or Finding in Original Units', 'text', 'Exp', RESULT, 'Collected'],
  ['VSORRESU', 'Original Units', 'text', 'Exp', QUALIFIER, 'Collected', UNIT],
  [
    'VSSTRESC',
    'Character Result/Finding in Std Format',
    'text',
    'Exp',
    RESULT,
    'Derived',
    { method: 'STRES' },
  ],
  [
    'VSSTRESN',
    'Numeric Result/Finding in Standard Units',
    'float',
    'Exp',
    RESULT,
    'Derived',
    { method: 'STRES' },
  ],
  ['VSSTRESU', 'Standard Units', 'text', 'Exp', QUALIFIER, 'Assigned', { codelist: 'STDUNIT' }],
  [
    'VSLOBXFL',
    'Last Observation Before Exposure Flag',
    'text',
    'Exp',
    'Record Qualifier',
    'Derived',
    { codelist: 'Y', method: 'LOBXFL' },
  ],
  ...timing('VS'),
];

const RS: readonly VariableLine[] = [
  ...identifiers('RS'),
  sequence('RS'),
  ...test('RS', 'RSTEST'),
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
    RESULT,
    'Derived',
    { codelist: 'RESPONSE', method: 'RESPONSE' },
  ],
  [
    'RSSTRESC',
    'Response Assessment Result in Std Format',
    'text',
    'Exp',
    RESULT,
    'Derived',
    { codelist: 'RESPONSE', method: 'RESPONSE' },
  ],
  ...timing('RS').map(
    (line): VariableLine =>
      line[0] === 'RSDTC'
        ? [line[0], line[1], line[2], line[3], line[4], 'Derived', { method: 'RSDTC' }]
        : line,
  ),
];

const DD: readonly VariableLine[] = [
  ...identifiers('DD'),
  sequence('DD'),
  ...test('DD', 'DDTEST'),
  ['DDORRES', 'Result or Finding as Collected', 'text', 'Exp', RESULT, 'Collected', { comment: 'CAUSE' }],
  [
    'DDSTRESC',
    'Character Result/Finding in Std Format',
    'text',
    'Exp',
    RESULT,
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

function findings(
  domain: string,
  label: string,
  structure: string,
  keys: readonly string[],
  lines: readonly VariableLine[],
): DatasetDefinition {
  const all = ['STUDYID', 'USUBJID', ...keys, `${domain}SEQ`];
  const variables = lines.map(variableOf);
  return {
    name: domain,
    domain,
    label,
    class: 'FINDINGS',
    structure,
    keys: all,
    reference: false,
    variables,
  };
}

/** Laboratory results, weights, responses and causes of death. */
export const FINDINGS: readonly DatasetDefinition[] = [
  findings(
    'LB',
    'Laboratory Test Results',
    'One record per lab test per time point per subject',
    ['LBTESTCD', 'LBDTC', 'VISITNUM'],
    LB,
  ),
  findings(
    'VS',
    'Vital Signs',
    'One record per vital sign per time point per subject',
    ['VSTESTCD', 'VSDTC', 'VISITNUM'],
    VS,
  ),
  findings(
    'RS',
    'Disease Response and Clin Classification',
    'One record per response assessment per visit per subject',
    ['RSTESTCD', 'RSCAT', 'VISITNUM', 'RSDTC'],
    RS,
  ),
  findings('DD', 'Death Details', 'One record per finding per subject', ['DDTESTCD', 'DDDTC'], DD),
];
