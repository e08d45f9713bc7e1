import { LOINC } from '../fhir/canonical.ts';
import { localKey, parseReference } from '../fhir/reference.ts';
import type { Analyte, DifferentialFact, LabFact } from '../trial/facts.ts';
import type { Coding, Word } from './concepts.ts';
import { FINDINGS, isPresent } from './finding.ts';
import type { Mapped, WorkNeed } from './mapped.ts';
import { differentialFact, findingFact, labFact, type Stated, weightFact } from './measured-facts.ts';
import { unparseable } from './needs.ts';
import { convert, type Expected } from './quantity.ts';
import { type Reading, withoutWord } from './reading.ts';
import { held, ignored } from './results.ts';
import { conceptOf, elementOf, flag, holderOf, quantityOf, text, texts } from './row.ts';
import { takenAt } from './taken-at.ts';
import { normaliseUnit, type QuantityKind } from './units.ts';
import type { Row } from './view/compile.ts';

const VOCABULARY = ['analyte'];

const LABORATORY = new Set(['laboratory', 'LAB']);

type LabStatus = LabFact['status'];
type Cells = DifferentialFact['cells'];

/** What is measured: each word that has a quantity, the quantity, and the properties of a code whose map states none. */
const MEASURED: Readonly<
  Record<Analyte | Cells | 'body-weight', readonly [QuantityKind, readonly string[]]>
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

type MeasuredWord = keyof typeof MEASURED;

const isMeasured = (code: string): code is MeasuredWord => Object.hasOwn(MEASURED, code);
const isCells = (code: MeasuredWord): code is Cells => MEASURED[code][0] === 'leukocyte-share';

/** R4 ObservationStatus: which are results, and why the others are not. */
const RESULT: ReadonlySet<string> = new Set([
  'preliminary',
  'final',
  'amended',
  'corrected',
] satisfies LabStatus[]);
const NO_RESULT = new Set(['registered', 'cancelled', 'unknown', 'entered-in-error']);

const isLabStatus = (status: string): status is LabStatus => RESULT.has(status);

/** An Observation row's status, or why it gives nothing (domain section 6: only results count, never read as zero). */
export function statusOf(row: Row, at: string): LabStatus | Mapped {
  const status = text(row, 'status');
  const element = `${at}.status`;
  if (status !== null && isLabStatus(status)) return status;
  if (status !== null && NO_RESULT.has(status)) {
    const reason = status === 'entered-in-error' ? status : `status-${status}`;
    return ignored(reason, element, `An Observation with status ${status} is no result.`);
  }
  return held(unparseable(element, 'status', 'The status is none of R4.', 'Send an R4 ObservationStatus.'));
}

/** What stands in the place of a quantity: a reason for its absence, a kind of value that is none, or nothing. */
function withoutQuantity(row: Row, kind: string, at: string): { absent: string } | { need: WorkNeed } {
  const absent = text(row, 'absent_code') ?? text(row, 'absent_text');
  if (text(row, 'value_string') === null && !flag(row, 'value_other')) {
    if (absent !== null) return { absent };
    const fix = 'Send valueQuantity, or dataAbsentReason.';
    return { need: unparseable(`${at}.value`, `${kind}:no value`, 'There is no value.', fix) };
  }
  const element = text(row, 'value_string') === null ? `${at}.value` : elementOf(row, 'value_string');
  const fix =
    'Send valueQuantity with value, comparator and unit, or dataAbsentReason where there is no number.';
  return { need: unparseable(element, `${kind}:not a quantity`, 'The value is not a Quantity.', fix) };
}

type Value = Pick<Stated, 'element' | 'converted' | 'absent'>;

/** The quantity in the trial's unit, or why there is none; a need where that cannot be told. */
function readValue(
  row: Row,
  reading: Reading,
  word: Word & { readonly code: MeasuredWord },
  coding: Coding,
  at: string,
): Value | WorkNeed {
  const sent = quantityOf(row, 'value');
  if (!sent || (sent.value === null && text(row, 'absent_code') !== null)) {
    const without = withoutQuantity(row, word.code, at);
    if ('need' in without) return without.need;
    return { element: holderOf(row, 'absent_code'), converted: null, absent: without.absent };
  }
  const said = word.attributes.filter((a) => a.name === 'loinc-property' || a.name === 'accepted-property');
  const [kind, usual] = MEASURED[word.code];
  const expected: Expected = {
    kind,
    properties: said.length > 0 ? said.map((a) => a.value) : usual,
    code: coding.system === LOINC ? `LOINC ${coding.code}` : `${coding.system}|${coding.code}`,
  };
  const read = convert(reading.tools.units, reading.context.site, sent, expected);
  return 'need' in read ? read.need : { element: sent.element, converted: read.value, absent: null };
}

/** The specimen by a name that another resource of the site can give it too; null for a contained one. */
function specimenOf(row: Row): string | null {
  const reference = parseReference(text(row, 'specimen') ?? '');
  return reference && localKey(reference);
}

/** The part of a row that has its word: its value, time and fact. */
function measured(row: Row, reading: Reading, word: Word, coding: Coding, rest: Placed): Mapped {
  const { code } = word;
  const isFinding = FINDINGS.has(code);
  if (!isMeasured(code) && !isFinding)
    throw new Error(`The analyte maps give a word that mapping does not know: ${code}.`);
  const taken = takenAt(row, reading);
  if ('reason' in taken) return held(taken);
  const { status, at } = rest;
  const stated = { word, coding, at: taken, status, specimen: specimenOf(row) };
  if (!isMeasured(code)) {
    const present = isPresent(row, reading, at);
    if (typeof present !== 'boolean') return present;
    return findingFact({ ...stated, element: at, converted: null, absent: null }, present, reading);
  }
  const value = readValue(row, reading, { ...word, code }, coding, at);
  if ('reason' in value) return held(value);
  const whole = { ...stated, ...value };
  if (code === 'body-weight') return weightFact(whole, reading);
  return isCells(code) ? differentialFact(whole, code, reading) : labFact(whole, code, reading);
}

/** Where a row stands and how far it is a result. */
interface Placed {
  readonly status: LabStatus;
  readonly at: string;
}

/** Rows without a word that nobody needs to decide about: panels, and what no laboratory sent. */
function needsNobody(row: Row, at: string): Mapped | null {
  const hasValue = quantityOf(row, 'value') || text(row, 'value_string') !== null || flag(row, 'value_other');
  if (flag(row, 'has_parts') && !hasValue)
    return ignored('panel', at, 'A panel carries no value of its own; its members are read.');
  const categories = texts(row, 'category_codes');
  if (categories.length > 0 && !categories.some((c) => LABORATORY.has(c)))
    return ignored('not-a-laboratory-result', `${at}.category`, 'Its category is not laboratory.');
  return null;
}

/**
 * One row of an Observation (the Observation itself, or one component) as a laboratory or weight fact, or why not.
 * Counts in 10*9/L, haemoglobin in g/L, shares in %, weight in kg; a dataAbsentReason gives a laboratory fact without a
 * value. Source: FHIR R4 Observation; domain sections 3.1 to 3.3 and 6.
 */
export function readMeasurement(row: Row, reading: Reading): Mapped {
  const status = statusOf(row, reading.at);
  if (typeof status !== 'string') return status;
  const concept = conceptOf(row, 'code');
  const quantity = quantityOf(row, 'value');
  const unit = [quantity?.code, quantity?.unit].flatMap((u) => (u ? [normaliseUnit(u)] : []));
  const { site } = reading.context;
  const meaning = reading.tools.concepts.find(site, VOCABULARY, concept.codings, { unit });
  const at = concept.element.replace(/\.code$/, '') || reading.at;
  if (meaning.kind === 'word') return measured(row, reading, meaning.word, meaning.coding, { status, at });
  const nobody = meaning.kind === 'unmapped' ? needsNobody(row, at) : null;
  return nobody ?? withoutWord(reading.tools, VOCABULARY, concept, meaning);
}
