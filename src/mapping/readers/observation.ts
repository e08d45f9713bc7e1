import { LOINC_SYSTEM } from '../../fhir/canonical-urls.ts';
import { parseReference, toLocalKey } from '../../fhir/reference.ts';
import type { Analyte, DifferentialFact, LabFact, MeasurementMethod } from '../../trial/facts.ts';
import { normaliseUnit } from '../codes/normalise-unit.ts';
import type { TrialTerm } from '../codes/terminology.ts';
import { holdValue, type MappingResult, toIgnoredResult, type ValueOrResult } from '../mapping-result.ts';
import { SPECIMEN_WORDS_SYSTEM } from '../meaning/check-concept.ts';
import type { SentQuantity } from '../sent-values.ts';
import { convertQuantity, type ExpectedQuantity } from '../units/convert-quantity.ts';
import type { QuantityKind } from '../units/trial-units.ts';
import type { ViewRow } from '../view/view-row.ts';
import { createUnparseableNeed } from '../work-item-texts.ts';
import { readCollectionTime } from './collection-time.ts';
import { FINDING_TERMS, readPresence } from './finding-presence.ts';
import {
  buildDifferentialFact,
  buildFindingFact,
  buildLabFact,
  buildWeightFact,
  isCountMethod,
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
} from './row-columns.ts';
import { readStatedConcepts } from './stated-concepts.ts';
import { type TermTranslation, toUntranslatedResult, translateEachCoding } from './translate-concept.ts';

const ANALYTE_VOCABULARIES = ['analyte'];

const CATEGORY_VOCABULARY = 'result-category';

type LabStatus = LabFact['status'];
type DifferentialCells = DifferentialFact['cells'];

/** The quantity of each measured term, and the LOINC properties that apply to a code whose map states none. */
const QUANTITY_BY_TERM: Readonly<
  Record<Analyte | DifferentialCells | 'body-weight', readonly [QuantityKind, readonly string[]]>
> = {
  wbc: ['wbc', ['NCnc']],
  anc: ['anc', ['NCnc']],
  platelets: ['platelets', ['NCnc']],
  reticulocytes: ['reticulocytes', ['NCnc']],
  // Haemoglobin is sent as mass and as substance per volume: the unit distinguishes them.
  hemoglobin: ['hemoglobin', ['MCnc', 'SCnc']],
  'total-neutrophils': ['leukocyte-share', ['NFr']],
  'segmented-neutrophils': ['leukocyte-share', ['NFr']],
  'band-neutrophils': ['leukocyte-share', ['NFr']],
  'body-weight': ['body-weight', ['Mass']],
};

type MeasuredTerm = keyof typeof QUANTITY_BY_TERM;

const isMeasuredTerm = (code: string): code is MeasuredTerm => Object.hasOwn(QUANTITY_BY_TERM, code);
const isDifferentialTerm = (code: MeasuredTerm): code is DifferentialCells =>
  QUANTITY_BY_TERM[code][0] === 'leukocyte-share';

/** R4 ObservationStatus: the codes of results, and the codes of Observations that are not results. */
const RESULT_STATUSES: ReadonlySet<string> = new Set([
  'preliminary',
  'final',
  'amended',
  'corrected',
] satisfies LabStatus[]);
const NON_RESULT_STATUSES = new Set(['registered', 'cancelled', 'unknown', 'entered-in-error']);

const isLabStatus = (status: string): status is LabStatus => RESULT_STATUSES.has(status);

/**
 * Reads an Observation row's status. Ignored if the Observation is not a result (domain section 6: only results count, and
 * nothing else is read as zero); held if the status is not an R4 code.
 */
export function readLabStatus(row: ViewRow, at: string): ValueOrResult<LabStatus> {
  const status = readText(row, 'status');
  const element = `${at}.status`;
  if (status !== null && isLabStatus(status)) return { value: status };
  if (status !== null && NON_RESULT_STATUSES.has(status)) {
    const reason = status === 'entered-in-error' ? status : `status-${status}`;
    const detail = `An Observation with status ${status} is not a result.`;
    return { result: toIgnoredResult(reason, element, detail) };
  }
  const detail = 'The status is missing or is not an R4 ObservationStatus.';
  const fix = 'Send an R4 ObservationStatus, such as final.';
  return holdValue(createUnparseableNeed(element, 'status', detail, fix));
}

/** Reads why a quantity is absent. Held if no reason was sent, or if the value is not a Quantity. */
function readAbsentReason(row: ViewRow, kind: string, at: string): ValueOrResult<string> {
  const absentReason = readText(row, 'absent_code') ?? readText(row, 'absent_text');
  const isText = readText(row, 'value_string') !== null;
  if (!isText && !readFlag(row, 'value_other')) {
    if (absentReason !== null) return { value: absentReason };
    const fix = 'Send valueQuantity, or dataAbsentReason.';
    return holdValue(
      createUnparseableNeed(`${at}.value`, `${kind}:no value`, 'The result has no value.', fix),
    );
  }
  const element = isText ? readElementPath(row, 'value_string') : `${at}.value`;
  const fix =
    'Send valueQuantity with value, comparator and unit, or dataAbsentReason if there is no number.';
  return holdValue(
    createUnparseableNeed(element, `${kind}:not a quantity`, 'The value is not a Quantity.', fix),
  );
}

type ObservationValue = Pick<ParsedObservation, 'element' | 'converted' | 'absentReason'>;

function buildExpectedQuantity(
  code: MeasuredTerm,
  { term, coding }: Pick<TermTranslation, 'term' | 'coding'>,
): ExpectedQuantity {
  const stated = term.attributes.filter(
    ({ name }) => name === 'loinc-property' || name === 'accepted-property',
  );
  const [kind, usualProperties] = QUANTITY_BY_TERM[code];
  return {
    kind,
    properties: stated.length > 0 ? stated.map(({ value }) => value) : usualProperties,
    codeLabel: coding.system === LOINC_SYSTEM ? `LOINC ${coding.code}` : `${coding.system}|${coding.code}`,
  };
}

/** Reads the value in the trial unit, or the reason for which there is none. Held if neither can be determined. */
function readObservationValue(
  row: ViewRow,
  input: ReaderInput,
  code: MeasuredTerm,
  { translation, at, quantity: sent }: RowContext,
): ValueOrResult<ObservationValue> {
  if (!sent || (sent.value === null && readText(row, 'absent_code') !== null)) {
    const absentReason = readAbsentReason(row, code, at);
    if ('result' in absentReason) return absentReason;
    const element = readParentPath(row, 'absent_code');
    return { value: { element, converted: null, absentReason: absentReason.value } };
  }
  const expected = buildExpectedQuantity(code, translation);
  const converted = convertQuantity(input.mappings.units, input.context.site, sent, expected);
  if ('result' in converted) return converted;
  return { value: { element: sent.element, converted: converted.value, absentReason: null } };
}

/** Reads the reference to the specimen that other resources of the site can share; null for a contained specimen. */
function readSpecimenKey(row: ViewRow): string | null {
  const reference = parseReference(readText(row, 'specimen') ?? '');
  return reference && toLocalKey(reference);
}

/** Reads Observation.method. A method that is in no map is one of the many ways to count, and changes nothing. */
function readSentMethod(row: ViewRow, input: ReaderInput): MeasurementMethod {
  const { codings, text } = readConcept(row, 'method');
  const words = text === null ? [] : [{ system: SPECIMEN_WORDS_SYSTEM, code: text.trim().toLowerCase() }];
  const methods = translateEachCoding(input, 'measurement-method', [...codings, ...words]);
  const method = methods.includes('estimate') ? 'estimate' : methods[0];
  return isCountMethod(method) ? method : 'unspecified';
}

/** The state of a row whose code has been translated. */
interface RowContext {
  readonly translation: TermTranslation;
  readonly status: LabStatus;
  readonly quantity: SentQuantity | null;
  /** FHIRPath of the Observation or component. */
  readonly at: string;
}

function isFindingTerm({ code }: TrialTerm): boolean {
  return FINDING_TERMS.has(code);
}

/** Reads the rest of a row whose code has a term: its time, its value, and the fact. */
function readTranslatedObservation(row: ViewRow, input: ReaderInput, context: RowContext): MappingResult {
  const { translation, status, at } = context;
  const { term, coding } = translation;
  const { code } = term;
  if (!isMeasuredTerm(code) && !isFindingTerm(term))
    throw new Error(`The analyte maps contain a term without a reader: ${code}.`);
  const collected = readCollectionTime(row, input);
  if ('result' in collected) return collected.result;
  const shared = {
    ...{ term, coding, at: collected.value, status },
    ...{ specimen: readSpecimenKey(row), sentMethod: readSentMethod(row, input) },
  };
  if (!isMeasuredTerm(code)) {
    const presence = readPresence(row, input, at);
    if ('result' in presence) return presence.result;
    const observation = { ...shared, element: at, converted: null, absentReason: null };
    return buildFindingFact(observation, presence.value, input);
  }
  const value = readObservationValue(row, input, code, context);
  if ('result' in value) return value.result;
  const observation = { ...shared, ...value.value };
  if (code === 'body-weight') return buildWeightFact(observation, input);
  return isDifferentialTerm(code)
    ? buildDifferentialFact(observation, code, input)
    : buildLabFact(observation, code, input);
}

/**
 * Whether every category is understood as something else than a laboratory. A category that no map has may mean one: by
 * another system (LOINC, v2-0074, a local one), without a system, or as a text. Without a category nothing is known.
 */
function isOutsideLaboratory(row: ViewRow, input: ReaderInput): boolean {
  const categories = readStatedConcepts(row, 'category').map(({ codings }) =>
    translateEachCoding(input, CATEGORY_VOCABULARY, codings),
  );
  return (
    categories.length > 0 &&
    categories.every((terms) => terms.length > 0 && terms.every((term) => term === 'not-laboratory'))
  );
}

/** Ignores rows with an unmapped code that need no decision: panels, and results that are not from a laboratory. */
function ignorePanelOrNonLab(row: ViewRow, input: ReaderInput, at: string): MappingResult | null {
  const hasValue =
    readQuantity(row, 'value') || readText(row, 'value_string') !== null || readFlag(row, 'value_other');
  if (readFlag(row, 'has_parts') && !hasValue)
    return toIgnoredResult('panel', at, 'A panel has no value of its own; its members are read.');
  if (isOutsideLaboratory(row, input))
    return toIgnoredResult('not-a-laboratory-result', `${at}.category`, 'No category is a laboratory.');
  return null;
}

/**
 * Reads one row of an Observation (the Observation itself, or one component) as a laboratory or weight fact. Counts are in
 * 10*9/L, haemoglobin in g/L, shares in %, weight in kg. A dataAbsentReason yields a laboratory fact without a value.
 * Source: FHIR R4 Observation; domain sections 3.1 to 3.3 and 6.
 */
export function readObservation(row: ViewRow, input: ReaderInput): MappingResult {
  const status = readLabStatus(row, input.at);
  if ('result' in status) return status.result;
  const concept = readConcept(row, 'code');
  const quantity = readQuantity(row, 'value');
  const unit = [quantity?.code, quantity?.unit].flatMap((text) => (text ? [normaliseUnit(text)] : []));
  const { mappings, context } = input;
  const translation = mappings.terminology.translate(context.site, ANALYTE_VOCABULARIES, concept.codings, {
    unit,
  });
  const at = concept.element.replace(/\.code$/, '') || input.at;
  if (translation.kind === 'term')
    return readTranslatedObservation(row, input, { translation, status: status.value, quantity, at });
  const ignored = translation.kind === 'unmapped' ? ignorePanelOrNonLab(row, input, at) : null;
  return ignored ?? toUntranslatedResult(input, ANALYTE_VOCABULARIES, concept, translation);
}
