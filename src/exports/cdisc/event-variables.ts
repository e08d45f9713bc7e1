import { identifiers, sequence } from './findings-variables.ts';
import { type DatasetDefinition, type VariableLine, variableOf } from './variable.ts';

/** Start, end and study days of what lasts. */
function span(domain: string, core: 'Exp' | 'Perm', of: string): readonly VariableLine[] {
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

const DICTIONARY = { comment: 'MEDDRA' };
const RECORD = 'Record Qualifier';
const SYNONYM = 'Synonym Qualifier';

/** A MedDRA level that is not filled: the dictionary is licensed. */
function level(name: string, label: string, type: 'text' | 'integer'): VariableLine {
  return [name, label, type, 'Exp', 'Variable Qualifier', 'Not Available', DICTIONARY];
}

const AE: readonly VariableLine[] = [
  ...identifiers('AE'),
  sequence('AE'),
  ['AETERM', 'Reported Term for the Adverse Event', 'text', 'Req', 'Topic', 'Collected'],
  level('AELLT', 'Lowest Level Term', 'text'),
  level('AELLTCD', 'Lowest Level Term Code', 'integer'),
  ['AEDECOD', 'Dictionary-Derived Term', 'text', 'Req', SYNONYM, 'Assigned', { comment: 'AEDECOD' }],
  ['AEPTCD', 'Preferred Term Code', 'integer', 'Exp', 'Variable Qualifier', 'Collected', DICTIONARY],
  level('AEHLT', 'High Level Term', 'text'),
  level('AEHLTCD', 'High Level Term Code', 'integer'),
  level('AEHLGT', 'High Level Group Term', 'text'),
  level('AEHLGTCD', 'High Level Group Term Code', 'integer'),
  level('AEBODSYS', 'Body System or Organ Class', 'text'),
  level('AEBDSYCD', 'Body System or Organ Class Code', 'integer'),
  level('AESOC', 'Primary System Organ Class', 'text'),
  level('AESOCCD', 'Primary System Organ Class Code', 'integer'),
  ['AESEV', 'Severity/Intensity', 'text', 'Perm', RECORD, 'Collected', { codelist: 'AESEV' }],
  ['AESER', 'Serious Event', 'text', 'Exp', RECORD, 'Collected', { codelist: 'NY', comment: 'AESER' }],
  [
    'AEACN',
    'Action Taken with Study Treatment',
    'text',
    'Exp',
    RECORD,
    'Not Available',
    { comment: 'NOTSENT' },
  ],
  ['AEREL', 'Causality', 'text', 'Exp', RECORD, 'Not Available', { comment: 'NOTSENT' }],
  ['AEOUT', 'Outcome of Adverse Event', 'text', 'Perm', RECORD, 'Collected', { codelist: 'OUT' }],
  ['AESDTH', 'Results in Death', 'text', 'Perm', RECORD, 'Derived', { codelist: 'Y', method: 'AESDTH' }],
  ['AETOXGR', 'Standard Toxicity Grade', 'text', 'Perm', RECORD, 'Collected', { codelist: 'TOXGR' }],
  ...span('AE', 'Exp', 'Adverse Event'),
];

const DS: readonly VariableLine[] = [
  ...identifiers('DS'),
  sequence('DS'),
  ['DSTERM', 'Reported Term for the Disposition Event', 'text', 'Req', 'Topic', 'Assigned'],
  ['DSDECOD', 'Standardized Disposition Term', 'text', 'Req', SYNONYM, 'Assigned', { codelist: 'DSDECOD' }],
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

const MH: readonly VariableLine[] = [
  ...identifiers('MH'),
  sequence('MH'),
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
  ...span('MH', 'Perm', 'Medical History Event'),
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

const EX: readonly VariableLine[] = [
  ...identifiers('EX'),
  sequence('EX'),
  ['EXTRT', 'Name of Treatment', 'text', 'Req', 'Topic', 'Collected', { comment: 'WORD' }],
  ['EXDOSE', 'Dose', 'float', 'Exp', RECORD, 'Derived', { method: 'EXDOSE' }],
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
  ...span('EX', 'Exp', 'Treatment'),
];

const CM: readonly VariableLine[] = [
  ...identifiers('CM'),
  sequence('CM'),
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
  ...span('CM', 'Perm', 'Medication'),
];

const PR: readonly VariableLine[] = [
  ...identifiers('PR'),
  sequence('PR'),
  ['PRTRT', 'Reported Name of Procedure', 'text', 'Req', 'Topic', 'Assigned', { comment: 'WORD' }],
  ['PRCAT', 'Category', 'text', 'Perm', 'Grouping Qualifier', 'Assigned'],
  ['PRDOSE', 'Dose', 'float', 'Perm', RECORD, 'Collected'],
  ['PRDOSU', 'Dose Units', 'text', 'Perm', 'Variable Qualifier', 'Assigned', { codelist: 'DOSEUNIT' }],
  ...span('PR', 'Exp', 'Procedure').map(
    (line): VariableLine =>
      line[0] === 'PRENDTC' ? [line[0], line[1], line[2], 'Perm', line[4], line[5]] : line,
  ),
];

function several(
  domain: string,
  label: string,
  kind: string,
  per: string,
  keys: readonly string[],
  lines: readonly VariableLine[],
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
    reference: false,
    variables: lines.map(variableOf),
  };
}

/** What happened to the subject. */
export const EVENTS: readonly DatasetDefinition[] = [
  several('AE', 'Adverse Events', 'EVENTS', 'adverse event', ['AEDECOD', 'AESTDTC'], AE),
  several(
    'DS',
    'Disposition',
    'EVENTS',
    'disposition status or protocol milestone',
    ['DSSTDTC', 'DSDECOD'],
    DS,
  ),
  several('MH', 'Medical History', 'EVENTS', 'medical history event', ['MHTERM', 'MHSTDTC'], MH),
];

/** What was done to the subject. */
export const INTERVENTIONS: readonly DatasetDefinition[] = [
  several('EX', 'Exposure', 'INTERVENTIONS', 'infusion given', ['EXTRT', 'EXSTDTC'], EX),
  several(
    'CM',
    'Concomitant/Prior Medications',
    'INTERVENTIONS',
    'medication given',
    ['CMTRT', 'CMSTDTC'],
    CM,
  ),
  several('PR', 'Procedures', 'INTERVENTIONS', 'transfusion', ['PRTRT', 'PRSTDTC'], PR),
];
