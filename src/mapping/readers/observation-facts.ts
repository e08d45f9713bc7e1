import type {
  Analyte,
  DifferentialFact,
  FindingFact,
  LabFact,
  MeasurementMethod,
  Moment,
  WeightFact,
} from '../../trial/facts.ts';
import type { Coding, TrialTerm } from '../codes/terminology.ts';
import { type MappingResult, toFactsResult, toHeldResult, toIgnoredResult } from '../mapping-result.ts';
import type { ConvertedQuantity } from '../units/convert-quantity.ts';
import { createUnparseableNeed } from '../work-item-texts.ts';
import { buildFactKey, buildOriginal, buildSources, formatTimeKey, formatValueKey } from './fact-base.ts';
import type { ReaderInput } from './reader-input.ts';
import { warnOfUnusualValue } from './unusual-value.ts';

const COUNT_METHODS: ReadonlySet<string> = new Set([
  'automated',
  'manual',
  'unspecified',
  'estimate',
] satisfies MeasurementMethod[]);

/** Whether a term of the maps is a method of counting. */
export const isCountMethod = (value: string | undefined): value is MeasurementMethod =>
  value !== undefined && COUNT_METHODS.has(value);

/** The content of an Observation row, before it becomes one kind of fact. */
export interface ParsedObservation {
  readonly term: TrialTerm;
  readonly coding: Coding;
  /** When the specimen was collected. */
  readonly at: Moment;
  readonly status: LabFact['status'];
  /** FHIRPath of the value, or of the finding. */
  readonly element: string;
  /** Reference to the specimen within the site; null if other resources could not refer to it too. */
  readonly specimen: string | null;
  /** The method that was sent with the value; `unspecified` if none was, or if no map contains it. */
  readonly sentMethod: MeasurementMethod;
  /** The value in the trial unit; null if the laboratory sent none, for `absentReason`. */
  readonly converted: ConvertedQuantity | null;
  readonly absentReason: string | null;
}

/** Builds the members that all facts of a laboratory share. */
function buildSharedLabFields(
  observation: ParsedObservation,
  name: string,
  valueKey: string,
  input: ReaderInput,
) {
  const { coding, at, status, converted, element, specimen } = observation;
  const preliminary = status === 'preliminary' ? ['preliminary'] : [];
  return {
    key: buildFactKey('lab', name, formatTimeKey(at), valueKey, ...preliminary),
    subject: input.context.subject,
    at,
    sources: buildSources(input, element),
    status,
    ...(specimen === null ? {} : { specimen }),
    original: buildOriginal(`${coding.system}|${coding.code}`, converted?.sent),
  };
}

/**
 * Selects the method of a count: that of its code, else the one that was sent (R4 Observation.method). An estimate is one
 * whatever the code says.
 */
function selectCountMethod({ term, sentMethod }: ParsedObservation): MeasurementMethod {
  const method = term.attributes.find(({ name }) => name === 'method')?.value;
  const isStatedByCode = isCountMethod(method) && method !== 'unspecified';
  return isStatedByCode && sentMethod !== 'estimate' ? method : sentMethod;
}

/** Builds a laboratory fact: a count in 10*9/L or haemoglobin in g/L, or the reason for which there is no value. */
export function buildLabFact(
  observation: ParsedObservation,
  analyte: Analyte,
  input: ReaderInput,
): MappingResult {
  const measured = observation.converted?.measured ?? null;
  const fact: LabFact = {
    kind: 'lab',
    ...buildSharedLabFields(observation, analyte, formatValueKey(measured), input),
    analyte,
    measured,
    absentReason: observation.absentReason,
    method: selectCountMethod(observation),
  };
  const { converted, element } = observation;
  const isUnusual = converted !== null && !converted.isExpected;
  return { ...toFactsResult([fact]), ...(isUnusual ? warnOfUnusualValue(converted, element, analyte) : {}) };
}

/** Builds a differential fact: a share of the leukocytes in percent. */
export function buildDifferentialFact(
  observation: ParsedObservation,
  cells: DifferentialFact['cells'],
  input: ReaderInput,
): MappingResult {
  const percent = observation.converted?.measured ?? null;
  const fact: DifferentialFact = {
    kind: 'differential',
    ...buildSharedLabFields(observation, cells, formatValueKey(percent), input),
    cells,
    percent,
    absentReason: observation.absentReason,
    method: selectCountMethod(observation),
  };
  return toFactsResult([fact]);
}

/** Builds a finding fact: something that was seen in the specimen, or confirmed to be absent. */
export function buildFindingFact(
  observation: ParsedObservation,
  isPresent: boolean,
  input: ReaderInput,
): MappingResult {
  const fact: FindingFact = {
    kind: 'finding',
    ...buildSharedLabFields(observation, 'platelet-clumps', isPresent ? 'present' : 'absent', input),
    finding: 'platelet-clumps',
    present: isPresent,
  };
  return toFactsResult([fact]);
}

/** Builds a body weight in kg. A preliminary weight, and one without a value, are ignored. */
export function buildWeightFact(observation: ParsedObservation, input: ReaderInput): MappingResult {
  const { coding, at, converted, status, element } = observation;
  if (!converted) return toIgnoredResult('no-value', element, 'The body weight has no value.');
  if (status === 'preliminary')
    return toIgnoredResult('status-preliminary', element, 'The body weight is preliminary.');
  const { measured, sent } = converted;
  if (measured.comparator !== null) {
    const detail = 'The body weight has a comparator.';
    const fix = 'Send the weight as an exact value.';
    return toHeldResult(createUnparseableNeed(element, 'body-weight:comparator', detail, fix));
  }
  const fact: WeightFact = {
    kind: 'weight',
    key: buildFactKey('weight', formatTimeKey(at), formatValueKey(measured)),
    subject: input.context.subject,
    at,
    sources: buildSources(input, element),
    kilograms: measured.value,
    original: buildOriginal(`${coding.system}|${coding.code}`, sent),
  };
  return toFactsResult([fact]);
}
