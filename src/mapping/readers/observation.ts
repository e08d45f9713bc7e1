import { LOINC_SYSTEM } from '../../fhir/canonical-urls.ts';
import { parseReference, toLocalKey } from '../../fhir/reference.ts';
import type { Analyte, DifferentialFact, LabFact } from '../../trial/facts.ts';
import { toHeldResult, toIgnoredResult } from '../build-result.ts';
import { normaliseUnit } from '../codes/normalise-unit.ts';
import type { Coding, TrialTerm } from '../codes/terminology.ts';
import type { MappingResult, WorkNeed } from '../mapping-result.ts';
import { convertQuantity, type ExpectedQuantity } from '../units/convert-quantity.ts';
import type { QuantityKind } from '../units/trial-units.ts';
import type { ViewRow } from '../view/compile-view.ts';
import { createUnparseableNeed } from '../work-item-texts.ts';
import { readCollectionTime } from './collection-time.ts';
import { FINDING_TERMS, readPresence } from './finding-presence.ts';
import {
  buildDifferentialFact,
  buildFindingFact,
  buildLabFact,
  buildWeightFact,
  type ParsedObservation,
} from './observation-facts.ts';
import type { ReaderInput } from './reader-input.ts';
import {
  readConcept,
  readElementPath,
  readFlag,
  readParentPath,
  readQuantity,
  readText,
  readTexts,
} from './row-columns.ts';
import { toUntranslatedResult } from './translate-concept.ts';

const ANALYTE_VOCABULARIES = ['analyte'];

const LABORATORY_CATEGORIES = new Set(['laboratory', 'LAB']);

type LabStatus = LabFact['status'];
type DifferentialCells = DifferentialFact['cells'];

/** What is measured: each word that has a quantity, the quantity, and the properties of a code whose map states none. */
const QUANTITY_BY_TERM: Readonly<
  Record<Analyte | DifferentialCells | 'body-weight', readonly [QuantityKind, readonly string[]]>
> = {
  wbc: ['wbc', ['NCnc']],
  anc: ['anc', ['NCnc']],
  platelets: ['platelets', ['NCnc']],
  reticulocytes: ['reticulocytes', ['NCnc']],
  // Haemoglobin is sent as mass and as substance: the unit says which.
  hemoglobin: ['hemoglobin', ['MCnc', 'SCnc']],
  'segmented-neutrophils': ['leukocyte-share', ['NFr']],
  'band-neutrophils': ['leukocyte-share', ['NFr']],
  'body-weight': ['body-weight', ['Mass']],
};

type MeasuredTerm = keyof typeof QUANTITY_BY_TERM;

const isMeasuredTerm = (code: string): code is MeasuredTerm => Object.hasOwn(QUANTITY_BY_TERM, code);
const isDifferentialTerm = (code: MeasuredTerm): code is DifferentialCells =>
  QUANTITY_BY_TERM[code][0] === 'leukocyte-share';

/** R4 ObservationStatus: which are results, and why the others are not. */
const RESULT_STATUSES: ReadonlySet<string> = new Set([
  'preliminary',
  'final',
  'amended',
  'corrected',
] satisfies LabStatus[]);
const NON_RESULT_STATUSES = new Set(['registered', 'cancelled', 'unknown', 'entered-in-error']);

const isLabStatus = (status: string): status is LabStatus => RESULT_STATUSES.has(status);

/** An Observation row's status, or why it gives nothing (domain section 6: only results count, never read as zero). */
export function readLabStatus(row: ViewRow, at: string): LabStatus | MappingResult {
  const status = readText(row, 'status');
  const element = `${at}.status`;
  if (status !== null && isLabStatus(status)) return status;
  if (status !== null && NON_RESULT_STATUSES.has(status)) {
    const reason = status === 'entered-in-error' ? status : `status-${status}`;
    return toIgnoredResult(reason, element, `An Observation with status ${status} is no result.`);
  }
  return toHeldResult(
    createUnparseableNeed(element, 'status', 'The status is none of R4.', 'Send an R4 ObservationStatus.'),
  );
}

/** What stands in the place of a quantity: a reason for its absence, a kind of value that is none, or nothing. */
function explainMissingQuantity(
  row: ViewRow,
  kind: string,
  at: string,
): { absent: string } | { need: WorkNeed } {
  const absent = readText(row, 'absent_code') ?? readText(row, 'absent_text');
  if (readText(row, 'value_string') === null && !readFlag(row, 'value_other')) {
    if (absent !== null) return { absent };
    const fix = 'Send valueQuantity, or dataAbsentReason.';
    return { need: createUnparseableNeed(`${at}.value`, `${kind}:no value`, 'There is no value.', fix) };
  }
  const element =
    readText(row, 'value_string') === null ? `${at}.value` : readElementPath(row, 'value_string');
  const fix =
    'Send valueQuantity with value, comparator and unit, or dataAbsentReason where there is no number.';
  return {
    need: createUnparseableNeed(element, `${kind}:not a quantity`, 'The value is not a Quantity.', fix),
  };
}

type ObservationValue = Pick<ParsedObservation, 'element' | 'converted' | 'absentReason'>;

/** The quantity in the trial's unit, or why there is none; a need where that cannot be told. */
function readObservationValue(
  row: ViewRow,
  reading: ReaderInput,
  word: TrialTerm & { readonly code: MeasuredTerm },
  coding: Coding,
  at: string,
): ObservationValue | WorkNeed {
  const sent = readQuantity(row, 'value');
  if (!sent || (sent.value === null && readText(row, 'absent_code') !== null)) {
    const without = explainMissingQuantity(row, word.code, at);
    if ('need' in without) return without.need;
    return { element: readParentPath(row, 'absent_code'), converted: null, absentReason: without.absent };
  }
  const said = word.attributes.filter((a) => a.name === 'loinc-property' || a.name === 'accepted-property');
  const [kind, usual] = QUANTITY_BY_TERM[word.code];
  const expected: ExpectedQuantity = {
    kind,
    properties: said.length > 0 ? said.map((a) => a.value) : usual,
    codeLabel: coding.system === LOINC_SYSTEM ? `LOINC ${coding.code}` : `${coding.system}|${coding.code}`,
  };
  const read = convertQuantity(reading.mappings.units, reading.context.site, sent, expected);
  return 'need' in read ? read.need : { element: sent.element, converted: read.value, absentReason: null };
}

/** The specimen by a name that another resource of the site can give it too; null for a contained one. */
function readSpecimenKey(row: ViewRow): string | null {
  const reference = parseReference(readText(row, 'specimen') ?? '');
  return reference && toLocalKey(reference);
}

/** The part of a row that has its word: its value, time and fact. */
function readTranslatedObservation(
  row: ViewRow,
  reading: ReaderInput,
  word: TrialTerm,
  coding: Coding,
  rest: RowPlacement,
): MappingResult {
  const { code } = word;
  const isFinding = FINDING_TERMS.has(code);
  if (!isMeasuredTerm(code) && !isFinding)
    throw new Error(`The analyte maps give a word that mapping does not know: ${code}.`);
  const taken = readCollectionTime(row, reading);
  if ('reason' in taken) return toHeldResult(taken);
  const { status, at } = rest;
  const stated = { term: word, coding, at: taken, status, specimen: readSpecimenKey(row) };
  if (!isMeasuredTerm(code)) {
    const present = readPresence(row, reading, at);
    if (typeof present !== 'boolean') return present;
    return buildFindingFact(
      { ...stated, element: at, converted: null, absentReason: null },
      present,
      reading,
    );
  }
  const value = readObservationValue(row, reading, { ...word, code }, coding, at);
  if ('reason' in value) return toHeldResult(value);
  const whole = { ...stated, ...value };
  if (code === 'body-weight') return buildWeightFact(whole, reading);
  return isDifferentialTerm(code)
    ? buildDifferentialFact(whole, code, reading)
    : buildLabFact(whole, code, reading);
}

/** Where a row stands and how far it is a result. */
interface RowPlacement {
  readonly status: LabStatus;
  readonly at: string;
}

/** Rows without a word that nobody needs to decide about: panels, and what no laboratory sent. */
function ignorePanelOrNonLab(row: ViewRow, at: string): MappingResult | null {
  const hasValue =
    readQuantity(row, 'value') || readText(row, 'value_string') !== null || readFlag(row, 'value_other');
  if (readFlag(row, 'has_parts') && !hasValue)
    return toIgnoredResult('panel', at, 'A panel carries no value of its own; its members are read.');
  const categories = readTexts(row, 'category_codes');
  if (categories.length > 0 && !categories.some((c) => LABORATORY_CATEGORIES.has(c)))
    return toIgnoredResult('not-a-laboratory-result', `${at}.category`, 'Its category is not laboratory.');
  return null;
}

/**
 * One row of an Observation (the Observation itself, or one component) as a laboratory or weight fact, or why not.
 * Counts in 10*9/L, haemoglobin in g/L, shares in %, weight in kg; a dataAbsentReason gives a laboratory fact without a
 * value. Source: FHIR R4 Observation; domain sections 3.1 to 3.3 and 6.
 */
export function readObservation(row: ViewRow, reading: ReaderInput): MappingResult {
  const status = readLabStatus(row, reading.at);
  if (typeof status !== 'string') return status;
  const concept = readConcept(row, 'code');
  const quantity = readQuantity(row, 'value');
  const unit = [quantity?.code, quantity?.unit].flatMap((u) => (u ? [normaliseUnit(u)] : []));
  const { site } = reading.context;
  const meaning = reading.mappings.terminology.translate(site, ANALYTE_VOCABULARIES, concept.codings, {
    unit,
  });
  const at = concept.element.replace(/\.code$/, '') || reading.at;
  if (meaning.kind === 'word')
    return readTranslatedObservation(row, reading, meaning.term, meaning.coding, { status, at });
  const nobody = meaning.kind === 'unmapped' ? ignorePanelOrNonLab(row, at) : null;
  return nobody ?? toUntranslatedResult(reading.mappings, ANALYTE_VOCABULARIES, concept, meaning);
}
