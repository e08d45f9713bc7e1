import { LOINC } from '../fhir/canonical.ts';
import type { Analyte, LabFact, Method, Moment, WeightFact } from '../trial/facts.ts';
import type { Coding, Word } from './concepts.ts';
import { keyOf, timeKey, valueKey } from './keys.ts';
import type { Mapped, WorkNeed } from './mapped.ts';
import { unparseable } from './needs.ts';
import { type Converted, convert, type Expected } from './quantity.ts';
import { original, type Reading, sourcesOf, withoutWord } from './reading.ts';
import { held, ignored, states } from './results.ts';
import { conceptOf, elementOf, flag, holderOf, quantityOf, text, texts } from './row.ts';
import { takenAt } from './taken-at.ts';
import { normaliseUnit } from './units.ts';
import type { Row } from './view/compile.ts';

const VOCABULARY = ['analyte'];

const ANALYTES: ReadonlySet<string> = new Set([
  'wbc',
  'anc',
  'hemoglobin',
  'platelets',
  'reticulocytes',
] satisfies Analyte[]);
const METHODS: ReadonlySet<string> = new Set([
  'automated',
  'manual',
  'unspecified',
  'estimate',
] satisfies Method[]);
const LABORATORY = new Set(['laboratory', 'LAB']);

type LabStatus = LabFact['status'];

/** R4 ObservationStatus: which are results, and why the others are not. */
const RESULT: ReadonlySet<string> = new Set([
  'preliminary',
  'final',
  'amended',
  'corrected',
] satisfies LabStatus[]);
const NO_RESULT = new Set(['registered', 'cancelled', 'unknown', 'entered-in-error']);

const isAnalyte = (code: string): code is Analyte => ANALYTES.has(code);
const isMethod = (value: string | undefined): value is Method => value !== undefined && METHODS.has(value);
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

const attributes = (word: Word, ...names: string[]): string[] =>
  word.attributes.filter((a) => names.includes(a.name)).map((a) => a.value);

/** The properties of a code whose map states none; haemoglobin is sent as mass and as substance, the unit says which. */
const USUAL: Readonly<Record<Analyte | 'body-weight', readonly string[]>> = {
  wbc: ['NCnc'],
  anc: ['NCnc'],
  platelets: ['NCnc'],
  reticulocytes: ['NCnc'],
  hemoglobin: ['MCnc', 'SCnc'],
  'body-weight': ['Mass'],
};

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

interface Stated {
  readonly word: Word;
  readonly coding: Coding;
  readonly at: Moment;
  readonly status: LabStatus;
  readonly element: string;
  readonly converted: Converted | null;
  readonly absent: string | null;
}

function labFact(stated: Stated, analyte: Analyte, reading: Reading): LabFact {
  const { word, coding, at, status, converted, element } = stated;
  const [method] = attributes(word, 'method');
  const measured = converted?.measured ?? null;
  const preliminary = status === 'preliminary' ? ['preliminary'] : [];
  return {
    kind: 'lab',
    key: keyOf('lab', analyte, timeKey(at), valueKey(measured), ...preliminary),
    subject: reading.context.subject,
    at,
    sources: sourcesOf(reading, element),
    analyte,
    measured,
    absentReason: stated.absent,
    method: isMethod(method) ? method : 'unspecified',
    status,
    original: original(`${coding.system}|${coding.code}`, converted?.sent),
  };
}

function weightFact(stated: Stated, reading: Reading): Mapped {
  const { coding, at, converted, status, element } = stated;
  if (!converted) return ignored('no-value', element, 'A weight without a value says nothing.');
  if (status === 'preliminary')
    return ignored('status-preliminary', element, 'A preliminary weight is not used.');
  const { measured, sent } = converted;
  if (measured.comparator !== null)
    return held(
      unparseable(element, 'body-weight:comparator', 'A weight cannot be an interval.', 'Send the weight.'),
    );
  const fact: WeightFact = {
    kind: 'weight',
    key: keyOf('weight', timeKey(at), valueKey(measured)),
    subject: reading.context.subject,
    at,
    sources: sourcesOf(reading, element),
    kilograms: measured.value,
    original: original(`${coding.system}|${coding.code}`, sent),
  };
  return states([fact]);
}

/** The part of a row that has its word: its value, time and fact. */
function measured(
  row: Row,
  reading: Reading,
  word: Word,
  coding: Coding,
  status: LabStatus,
  at: string,
): Mapped {
  const kind = word.code;
  if (!isAnalyte(kind) && kind !== 'body-weight')
    throw new Error(`The analyte maps give a word that mapping does not know: ${kind}.`);
  const taken = takenAt(row, reading);
  if ('reason' in taken) return held(taken);
  const stated = { word, coding, at: taken, status };
  const give = (rest: Pick<Stated, 'element' | 'converted' | 'absent'>): Mapped =>
    isAnalyte(kind)
      ? states([labFact({ ...stated, ...rest }, kind, reading)])
      : weightFact({ ...stated, ...rest }, reading);
  const sent = quantityOf(row, 'value');
  if (!sent || (sent.value === null && text(row, 'absent_code') !== null)) {
    const without = withoutQuantity(row, kind, at);
    if ('need' in without) return held(without.need);
    return give({ element: holderOf(row, 'absent_code'), converted: null, absent: without.absent });
  }
  const said = attributes(word, 'loinc-property', 'accepted-property');
  const expected: Expected = {
    kind,
    properties: said.length > 0 ? said : USUAL[kind],
    code: coding.system === LOINC ? `LOINC ${coding.code}` : `${coding.system}|${coding.code}`,
  };
  const read = convert(reading.tools.units, reading.context.site, sent, expected);
  if ('need' in read) return held(read.need);
  return give({ element: sent.element, converted: read.value, absent: null });
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
 * Counts in 10*9/L, haemoglobin in g/L, weight in kg; a dataAbsentReason gives a laboratory fact without a value.
 * Source: FHIR R4 Observation; domain sections 3.1 to 3.3 and 6.
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
  if (meaning.kind === 'word') return measured(row, reading, meaning.word, meaning.coding, status, at);
  const nobody = meaning.kind === 'unmapped' ? needsNobody(row, at) : null;
  return nobody ?? withoutWord(reading.tools, VOCABULARY, concept, meaning);
}
