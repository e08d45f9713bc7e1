import { EVENTS, INTERVENTIONS } from './event-variables.ts';
import { FINDINGS, identifiers, sequence } from './findings-variables.ts';
import { type DatasetDefinition, type VariableLine, variableOf } from './variable.ts';

const RECORD = 'Record Qualifier';
const SYNONYM = 'Synonym Qualifier';

const DM: readonly VariableLine[] = [
  ...identifiers('DM'),
  ['SUBJID', 'Subject Identifier for the Study', 'text', 'Req', 'Topic', 'Assigned'],
  ['RFSTDTC', 'Subject Reference Start Date/Time', 'datetime', 'Exp', RECORD, 'Derived', { method: 'RFST' }],
  ['RFENDTC', 'Subject Reference End Date/Time', 'datetime', 'Exp', RECORD, 'Derived', { method: 'RFEN' }],
  [
    'RFXSTDTC',
    'Date/Time of First Study Treatment',
    'datetime',
    'Exp',
    RECORD,
    'Derived',
    { method: 'RFST' },
  ],
  ['RFXENDTC', 'Date/Time of Last Study Treatment', 'datetime', 'Exp', RECORD, 'Derived', { method: 'RFEN' }],
  ['RFICDTC', 'Date/Time of Informed Consent', 'datetime', 'Exp', RECORD, 'Collected'],
  [
    'RFPENDTC',
    'Date/Time of End of Participation',
    'datetime',
    'Exp',
    RECORD,
    'Derived',
    { method: 'RFPEN' },
  ],
  ['DTHDTC', 'Date/Time of Death', 'datetime', 'Exp', RECORD, 'Collected'],
  ['DTHFL', 'Subject Death Flag', 'text', 'Exp', RECORD, 'Derived', { codelist: 'Y', method: 'DTHFL' }],
  ['SITEID', 'Study Site Identifier', 'text', 'Req', RECORD, 'Assigned'],
  ['AGE', 'Age', 'integer', 'Exp', RECORD, 'Derived', { method: 'AGE' }],
  ['AGEU', 'Age Units', 'text', 'Exp', 'Variable Qualifier', 'Assigned', { codelist: 'AGEU' }],
  ['SEX', 'Sex', 'text', 'Req', RECORD, 'Collected', { codelist: 'SEX', method: 'SEX' }],
  ['RACE', 'Race', 'text', 'Exp', RECORD, 'Collected', { codelist: 'RACE', comment: 'RACE' }],
  ['ETHNIC', 'Ethnicity', 'text', 'Perm', RECORD, 'Collected', { codelist: 'ETHNIC', comment: 'ETHNIC' }],
  ['ARMCD', 'Planned Arm Code', 'text', 'Exp', RECORD, 'Protocol', { comment: 'ARM' }],
  ['ARM', 'Description of Planned Arm', 'text', 'Exp', SYNONYM, 'Protocol', { comment: 'ARM' }],
  ['ACTARMCD', 'Actual Arm Code', 'text', 'Exp', RECORD, 'Derived', { method: 'ACTARM' }],
  ['ACTARM', 'Description of Actual Arm', 'text', 'Exp', SYNONYM, 'Derived', { method: 'ACTARM' }],
  [
    'ARMNRS',
    'Reason Arm and/or Actual Arm is Null',
    'text',
    'Exp',
    RECORD,
    'Derived',
    { codelist: 'ARMNULRS', method: 'ACTARM' },
  ],
  [
    'ACTARMUD',
    'Description of Unplanned Actual Arm',
    'text',
    'Exp',
    SYNONYM,
    'Not Available',
    { comment: 'ARM' },
  ],
  [
    'COUNTRY',
    'Country',
    'text',
    'Req',
    RECORD,
    'Assigned',
    { codelist: 'ISO3166', comment: 'COUNTRY', mayLack: true },
  ],
];

const SV: readonly VariableLine[] = [
  ...identifiers('SV'),
  ['VISITNUM', 'Visit Number', 'float', 'Req', 'Topic', 'Derived', { method: 'VISIT' }],
  ['VISIT', 'Visit Name', 'text', 'Perm', SYNONYM, 'Derived', { method: 'VISIT' }],
  ['SVPRESP', 'Pre-specified', 'text', 'Exp', 'Variable Qualifier', 'Protocol', { codelist: 'Y' }],
  ['SVOCCUR', 'Occurrence', 'text', 'Exp', RECORD, 'Derived', { codelist: 'NY', method: 'SVOCCUR' }],
  ['EPOCH', 'Epoch', 'text', 'Perm', 'Timing', 'Derived', { codelist: 'EPOCH', method: 'EPOCH' }],
  ['SVSTDTC', 'Start Date/Time of Observation', 'datetime', 'Exp', 'Timing', 'Derived', { method: 'SVDTC' }],
  ['SVENDTC', 'End Date/Time of Observation', 'datetime', 'Exp', 'Timing', 'Derived', { method: 'SVDTC' }],
  ['SVSTDY', 'Study Day of Start of Observation', 'integer', 'Perm', 'Timing', 'Derived', { method: 'DY' }],
  ['SVENDY', 'Study Day of End of Observation', 'integer', 'Perm', 'Timing', 'Derived', { method: 'DY' }],
];

const ELEMENT: VariableLine = ['ELEMENT', 'Description of Element', 'text', 'Perm', SYNONYM, 'Protocol'];

const SE: readonly VariableLine[] = [
  ...identifiers('SE'),
  sequence('SE'),
  ['ETCD', 'Element Code', 'text', 'Req', 'Topic', 'Protocol', { codelist: 'ETCD' }],
  ELEMENT,
  ['TAETORD', 'Planned Order of Element within Arm', 'integer', 'Perm', 'Timing', 'Protocol'],
  ['EPOCH', 'Epoch', 'text', 'Perm', 'Timing', 'Protocol', { codelist: 'EPOCH' }],
  ['SESTDTC', 'Start Date/Time of Element', 'datetime', 'Req', 'Timing', 'Derived', { method: 'SEDTC' }],
  ['SEENDTC', 'End Date/Time of Element', 'datetime', 'Exp', 'Timing', 'Derived', { method: 'SEDTC' }],
];

const STUDY: readonly VariableLine[] = [
  ['STUDYID', 'Study Identifier', 'text', 'Req', 'Identifier', 'Protocol'],
];

function design(domain: string): readonly VariableLine[] {
  return [
    ...STUDY,
    [
      'DOMAIN',
      'Domain Abbreviation',
      'text',
      'Req',
      'Identifier',
      'Assigned',
      { codelist: `DOMAIN.${domain}` },
    ],
  ];
}

const TA: readonly VariableLine[] = [
  ...design('TA'),
  ['ARMCD', 'Planned Arm Code', 'text', 'Req', 'Topic', 'Protocol', { comment: 'ARM' }],
  ['ARM', 'Description of Planned Arm', 'text', 'Req', SYNONYM, 'Protocol', { comment: 'ARM' }],
  ['TAETORD', 'Planned Order of Element within Arm', 'integer', 'Req', 'Timing', 'Protocol'],
  ['ETCD', 'Element Code', 'text', 'Req', RECORD, 'Protocol', { codelist: 'ETCD' }],
  ELEMENT,
  ['TABRANCH', 'Branch', 'text', 'Exp', 'Rule', 'Protocol'],
  ['TATRANS', 'Transition Rule', 'text', 'Exp', 'Rule', 'Protocol'],
  ['EPOCH', 'Epoch', 'text', 'Req', 'Timing', 'Protocol', { codelist: 'EPOCH' }],
];

const TE: readonly VariableLine[] = [
  ...design('TE'),
  ['ETCD', 'Element Code', 'text', 'Req', 'Topic', 'Protocol', { codelist: 'ETCD' }],
  ['ELEMENT', 'Description of Element', 'text', 'Req', SYNONYM, 'Protocol'],
  ['TESTRL', 'Rule for Start of Element', 'text', 'Req', 'Rule', 'Protocol'],
  ['TEENRL', 'Rule for End of Element', 'text', 'Perm', 'Rule', 'Protocol'],
];

const TS: readonly VariableLine[] = [
  ...design('TS'),
  ['TSSEQ', 'Sequence Number', 'integer', 'Req', 'Identifier', 'Derived', { method: 'TSSEQ' }],
  [
    'TSPARMCD',
    'Trial Summary Parameter Short Name',
    'text',
    'Req',
    'Topic',
    'Assigned',
    { codelist: 'TSPARMCD' },
  ],
  ['TSPARM', 'Trial Summary Parameter', 'text', 'Req', SYNONYM, 'Assigned', { codelist: 'TSPARM' }],
  ['TSVAL', 'Parameter Value', 'text', 'Exp', 'Result Qualifier', 'Protocol', { comment: 'TSVAL' }],
  [
    'TSVALNF',
    'Parameter Null Flavor',
    'text',
    'Perm',
    'Result Qualifier',
    'Assigned',
    { codelist: 'NULLFLAVOR' },
  ],
  [
    'TSVALCD',
    'Parameter Value Code',
    'text',
    'Exp',
    'Result Qualifier',
    'Not Available',
    { comment: 'TSCODE' },
  ],
  [
    'TSVCDREF',
    'Name of the Reference Terminology',
    'text',
    'Exp',
    'Result Qualifier',
    'Assigned',
    { comment: 'TSCODE' },
  ],
  [
    'TSVCDVER',
    'Version of the Reference Terminology',
    'text',
    'Exp',
    'Result Qualifier',
    'Not Available',
    { comment: 'TSCODE' },
  ],
];

function supplemental(parent: string): DatasetDefinition {
  const lines: readonly VariableLine[] = [
    ...STUDY,
    [
      'RDOMAIN',
      'Related Domain Abbreviation',
      'text',
      'Req',
      'Identifier',
      'Assigned',
      { codelist: `DOMAIN.${parent}` },
    ],
    ['USUBJID', 'Unique Subject Identifier', 'text', 'Req', 'Identifier', 'Derived', { method: 'USUBJID' }],
    ['IDVAR', 'Identifying Variable', 'text', 'Exp', 'Identifier', 'Assigned'],
    ['IDVARVAL', 'Identifying Variable Value', 'text', 'Exp', 'Identifier', 'Assigned'],
    ['QNAM', 'Qualifier Variable Name', 'text', 'Req', 'Topic', 'Assigned', { codelist: 'QNAM' }],
    ['QLABEL', 'Qualifier Variable Label', 'text', 'Req', SYNONYM, 'Assigned', { codelist: 'QLABEL' }],
    ['QVAL', 'Data Value', 'text', 'Req', 'Result Qualifier', 'Collected', { comment: 'QVAL' }],
    ['QORIG', 'Origin', 'text', 'Req', RECORD, 'Assigned', { codelist: 'QORIG' }],
    ['QEVAL', 'Evaluator', 'text', 'Exp', RECORD, 'Not Available', { comment: 'NOTSENT' }],
  ];
  return {
    name: `SUPP${parent}`,
    domain: parent,
    label: `Supplemental Qualifiers for ${parent}`,
    class: 'RELATIONSHIP',
    structure: 'One record per supplemental qualifier per related parent record',
    keys: ['STUDYID', 'RDOMAIN', 'USUBJID', 'IDVAR', 'IDVARVAL', 'QNAM'],
    reference: false,
    variables: lines.map(variableOf),
  };
}

function dataset(
  name: string,
  label: string,
  kind: string,
  structure: string,
  keys: readonly string[],
  lines: readonly VariableLine[],
): DatasetDefinition {
  const reference = kind === 'TRIAL DESIGN';
  return {
    name,
    domain: name,
    label,
    class: kind,
    structure,
    keys,
    reference,
    variables: lines.map(variableOf),
  };
}

/** Datasets that have supplemental qualifiers. */
const SUPPLEMENTED = ['DM', 'EX', 'AE', 'LB', 'RS'];

/** Every dataset of the tabulation, in the order of define.xml: trial design first. */
export const SDTM_DATASETS: readonly DatasetDefinition[] = [
  dataset(
    'TA',
    'Trial Arms',
    'TRIAL DESIGN',
    'One record per planned element per arm',
    ['STUDYID', 'ARMCD', 'TAETORD'],
    TA,
  ),
  dataset('TE', 'Trial Elements', 'TRIAL DESIGN', 'One record per planned element', ['STUDYID', 'ETCD'], TE),
  dataset(
    'TS',
    'Trial Summary',
    'TRIAL DESIGN',
    'One record per trial summary parameter value',
    ['STUDYID', 'TSPARMCD', 'TSSEQ'],
    TS,
  ),
  dataset('DM', 'Demographics', 'SPECIAL PURPOSE', 'One record per subject', ['STUDYID', 'USUBJID'], DM),
  dataset(
    'SE',
    'Subject Elements',
    'SPECIAL PURPOSE',
    'One record per actual element per subject',
    ['STUDYID', 'USUBJID', 'TAETORD', 'SESEQ'],
    SE,
  ),
  dataset(
    'SV',
    'Subject Visits',
    'SPECIAL PURPOSE',
    'One record per visit per subject',
    ['STUDYID', 'USUBJID', 'VISITNUM'],
    SV,
  ),
  ...INTERVENTIONS,
  ...EVENTS,
  ...FINDINGS,
  ...SUPPLEMENTED.map(supplemental),
];
