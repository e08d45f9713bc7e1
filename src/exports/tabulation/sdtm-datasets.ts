import {
  type DatasetDefinition,
  toVariableDefinition,
  type VariableSpecification,
} from './dataset-definition.ts';
import { EVENT_DATASETS, INTERVENTION_DATASETS } from './event-datasets.ts';
import { FINDINGS_DATASETS, listIdentifierVariables, specifySequenceVariable } from './findings-datasets.ts';

const RECORD_QUALIFIER = 'Record Qualifier';
const SYNONYM_QUALIFIER = 'Synonym Qualifier';

const DM: readonly VariableSpecification[] = [
  ...listIdentifierVariables('DM'),
  ['SUBJID', 'Subject Identifier for the Study', 'text', 'Req', 'Topic', 'Assigned'],
  [
    'RFSTDTC',
    'Subject Reference Start Date/Time',
    'datetime',
    'Exp',
    RECORD_QUALIFIER,
    'Derived',
    { method: 'RFST' },
  ],
  [
    'RFENDTC',
    'Subject Reference End Date/Time',
    'datetime',
    'Exp',
    RECORD_QUALIFIER,
    'Derived',
    { method: 'RFEN' },
  ],
  [
    'RFXSTDTC',
    'Date/Time of First Study Treatment',
    'datetime',
    'Exp',
    RECORD_QUALIFIER,
    'Derived',
    { method: 'RFST' },
  ],
  [
    'RFXENDTC',
    'Date/Time of Last Study Treatment',
    'datetime',
    'Exp',
    RECORD_QUALIFIER,
    'Derived',
    { method: 'RFEN' },
  ],
  ['RFICDTC', 'Date/Time of Informed Consent', 'datetime', 'Exp', RECORD_QUALIFIER, 'Collected'],
  [
    'RFPENDTC',
    'Date/Time of End of Participation',
    'datetime',
    'Exp',
    RECORD_QUALIFIER,
    'Derived',
    { method: 'RFPEN' },
  ],
  ['DTHDTC', 'Date/Time of Death', 'datetime', 'Exp', RECORD_QUALIFIER, 'Collected'],
  [
    'DTHFL',
    'Subject Death Flag',
    'text',
    'Exp',
    RECORD_QUALIFIER,
    'Derived',
    { codelist: 'Y', method: 'DTHFL' },
  ],
  ['SITEID', 'Study Site Identifier', 'text', 'Req', RECORD_QUALIFIER, 'Assigned'],
  ['AGE', 'Age', 'integer', 'Exp', RECORD_QUALIFIER, 'Derived', { method: 'AGE' }],
  ['AGEU', 'Age Units', 'text', 'Exp', 'Variable Qualifier', 'Assigned', { codelist: 'AGEU' }],
  ['SEX', 'Sex', 'text', 'Req', RECORD_QUALIFIER, 'Collected', { codelist: 'SEX', method: 'SEX' }],
  ['RACE', 'Race', 'text', 'Exp', RECORD_QUALIFIER, 'Collected', { codelist: 'RACE', comment: 'RACE' }],
  [
    'ETHNIC',
    'Ethnicity',
    'text',
    'Perm',
    RECORD_QUALIFIER,
    'Collected',
    { codelist: 'ETHNIC', comment: 'ETHNIC' },
  ],
  ['ARMCD', 'Planned Arm Code', 'text', 'Exp', RECORD_QUALIFIER, 'Protocol', { comment: 'ARM' }],
  ['ARM', 'Description of Planned Arm', 'text', 'Exp', SYNONYM_QUALIFIER, 'Protocol', { comment: 'ARM' }],
  ['ACTARMCD', 'Actual Arm Code', 'text', 'Exp', RECORD_QUALIFIER, 'Derived', { method: 'ACTARM' }],
  ['ACTARM', 'Description of Actual Arm', 'text', 'Exp', SYNONYM_QUALIFIER, 'Derived', { method: 'ACTARM' }],
  [
    'ARMNRS',
    'Reason Arm and/or Actual Arm is Null',
    'text',
    'Exp',
    RECORD_QUALIFIER,
    'Derived',
    { codelist: 'ARMNULRS', method: 'ACTARM' },
  ],
  [
    'ACTARMUD',
    'Description of Unplanned Actual Arm',
    'text',
    'Exp',
    SYNONYM_QUALIFIER,
    'Not Available',
    { comment: 'ARM' },
  ],
  [
    'COUNTRY',
    'Country',
    'text',
    'Req',
    RECORD_QUALIFIER,
    'Assigned',
    { codelist: 'ISO3166', comment: 'COUNTRY', mayBeEmpty: true },
  ],
];

const SV: readonly VariableSpecification[] = [
  ...listIdentifierVariables('SV'),
  ['VISITNUM', 'Visit Number', 'float', 'Req', 'Topic', 'Derived', { method: 'VISIT' }],
  ['VISIT', 'Visit Name', 'text', 'Perm', SYNONYM_QUALIFIER, 'Derived', { method: 'VISIT' }],
  ['SVPRESP', 'Pre-specified', 'text', 'Exp', 'Variable Qualifier', 'Protocol', { codelist: 'Y' }],
  [
    'SVOCCUR',
    'Occurrence',
    'text',
    'Exp',
    RECORD_QUALIFIER,
    'Derived',
    { codelist: 'NY', method: 'SVOCCUR' },
  ],
  ['EPOCH', 'Epoch', 'text', 'Perm', 'Timing', 'Derived', { codelist: 'EPOCH', method: 'EPOCH' }],
  ['SVSTDTC', 'Start Date/Time of Observation', 'datetime', 'Exp', 'Timing', 'Derived', { method: 'SVDTC' }],
  ['SVENDTC', 'End Date/Time of Observation', 'datetime', 'Exp', 'Timing', 'Derived', { method: 'SVDTC' }],
  ['SVSTDY', 'Study Day of Start of Observation', 'integer', 'Perm', 'Timing', 'Derived', { method: 'DY' }],
  ['SVENDY', 'Study Day of End of Observation', 'integer', 'Perm', 'Timing', 'Derived', { method: 'DY' }],
];

const ELEMENT_VARIABLE: VariableSpecification = [
  'ELEMENT',
  'Description of Element',
  'text',
  'Perm',
  SYNONYM_QUALIFIER,
  'Protocol',
];

const SE: readonly VariableSpecification[] = [
  ...listIdentifierVariables('SE'),
  specifySequenceVariable('SE'),
  ['ETCD', 'Element Code', 'text', 'Req', 'Topic', 'Protocol', { codelist: 'ETCD' }],
  ELEMENT_VARIABLE,
  ['TAETORD', 'Planned Order of Element within Arm', 'integer', 'Perm', 'Timing', 'Protocol'],
  ['EPOCH', 'Epoch', 'text', 'Perm', 'Timing', 'Protocol', { codelist: 'EPOCH' }],
  ['SESTDTC', 'Start Date/Time of Element', 'datetime', 'Req', 'Timing', 'Derived', { method: 'SEDTC' }],
  ['SEENDTC', 'End Date/Time of Element', 'datetime', 'Exp', 'Timing', 'Derived', { method: 'SEDTC' }],
];

const STUDY_VARIABLES: readonly VariableSpecification[] = [
  ['STUDYID', 'Study Identifier', 'text', 'Req', 'Identifier', 'Protocol'],
];

function listDesignIdentifiers(domain: string): readonly VariableSpecification[] {
  return [
    ...STUDY_VARIABLES,
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

const TA: readonly VariableSpecification[] = [
  ...listDesignIdentifiers('TA'),
  ['ARMCD', 'Planned Arm Code', 'text', 'Req', 'Topic', 'Protocol', { comment: 'ARM' }],
  ['ARM', 'Description of Planned Arm', 'text', 'Req', SYNONYM_QUALIFIER, 'Protocol', { comment: 'ARM' }],
  ['TAETORD', 'Planned Order of Element within Arm', 'integer', 'Req', 'Timing', 'Protocol'],
  ['ETCD', 'Element Code', 'text', 'Req', RECORD_QUALIFIER, 'Protocol', { codelist: 'ETCD' }],
  ELEMENT_VARIABLE,
  ['TABRANCH', 'Branch', 'text', 'Exp', 'Rule', 'Protocol'],
  ['TATRANS', 'Transition Rule', 'text', 'Exp', 'Rule', 'Protocol'],
  ['EPOCH', 'Epoch', 'text', 'Req', 'Timing', 'Protocol', { codelist: 'EPOCH' }],
];

const TE: readonly VariableSpecification[] = [
  ...listDesignIdentifiers('TE'),
  ['ETCD', 'Element Code', 'text', 'Req', 'Topic', 'Protocol', { codelist: 'ETCD' }],
  ['ELEMENT', 'Description of Element', 'text', 'Req', SYNONYM_QUALIFIER, 'Protocol'],
  ['TESTRL', 'Rule for Start of Element', 'text', 'Req', 'Rule', 'Protocol'],
  ['TEENRL', 'Rule for End of Element', 'text', 'Perm', 'Rule', 'Protocol'],
];

const TS: readonly VariableSpecification[] = [
  ...listDesignIdentifiers('TS'),
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
  ['TSPARM', 'Trial Summary Parameter', 'text', 'Req', SYNONYM_QUALIFIER, 'Assigned', { codelist: 'TSPARM' }],
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

function defineSupplementalDataset(parent: string): DatasetDefinition {
  const lines: readonly VariableSpecification[] = [
    ...STUDY_VARIABLES,
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
    [
      'QLABEL',
      'Qualifier Variable Label',
      'text',
      'Req',
      SYNONYM_QUALIFIER,
      'Assigned',
      { codelist: 'QLABEL' },
    ],
    ['QVAL', 'Data Value', 'text', 'Req', 'Result Qualifier', 'Collected', { comment: 'QVAL' }],
    ['QORIG', 'Origin', 'text', 'Req', RECORD_QUALIFIER, 'Assigned', { codelist: 'QORIG' }],
    ['QEVAL', 'Evaluator', 'text', 'Exp', RECORD_QUALIFIER, 'Not Available', { comment: 'NOTSENT' }],
  ];
  return {
    name: `SUPP${parent}`,
    domain: parent,
    label: `Supplemental Qualifiers for ${parent}`,
    class: 'RELATIONSHIP',
    structure: 'One record per supplemental qualifier per related parent record',
    keys: ['STUDYID', 'RDOMAIN', 'USUBJID', 'IDVAR', 'IDVARVAL', 'QNAM'],
    isReferenceData: false,
    variables: lines.map(toVariableDefinition),
  };
}

function defineDataset(
  name: string,
  label: string,
  kind: string,
  structure: string,
  keys: readonly string[],
  lines: readonly VariableSpecification[],
): DatasetDefinition {
  const reference = kind === 'TRIAL DESIGN';
  return {
    name,
    domain: name,
    label,
    class: kind,
    structure,
    keys,
    isReferenceData: reference,
    variables: lines.map(toVariableDefinition),
  };
}

/** Datasets that have supplemental qualifiers. */
const SUPPLEMENTED_DOMAINS = ['DM', 'EX', 'AE', 'LB', 'RS'];

/** Every dataset of the tabulation, in the order of define.xml: trial design first. */
export const SDTM_DATASETS: readonly DatasetDefinition[] = [
  defineDataset(
    'TA',
    'Trial Arms',
    'TRIAL DESIGN',
    'One record per planned element per arm',
    ['STUDYID', 'ARMCD', 'TAETORD'],
    TA,
  ),
  defineDataset(
    'TE',
    'Trial Elements',
    'TRIAL DESIGN',
    'One record per planned element',
    ['STUDYID', 'ETCD'],
    TE,
  ),
  defineDataset(
    'TS',
    'Trial Summary',
    'TRIAL DESIGN',
    'One record per trial summary parameter value',
    ['STUDYID', 'TSPARMCD', 'TSSEQ'],
    TS,
  ),
  defineDataset(
    'DM',
    'Demographics',
    'SPECIAL PURPOSE',
    'One record per subject',
    ['STUDYID', 'USUBJID'],
    DM,
  ),
  defineDataset(
    'SE',
    'Subject Elements',
    'SPECIAL PURPOSE',
    'One record per actual element per subject',
    ['STUDYID', 'USUBJID', 'TAETORD', 'SESEQ'],
    SE,
  ),
  defineDataset(
    'SV',
    'Subject Visits',
    'SPECIAL PURPOSE',
    'One record per visit per subject',
    ['STUDYID', 'USUBJID', 'VISITNUM'],
    SV,
  ),
  ...INTERVENTION_DATASETS,
  ...EVENT_DATASETS,
  ...FINDINGS_DATASETS,
  ...SUPPLEMENTED_DOMAINS.map(defineSupplementalDataset),
];
