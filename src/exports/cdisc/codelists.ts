/** A list of the values that a variable may have. */
export interface Codelist {
  readonly id: string;
  readonly name: string;
  /** Value and meaning; null where the values are those that the data and the protocol have. */
  readonly terms: readonly (readonly [value: string, meaning: string])[] | null;
  /** Values of our own: no list of CDISC's has them, or only some of them. */
  readonly own: boolean;
  /** Values of ours in a list of CDISC's that may be extended. */
  readonly extended?: readonly string[];
  /** Whose list it is, where it is neither CDISC's nor ours and too long to be repeated. */
  readonly dictionary?: { readonly name: string; readonly version: string };
}

type Terms = NonNullable<Codelist['terms']>;

function list(id: string, name: string, terms: Terms | null, own = false): Codelist {
  return { id, name, terms, own };
}

/** Blood counts and weight, test code to test name. */
export const TESTS = {
  wbc: ['WBC', 'Leukocytes'],
  anc: ['NEUT', 'Neutrophils'],
  hemoglobin: ['HGB', 'Hemoglobin'],
  platelets: ['PLAT', 'Platelets'],
  reticulocytes: ['RETI', 'Reticulocytes'],
} as const;

/** What is assessed of a response, test code to test name. */
export const RESPONSES = {
  overall: ['OVRLRESP', 'Overall Response'],
  best: ['BESTRESP', 'Best Overall Response'],
  erythroid: ['ERYRESP', 'Erythroid Response'],
  neutrophil: ['NEURESP', 'Neutrophil Response'],
  platelet: ['PLTRESP', 'Platelet Response'],
} as const;

/** Supplemental qualifiers, name to label. */
export const QUALIFIERS = {
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

export type Qualifier = keyof typeof QUALIFIERS;

/** Summary parameters, code to name. */
export const PARAMETERS = {
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

export type Parameter = keyof typeof PARAMETERS;

const swap = (terms: readonly (readonly [string, string])[]): Terms => terms.map(([a, b]) => [b, a]);
const same = (...values: readonly string[]): Terms => values.map((value) => [value, value]);

const FIXED: readonly Codelist[] = [
  list('Y', 'Yes Only', [['Y', 'Yes']]),
  list('NY', 'No Yes Response', [
    ['N', 'No'],
    ['Y', 'Yes'],
  ]),
  list('ND', 'Not Done', [['NOT DONE', 'Not Done']]),
  list('SEX', 'Sex', [
    ['F', 'Female'],
    ['M', 'Male'],
    ['U', 'Unknown'],
    ['UNDIFFERENTIATED', 'Undifferentiated'],
  ]),
  {
    ...list('RACE', 'Race', [
      ['AMERICAN INDIAN OR ALASKA NATIVE', 'American Indian or Alaska Native'],
      ['ASIAN', 'Asian'],
      ['BLACK OR AFRICAN AMERICAN', 'Black or African American'],
      ['NATIVE HAWAIIAN OR OTHER PACIFIC ISLANDER', 'Native Hawaiian or Other Pacific Islander'],
      ['WHITE', 'White'],
      ['UNKNOWN', 'Unknown'],
      ['MULTIPLE', 'More than one race, each in SUPPDM'],
    ]),
    extended: ['MULTIPLE'],
  },
  list('ETHNIC', 'Ethnic Group', [
    ['HISPANIC OR LATINO', 'Hispanic or Latino'],
    ['NOT HISPANIC OR LATINO', 'Not Hispanic or Latino'],
    ['UNKNOWN', 'Unknown'],
  ]),
  {
    ...list('ISO3166', 'Country Codes', null, true),
    dictionary: { name: 'ISO 3166-1 Alpha-3', version: '2020' },
  },
  list('AGEU', 'Age Unit', [['YEARS', 'Year']]),
  list('ARMNULRS', 'Arm Null Reason', same('ASSIGNED, NOT TREATED')),
  list('EPOCH', 'Epoch', same('SCREENING', 'TREATMENT', 'FOLLOW-UP')),
  list('AESEV', 'Severity/Intensity Scale for Adverse Events', [
    ['MILD', 'Mild'],
    ['MODERATE', 'Moderate'],
    ['SEVERE', 'Severe'],
  ]),
  list('TOXGR', 'Standard Toxicity Grade', same('1', '2', '3', '4', '5')),
  list(
    'OUT',
    'Outcome of Event',
    same(
      'FATAL',
      'NOT RECOVERED/NOT RESOLVED',
      'RECOVERED/RESOLVED',
      'RECOVERED/RESOLVED WITH SEQUELAE',
      'RECOVERING/RESOLVING',
      'UNKNOWN',
    ),
  ),
  list('DSCAT', 'Category for Disposition Event', same('DISPOSITION EVENT', 'PROTOCOL MILESTONE')),
  list(
    'DSDECOD',
    'Standardized Disposition Term',
    same('INFORMED CONSENT OBTAINED', 'ENROLLED', 'DEATH', 'WITHDRAWAL BY SUBJECT', 'OTHER'),
    true,
  ),
  list('ONGOING', 'Relation to Reference Period', [['ONGOING', 'Ongoing']]),
  list('DOSEUNIT', 'Dose Unit', same('10^6 cells', '10^6 cells/kg', 'UNIT'), true),
  list('STDUNIT', 'Standard Unit', same('10^9/L', 'g/L', 'kg')),
  list(
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
  list('LBTESTCD', 'Laboratory Test Code', Object.values(TESTS)),
  list('LBTEST', 'Laboratory Test Name', swap(Object.values(TESTS))),
  list('VSTESTCD', 'Vital Signs Test Code', [['WEIGHT', 'Weight']]),
  list('VSTEST', 'Vital Signs Test Name', [['Weight', 'WEIGHT']]),
  list('RSTESTCD', 'Response Test Code', Object.values(RESPONSES), true),
  list('RSTEST', 'Response Test Name', swap(Object.values(RESPONSES)), true),
  list('DDTESTCD', 'Death Details Test Code', [['PRCDTH', 'Primary Cause of Death']]),
  list('DDTEST', 'Death Details Test Name', [['Primary Cause of Death', 'PRCDTH']]),
  list('QNAM', 'Qualifier Variable Name', Object.entries(QUALIFIERS), true),
  list('QLABEL', 'Qualifier Variable Label', swap(Object.entries(QUALIFIERS)), true),
  list('QORIG', 'Origin of Qualifier', same('COLLECTED', 'DERIVED'), true),
  list('TSPARMCD', 'Trial Summary Parameter Code', Object.entries(PARAMETERS)),
  list('TSPARM', 'Trial Summary Parameter', swap(Object.entries(PARAMETERS))),
  list('NULLFLAVOR', 'Null Flavor', [['NI', 'No information']]),
  list(
    'ETCD',
    'Element Code',
    [
      ['SCRN', 'Screening'],
      ['MSC1', 'First course'],
      ['MSC2', 'Continuation course'],
      ['FUP', 'Follow-up'],
    ],
    true,
  ),
  list('UNIT', 'Unit', null, true),
  list('RSCAT', 'Category for Response', null, true),
];

const BY_ID = new Map(FIXED.map((one) => [one.id, one]));

/** The list of that id; `DOMAIN.LB` is the one value LB. An id that no list has is our own mistake. */
export function codelistOf(id: string): Codelist {
  const found = BY_ID.get(id);
  if (found) return found;
  const [kind, domain] = id.split('.');
  if (kind !== 'DOMAIN' || domain === undefined) throw new Error(`there is no codelist ${id}`);
  return list(id, `Domain Abbreviation (${domain})`, same(domain));
}
