import type { Protocol } from '../../trial/protocol.ts';

/** A list of the values that a variable may have. */
export interface Codelist {
  readonly id: string;
  readonly name: string;
  /** Value and meaning; null where the values are those that the data and the protocol have. */
  readonly terms: readonly (readonly [value: string, meaning: string])[] | null;
  /** Values of our own: no list of CDISC's has them, or only some of them. */
  readonly nonStandard: boolean;
  /** Values of ours in a list of CDISC's that may be extended. */
  readonly extendedValues?: readonly string[];
  /** Whose list it is, where it is neither CDISC's nor ours and too long to be repeated. */
  readonly dictionary?: { readonly name: string; readonly version: string };
}

type CodelistTerms = NonNullable<Codelist['terms']>;

function createCodelist(id: string, name: string, terms: CodelistTerms | null, own = false): Codelist {
  return { id, name, terms, nonStandard: own };
}

/** Blood counts and weight, test code to test name. */
export const LAB_TESTS = {
  wbc: ['WBC', 'Leukocytes'],
  anc: ['NEUT', 'Neutrophils'],
  hemoglobin: ['HGB', 'Hemoglobin'],
  platelets: ['PLAT', 'Platelets'],
  reticulocytes: ['RETI', 'Reticulocytes'],
} as const;

/** What is assessed of a response, test code to test name. */
export const RESPONSE_TESTS = {
  overall: ['OVRLRESP', 'Overall Response'],
  best: ['BESTRESP', 'Best Overall Response'],
  erythroid: ['ERYRESP', 'Erythroid Response'],
  neutrophil: ['NEURESP', 'Neutrophil Response'],
  platelet: ['PLTRESP', 'Platelet Response'],
} as const;

/** Supplemental qualifiers, name to label. */
export const SUPPLEMENTAL_QUALIFIERS = {
  AASEV: 'Severity of Aplastic Anemia at Baseline',
  RACE1: 'Race 1',
  RACE2: 'Race 2',
  RACE3: 'Race 3',
  RACE4: 'Race 4',
  RACE5: 'Race 5',
  EXTOTAL: 'Total Dose as Sent, 10^6 Cells',
  EXSTATUS: 'Status of Infusion',
  AESYS: 'Coding System of Adverse Event',
  AECODE: 'Code of Adverse Event',
  LBRSTAT: 'Status of Result',
  LBCNTMTH: 'Count Method',
  RSASSTAT: 'Status of Assessment',
} as const;

export type SupplementalQualifier = keyof typeof SUPPLEMENTAL_QUALIFIERS;

/** Summary parameters, code to name. */
export const TRIAL_SUMMARY_PARAMETERS = {
  ACTSUB: 'Actual Number of Subjects',
  DCUTDESC: 'Data Cutoff Description',
  DCUTDTC: 'Data Cutoff Date',
  INDIC: 'Trial Disease/Condition Indication',
  NARMS: 'Planned Number of Arms',
  PLANSUB: 'Planned Number of Subjects',
  REGID: 'Registry Identifier',
  SPONSOR: 'Clinical Study Sponsor',
  SSTDTC: 'Study Start Date',
  STYPE: 'Study Type',
  TITLE: 'Trial Title',
  TPHASE: 'Trial Phase Classification',
  TRT: 'Investigational Therapy or Treatment',
} as const;

export type TrialSummaryParameter = keyof typeof TRIAL_SUMMARY_PARAMETERS;

const swapTerms = (terms: readonly (readonly [string, string])[]): CodelistTerms =>
  terms.map(([a, b]) => [b, a]);
const enumerateTerms = (...values: readonly string[]): CodelistTerms => values.map((value) => [value, value]);

const CODELISTS: readonly Codelist[] = [
  createCodelist('Y', 'Yes Only', [['Y', 'Yes']]),
  createCodelist('NY', 'No Yes Response', [
    ['N', 'No'],
    ['Y', 'Yes'],
  ]),
  createCodelist('ND', 'Not Done', [['NOT DONE', 'Not Done']]),
  createCodelist('SEX', 'Sex', [
    ['F', 'Female'],
    ['M', 'Male'],
    ['U', 'Unknown'],
    ['UNDIFFERENTIATED', 'Undifferentiated'],
  ]),
  {
    ...createCodelist('RACE', 'Race', [
      ['AMERICAN INDIAN OR ALASKA NATIVE', 'American Indian or Alaska Native'],
      ['ASIAN', 'Asian'],
      ['BLACK OR AFRICAN AMERICAN', 'Black or African American'],
      ['NATIVE HAWAIIAN OR OTHER PACIFIC ISLANDER', 'Native Hawaiian or Other Pacific Islander'],
      ['WHITE', 'White'],
      ['UNKNOWN', 'Unknown'],
      ['MULTIPLE', 'More than one race, each in SUPPDM'],
    ]),
    extendedValues: ['MULTIPLE'],
  },
  createCodelist('ETHNIC', 'Ethnic Group', [
    ['HISPANIC OR LATINO', 'Hispanic or Latino'],
    ['NOT HISPANIC OR LATINO', 'Not Hispanic or Latino'],
    ['UNKNOWN', 'Unknown'],
  ]),
  {
    ...createCodelist('ISO3166', 'Country Codes', null, true),
    dictionary: { name: 'ISO 3166-1 Alpha-3', version: '2020' },
  },
  createCodelist('AGEU', 'Age Unit', [['YEARS', 'Year']]),
  createCodelist('ARMNULRS', 'Arm Null Reason', enumerateTerms('ASSIGNED, NOT TREATED')),
  createCodelist('EPOCH', 'Epoch', enumerateTerms('SCREENING', 'TREATMENT', 'FOLLOW-UP')),
  createCodelist('AESEV', 'Severity/Intensity Scale for Adverse Events', [
    ['MILD', 'Mild'],
    ['MODERATE', 'Moderate'],
    ['SEVERE', 'Severe'],
  ]),
  createCodelist('TOXGR', 'Standard Toxicity Grade', enumerateTerms('1', '2', '3', '4', '5')),
  createCodelist(
    'OUT',
    'Outcome of Event',
    enumerateTerms(
      'FATAL',
      'NOT RECOVERED/NOT RESOLVED',
      'RECOVERED/RESOLVED',
      'RECOVERED/RESOLVED WITH SEQUELAE',
      'RECOVERING/RESOLVING',
      'UNKNOWN',
    ),
  ),
  createCodelist(
    'DSCAT',
    'Category for Disposition Event',
    enumerateTerms('DISPOSITION EVENT', 'PROTOCOL MILESTONE'),
  ),
  createCodelist(
    'DSDECOD',
    'Standardized Disposition Term',
    enumerateTerms('INFORMED CONSENT OBTAINED', 'ENROLLED', 'DEATH', 'WITHDRAWAL BY SUBJECT', 'OTHER'),
    true,
  ),
  createCodelist('ONGOING', 'Relation to Reference Period', [['ONGOING', 'Ongoing']]),
  createCodelist('DOSEUNIT', 'Dose Unit', enumerateTerms('10^6 cells', '10^6 cells/kg', 'UNIT'), true),
  createCodelist('STDUNIT', 'Standard Unit', enumerateTerms('10^9/L', 'g/L', 'kg')),
  createCodelist(
    'RESPONSE',
    'Response',
    [
      ['CR', 'Complete Response'],
      ['PR', 'Partial Response'],
      ['NR', 'No Response'],
      ['NE', 'Not Evaluable'],
    ],
    true,
  ),
  createCodelist('LBTESTCD', 'Laboratory Test Code', Object.values(LAB_TESTS)),
  createCodelist('LBTEST', 'Laboratory Test Name', swapTerms(Object.values(LAB_TESTS))),
  createCodelist('VSTESTCD', 'Vital Signs Test Code', [['WEIGHT', 'Weight']]),
  createCodelist('VSTEST', 'Vital Signs Test Name', [['Weight', 'WEIGHT']]),
  createCodelist('RSTESTCD', 'Response Test Code', Object.values(RESPONSE_TESTS), true),
  createCodelist('RSTEST', 'Response Test Name', swapTerms(Object.values(RESPONSE_TESTS)), true),
  createCodelist('DDTESTCD', 'Death Details Test Code', [['PRCDTH', 'Primary Cause of Death']]),
  createCodelist('DDTEST', 'Death Details Test Name', [['Primary Cause of Death', 'PRCDTH']]),
  createCodelist('QNAM', 'Qualifier Variable Name', Object.entries(SUPPLEMENTAL_QUALIFIERS), true),
  createCodelist(
    'QLABEL',
    'Qualifier Variable Label',
    swapTerms(Object.entries(SUPPLEMENTAL_QUALIFIERS)),
    true,
  ),
  createCodelist('QORIG', 'Origin of Qualifier', enumerateTerms('COLLECTED', 'DERIVED'), true),
  createCodelist('TSPARMCD', 'Trial Summary Parameter Code', Object.entries(TRIAL_SUMMARY_PARAMETERS)),
  createCodelist('TSPARM', 'Trial Summary Parameter', swapTerms(Object.entries(TRIAL_SUMMARY_PARAMETERS))),
  createCodelist('NULLFLAVOR', 'Null Flavor', [['NI', 'No information']]),
  createCodelist('ETCD', 'Element Code', null, true),
  createCodelist('UNIT', 'Unit', null, true),
  createCodelist('RSCAT', 'Category for Response', null, true),
];

const CODELIST_BY_ID = new Map(CODELISTS.map((one) => [one.id, one]));

/** The list of that id; `DOMAIN.LB` is the one value LB. An id that no list has is our own mistake. */
export function resolveCodelist(id: string): Codelist {
  const found = CODELIST_BY_ID.get(id);
  if (found) return found;
  const [kind, domain] = id.split('.');
  if (kind !== 'DOMAIN' || domain === undefined) throw new Error(`there is no codelist ${id}`);
  return createCodelist(id, `Domain Abbreviation (${domain})`, enumerateTerms(domain));
}

/** Returns the list of that id with the values that the protocol defines: the codes of its elements. */
export function resolveStudyCodelist(id: string, { elements }: Pick<Protocol, 'elements'>): Codelist {
  const codelist = resolveCodelist(id);
  if (id !== 'ETCD') return codelist;
  return { ...codelist, terms: elements.map(({ code, label }) => [code, label]) };
}
