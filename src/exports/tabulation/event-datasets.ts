import {
  type DatasetDefinition,
  toVariableDefinition,
  type VariableSpecification,
} from './dataset-definition.ts';
import { listIdentifierVariables, specifySequenceVariable } from './findings-datasets.ts';

/** Start, end and study days of what lasts. */
function listIntervalVariables(
  domain: string,
  core: 'Exp' | 'Perm',
  of: string,
): readonly VariableSpecification[] {
  return [
    ['EPOCH', 'Epoch', 'text', 'Perm', 'Timing', 'Derived', { codelist: 'EPOCH', method: 'EPOCH' }],
    [
      `${domain}STDTC`,
      `Start Date/Time of ${of}`,
      'datetime',
      core,
      'Timing',
      'Collected',
      { comment: 'DTC' },
    ],
    [`${domain}ENDTC`, `End Date/Time of ${of}`, 'datetime', core, 'Timing', 'Collected', { comment: 'DTC' }],
    [
      `${domain}STDY`,
      'Study Day of Start of Observation',
      'integer',
      'Perm',
      'Timing',
      'Derived',
      { method: 'DY' },
    ],
    [
      `${domain}ENDY`,
      'Study Day of End of Observation',
      'integer',
      'Perm',
      'Timing',
      'Derived',
      { method: 'DY' },
    ],
  ];
}

const MEDDRA_COMMENT = { comment: 'MEDDRA' };
const RECORD_QUALIFIER = 'Record Qualifier';
const SYNONYM_QUALIFIER = 'Synonym Qualifier';

/** A MedDRA level that is not filled: the dictionary is licensed. */
function specifyMeddraLevel(name: string, label: string, type: 'text' | 'integer'): VariableSpecification {
  return [name, label, type, 'Exp', 'Variable Qualifier', 'Not Available', MEDDRA_COMMENT];
}

const AE: readonly VariableSpecification[] = [
  ...listIdentifierVariables('AE'),
  specifySequenceVariable('AE'),
  ['AETERM', 'Reported Term for the Adverse Event', 'text', 'Req', 'Topic', 'Collected'],
  specifyMeddraLevel('AELLT', 'Lowest Level Term', 'text'),
  specifyMeddraLevel('AELLTCD', 'Lowest Level Term Code', 'integer'),
  [
    'AEDECOD',
    'Dictionary-Derived Term',
    'text',
    'Req',
    SYNONYM_QUALIFIER,
    'Assigned',
    { comment: 'AEDECOD' },
  ],
  ['AEPTCD', 'Preferred Term Code', 'integer', 'Exp', 'Variable Qualifier', 'Collected', MEDDRA_COMMENT],
  specifyMeddraLevel('AEHLT', 'High Level Term', 'text'),
  specifyMeddraLevel('AEHLTCD', 'High Level Term Code', 'integer'),
  specifyMeddraLevel('AEHLGT', 'High Level Group Term', 'text'),
  specifyMeddraLevel('AEHLGTCD', 'High Level Group Term Code', 'integer'),
  specifyMeddraLevel('AEBODSYS', 'Body System or Organ Class', 'text'),
  specifyMeddraLevel('AEBDSYCD', 'Body System or Organ Class Code', 'integer'),
  specifyMeddraLevel('AESOC', 'Primary System Organ Class', 'text'),
  specifyMeddraLevel('AESOCCD', 'Primary System Organ Class Code', 'integer'),
  ['AESEV', 'Severity/Intensity', 'text', 'Perm', RECORD_QUALIFIER, 'Collected', { codelist: 'AESEV' }],
  [
    'AESER',
    'Serious Event',
    'text',
    'Exp',
    RECORD_QUALIFIER,
    'Collected',
    { codelist: 'NY', comment: 'AESER' },
  ],
  [
    'AEACN',
    'Action Taken with Study Treatment',
    'text',
    'Exp',
    RECORD_QUALIFIER,
    'Not Available',
    { comment: 'NOTSENT' },
  ],
  ['AEREL', 'Causality', 'text', 'Exp', RECORD_QUALIFIER, 'Not Available', { comment: 'NOTSENT' }],
  ['AEOUT', 'Outcome of Adverse Event', 'text', 'Perm', RECORD_QUALIFIER, 'Collected', { codelist: 'OUT' }],
  [
    'AESDTH',
    'Results in Death',
    'text',
    'Perm',
    RECORD_QUALIFIER,
    'Derived',
    { codelist: 'Y', method: 'AESDTH' },
  ],
  [
    'AETOXGR',
    'Standard Toxicity Grade',
    'text',
    'Perm',
    RECORD_QUALIFIER,
    'Collected',
    { codelist: 'TOXGR' },
  ],
  ...listIntervalVariables('AE', 'Exp', 'Adverse Event'),
];

const DS: readonly VariableSpecification[] = [
  ...listIdentifierVariables('DS'),
  specifySequenceVariable('DS'),
  ['DSTERM', 'Reported Term for the Disposition Event', 'text', 'Req', 'Topic', 'Assigned'],
  [
    'DSDECOD',
    'Standardized Disposition Term',
    'text',
    'Req',
    SYNONYM_QUALIFIER,
    'Assigned',
    { codelist: 'DSDECOD' },
  ],
  [
    'DSCAT',
    'Category for Disposition Event',
    'text',
    'Exp',
    'Grouping Qualifier',
    'Assigned',
    { codelist: 'DSCAT' },
  ],
  ['EPOCH', 'Epoch', 'text', 'Perm', 'Timing', 'Derived', { codelist: 'EPOCH', method: 'EPOCH' }],
  [
    'DSSTDTC',
    'Start Date/Time of Disposition Event',
    'datetime',
    'Exp',
    'Timing',
    'Collected',
    { comment: 'DSSTDTC' },
  ],
  [
    'DSSTDY',
    'Study Day of Start of Disposition Event',
    'integer',
    'Exp',
    'Timing',
    'Derived',
    { method: 'DY' },
  ],
];

const MH: readonly VariableSpecification[] = [
  ...listIdentifierVariables('MH'),
  specifySequenceVariable('MH'),
  [
    'MHTERM',
    'Reported Term for the Medical History',
    'text',
    'Req',
    'Topic',
    'Assigned',
    { comment: 'WORD' },
  ],
  ['MHCAT', 'Category for Medical History', 'text', 'Perm', 'Grouping Qualifier', 'Assigned'],
  ...listIntervalVariables('MH', 'Perm', 'Medical History Event'),
  [
    'MHENRTPT',
    'End Relative to Reference Time Point',
    'text',
    'Perm',
    'Timing',
    'Collected',
    { codelist: 'ONGOING' },
  ],
  ['MHENTPT', 'End Reference Time Point', 'datetime', 'Perm', 'Timing', 'Assigned', { comment: 'ASOF' }],
];

const EX: readonly VariableSpecification[] = [
  ...listIdentifierVariables('EX'),
  specifySequenceVariable('EX'),
  ['EXTRT', 'Name of Treatment', 'text', 'Req', 'Topic', 'Collected', { comment: 'WORD' }],
  ['EXDOSE', 'Dose', 'float', 'Exp', RECORD_QUALIFIER, 'Derived', { method: 'EXDOSE' }],
  [
    'EXDOSU',
    'Dose Units',
    'text',
    'Exp',
    'Variable Qualifier',
    'Assigned',
    { codelist: 'DOSEUNIT', comment: 'DOSEUNIT' },
  ],
  ['EXDOSFRM', 'Dose Form', 'text', 'Exp', 'Variable Qualifier', 'Not Available', { comment: 'NOTSENT' }],
  ...listIntervalVariables('EX', 'Exp', 'Treatment'),
];

const CM: readonly VariableSpecification[] = [
  ...listIdentifierVariables('CM'),
  specifySequenceVariable('CM'),
  [
    'CMTRT',
    'Reported Name of Drug, Med, or Therapy',
    'text',
    'Req',
    'Topic',
    'Collected',
    { comment: 'WORD' },
  ],
  ['CMCAT', 'Category for Medication', 'text', 'Perm', 'Grouping Qualifier', 'Assigned'],
  ...listIntervalVariables('CM', 'Perm', 'Medication'),
];

const PR: readonly VariableSpecification[] = [
  ...listIdentifierVariables('PR'),
  specifySequenceVariable('PR'),
  ['PRTRT', 'Reported Name of Procedure', 'text', 'Req', 'Topic', 'Assigned', { comment: 'WORD' }],
  ['PRCAT', 'Category', 'text', 'Perm', 'Grouping Qualifier', 'Assigned'],
  ['PRDOSE', 'Dose', 'float', 'Perm', RECORD_QUALIFIER, 'Collected'],
  ['PRDOSU', 'Dose Units', 'text', 'Perm', 'Variable Qualifier', 'Assigned', { codelist: 'DOSEUNIT' }],
  ...listIntervalVariables('PR', 'Exp', 'Procedure').map(
    (line): VariableSpecification =>
      line[0] === 'PRENDTC' ? [line[0], line[1], line[2], 'Perm', line[4], line[5]] : line,
  ),
];

function defineRepeatingDataset(
  domain: string,
  label: string,
  kind: string,
  per: string,
  keys: readonly string[],
  lines: readonly VariableSpecification[],
): DatasetDefinition {
  const all = ['STUDYID', 'USUBJID', ...keys, `${domain}SEQ`];
  const structure = `One record per ${per} per subject`;
  return {
    name: domain,
    domain,
    label,
    class: kind,
    structure,
    keys: all,
    isReferenceData: false,
    variables: lines.map(toVariableDefinition),
  };
}

/** What happened to the subject. */
export const EVENT_DATASETS: readonly DatasetDefinition[] = [
  defineRepeatingDataset('AE', 'Adverse Events', 'EVENTS', 'adverse event', ['AEDECOD', 'AESTDTC'], AE),
  defineRepeatingDataset(
    'DS',
    'Disposition',
    'EVENTS',
    'disposition status or protocol milestone',
    ['DSSTDTC', 'DSDECOD'],
    DS,
  ),
  defineRepeatingDataset(
    'MH',
    'Medical History',
    'EVENTS',
    'medical history event',
    ['MHTERM', 'MHSTDTC'],
    MH,
  ),
];

/** What was done to the subject. */
export const INTERVENTION_DATASETS: readonly DatasetDefinition[] = [
  defineRepeatingDataset('EX', 'Exposure', 'INTERVENTIONS', 'infusion given', ['EXTRT', 'EXSTDTC'], EX),
  defineRepeatingDataset(
    'CM',
    'Concomitant/Prior Medications',
    'INTERVENTIONS',
    'medication given',
    ['CMTRT', 'CMSTDTC'],
    CM,
  ),
  defineRepeatingDataset('PR', 'Procedures', 'INTERVENTIONS', 'transfusion', ['PRTRT', 'PRSTDTC'], PR),
];
