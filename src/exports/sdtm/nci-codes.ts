import { TRIAL_SUMMARY_PARAMETERS, type TrialSummaryParameter } from '../tabulation/codelists.ts';

/**
 * NCI codes of CDISC's codelists and of their values, by the list's id. Only what CDISC's own sample of Define-XML 2.1
 * (metadata submission guidelines, example_sdtm_define.xml) gives: the terminology itself was not at hand, and a code is
 * never guessed. The sample has one code for both values of ETHNIC; that of the second is left out.
 */
export interface NciCodes {
  readonly list: string;
  readonly values: Readonly<Record<string, string>>;
}

const PARAMETER_CODES: Readonly<Record<TrialSummaryParameter, string>> = {
  ACTSUB: 'C98703',
  DCUTDESC: 'C98718',
  DCUTDTC: 'C98717',
  INDIC: 'C112038',
  NARMS: 'C98771',
  PLANSUB: 'C49692',
  REGID: 'C98714',
  SPONSOR: 'C70793',
  SSTDTC: 'C69208',
  STYPE: 'C142175',
  TITLE: 'C49802',
  TPHASE: 'C48281',
  TRT: 'C41161',
};

const DOMAIN_CODES = {
  AE: 'C49562',
  CM: 'C49568',
  DD: 'C95087',
  DM: 'C49572',
  DS: 'C49576',
  EX: 'C49587',
  LB: 'C49592',
  MH: 'C49603',
  RS: 'C107097',
  SE: 'C49616',
  SV: 'C49617',
  TA: 'C49618',
  TE: 'C49619',
  TS: 'C53483',
  VS: 'C49622',
} as const;

const PARAMETER_NAME_CODES = Object.fromEntries(
  Object.entries(PARAMETER_CODES).map(([code, nci]) => [
    TRIAL_SUMMARY_PARAMETERS[code as TrialSummaryParameter],
    nci,
  ]),
);

const CODES_BY_CODELIST: Readonly<Record<string, NciCodes>> = {
  Y: { list: 'C66742', values: { Y: 'C49488' } },
  NY: { list: 'C66742', values: { N: 'C49487', Y: 'C49488' } },
  ND: { list: 'C66789', values: { 'NOT DONE': 'C49484' } },
  SEX: { list: 'C66731', values: { F: 'C16576', M: 'C20197' } },
  RACE: {
    list: 'C74457',
    values: {
      'AMERICAN INDIAN OR ALASKA NATIVE': 'C41259',
      ASIAN: 'C41260',
      'BLACK OR AFRICAN AMERICAN': 'C16352',
      'NATIVE HAWAIIAN OR OTHER PACIFIC ISLANDER': 'C41219',
      WHITE: 'C41261',
    },
  },
  ETHNIC: { list: 'C66790', values: { 'HISPANIC OR LATINO': 'C17459' } },
  AGEU: { list: 'C66781', values: { YEARS: 'C29848' } },
  ARMNULRS: { list: 'C142179', values: {} },
  EPOCH: { list: 'C99079', values: { SCREENING: 'C48262', TREATMENT: 'C101526' } },
  AESEV: { list: 'C66769', values: { MILD: 'C41338', MODERATE: 'C41339', SEVERE: 'C41340' } },
  OUT: {
    list: 'C66768',
    values: {
      FATAL: 'C48275',
      'NOT RECOVERED/NOT RESOLVED': 'C49494',
      'RECOVERED/RESOLVED': 'C49498',
      'RECOVERED/RESOLVED WITH SEQUELAE': 'C49495',
      'RECOVERING/RESOLVING': 'C49496',
      UNKNOWN: 'C17998',
    },
  },
  DSCAT: { list: 'C74558', values: { 'DISPOSITION EVENT': 'C74590', 'PROTOCOL MILESTONE': 'C74588' } },
  ONGOING: { list: 'C66728', values: { ONGOING: 'C53279' } },
  LBTESTCD: { list: 'C65047', values: { WBC: 'C51948', HGB: 'C64848', PLAT: 'C51951' } },
  LBTEST: { list: 'C67154', values: { Leukocytes: 'C51948', Hemoglobin: 'C64848', Platelets: 'C51951' } },
  VSTESTCD: { list: 'C66741', values: { WEIGHT: 'C25208' } },
  VSTEST: { list: 'C67153', values: { Weight: 'C25208' } },
  DDTESTCD: { list: 'C116108', values: { PRCDTH: 'C99531' } },
  DDTEST: { list: 'C116107', values: { 'Primary Cause of Death': 'C99531' } },
  TSPARMCD: { list: 'C66738', values: PARAMETER_CODES },
  TSPARM: { list: 'C67152', values: PARAMETER_NAME_CODES },
  STDUNIT: { list: 'C71620', values: { '10^9/L': 'C67255', kg: 'C28252' } },
};

/** The codes of a codelist; null where none are known. */
export function findNciCodes(id: string): NciCodes | null {
  const [kind, domain] = id.split('.');
  if (kind === 'DOMAIN') return { list: 'C66734', values: DOMAIN_CODES };
  return domain === undefined ? (CODES_BY_CODELIST[id] ?? null) : null;
}
