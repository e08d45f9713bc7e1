import type { Protocol } from '../../trial/protocol.ts';
import { describeElementDates } from '../tabulation/trial-elements.ts';

/** How derived variables are derived in every study, by the method's id. */
const DERIVATION_METHODS: Readonly<Record<string, string>> = {
  USUBJID: 'Study identifier, a full stop, subject number.',
  SEQ: 'The records of a subject in the order of the key variables, counted from 1.',
  TSSEQ: 'Counted from 1 within each parameter.',
  DY: 'Days from the day of the first infusion, plus 1 on or after it; there is no day 0. Empty where the date is partial.',
  EPOCH:
    'Epoch of the subject element in which the start lies. Empty before informed consent and where the date is partial.',
  VISIT:
    'The protocol visit whose window, in days after the first infusion, holds the day. BASELINE: the days up to the first infusion that count for the baseline. Each other day is an unscheduled visit, numbered after the planned visit before it.',
  STRES:
    'Result converted to the standard unit with decimal arithmetic; LBSTRESN is empty where the result is a limit such as <5.',
  STAT: 'NOT DONE where there is no value.',
  LOBXFL:
    'Y on the last result with a value, per test, before the first infusion. A result of the same day without a time of day counts as before it.',
  RFST: 'Start of the first infusion given.',
  RFEN: 'End of the last infusion given as of the data cutoff; its start where no end was sent.',
  RFPEN: 'Day of death, else the last day of which anything is known.',
  DTHFL: 'Y where a death is known.',
  AGE: 'Whole years from birth to the first infusion, else to informed consent. Empty where a partial birth date allows two ages.',
  SEX: 'M, F or UNDIFFERENTIATED (sent as other); U where not sent or where statements differ.',
  ACTARM: 'The planned arm once an infusion was given; before that empty, with the reason.',
  SVOCCUR:
    'For planned visits: Y where a result or weight lies in the window, N where the window has passed without any.',
  SVDTC: 'First and last day with a result or weight in the visit.',
  RESPONSE:
    'By the criteria set that RSCAT names, computed from the laboratory results, transfusions and growth factors of the subject.',
  RSDTC:
    'Day of the assessed count, for lineages the day on which the response was first met, else the target day of the visit.',
  AESDTH: 'Y where the outcome sent is fatal.',
  EXDOSE:
    'As sent per kg body weight; a total is divided by the weight nearest to the infusion within the days of the protocol, to three decimal places, and stands in SUPPEX. Without such a weight it stays a total.',
};

/** What must be known of a variable or dataset, by the comment's id. */
export const DEFINE_COMMENTS: Readonly<Record<string, string>> = {
  DTC: 'In the precision in which it was sent. Where the sender used a time zone in which it was another day than at the site, the day at the site, without time.',
  DSSTDTC: 'Empty where the day was not sent: an end of participation comes without its date.',
  NORANGE: 'Reference ranges are not taken over from the hospitals.',
  UNIT: 'As sent, in the spelling of the CDISC unit codelist where that is known, else as sent.',
  RSCAT:
    'Criteria set that the protocol names, with its version. The set is of this protocol and not in CDISC terminology.',
  CAUSE: 'Cause of death is not collected; it is known only where one adverse event had a fatal outcome.',
  MEDDRA:
    'MedDRA is licensed: a code is passed through where the hospital sent it, no other level is filled.',
  AEDECOD: 'The term as the hospital coded it; not coded again by a dictionary here.',
  AESER: 'As sent; empty where the hospital does not say. Never inferred from the grade.',
  NOTSENT: 'Not collected.',
  RACE: 'Categories as sent. MULTIPLE: more than one was sent, each in SUPPDM. UNKNOWN: race was sent and names no category, or statements differ. Empty where it was not sent.',
  ETHNIC:
    'Category as sent. UNKNOWN: ethnicity was sent and names no category, or statements differ. Empty where it was not sent.',
  COUNTRY: 'Country of the site, as the study declares it for the site; empty where it does not.',
  ARM: 'Single arm. The code is the protocol product.',
  WORD: 'The word of this study for what the hospitals send under many codes.',
  ASOF: 'Day as of which the study was judged.',
  DOSEUNIT: 'Per kg body weight; in total where no weight is at hand to divide it.',
  TSVAL: 'From the protocol and the data; TSVALNF is NI where neither says.',
  TSCODE: 'TSVCDREF is ISO 8601 for dates; other values have no code here.',
  QVAL: 'As sent, or as judged, in the words of this study.',
  CT: 'The terminology file was not at hand when this export was written: values follow it as far as they are known.',
  NODATA: 'There are no such data in this study as of the data cutoff.',
  EMPTY: 'Holds no value in this study as of the data cutoff.',
};

/** Lists how derived variables are derived in the study, by the method's id. */
export function listDerivationMethods(protocol: Protocol): Readonly<Record<string, string>> {
  return { ...DERIVATION_METHODS, SEDTC: describeElementDates(protocol) };
}
