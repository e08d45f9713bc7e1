import type {
  Analyte,
  DifferentialFact,
  Fact,
  FindingFact,
  LabFact,
  MeasurementMethod,
  Moment,
  WeightFact,
} from '../../trial/facts.ts';
import { toFactsResult, toHeldResult, toIgnoredResult } from '../build-result.ts';
import type { Coding, TrialTerm } from '../codes/terminology.ts';
import type { MappingResult } from '../mapping-result.ts';
import type { ConvertedQuantity } from '../units/convert-quantity.ts';
import { createUnparseableNeed } from '../work-item-texts.ts';
import { buildFactKey, formatTimeKey, formatValueKey } from './fact-keys.ts';
import { buildOriginal, buildSources } from './fact-source.ts';
import type { ReaderInput } from './reader-input.ts';

const COUNT_METHODS: ReadonlySet<string> = new Set([
  'automated',
  'manual',
  'unspecified',
  'estimate',
] satisfies MeasurementMethod[]);

const isCountMethod = (value: string | undefined): value is MeasurementMethod =>
  value !== undefined && COUNT_METHODS.has(value);

/** What an Observation row says, before it is known as which kind of fact. */
export interface ParsedObservation {
  readonly term: TrialTerm;
  readonly coding: Coding;
  readonly at: Moment;
  readonly status: LabFact['status'];
  readonly element: string;
  /** The specimen as the site names it; null where none is named in a way that others could name it too. */
  readonly specimen: string | null;
  /** The value in the trial's unit; null where the laboratory says that there is none, and why. */
  readonly converted: ConvertedQuantity | null;
  readonly absentReason: string | null;
}

/** What all statements of a laboratory share. */
function buildSharedLabFields(stated: ParsedObservation, name: string, value: string, reading: ReaderInput) {
  const { coding, at, status, converted, element, specimen } = stated;
  const preliminary = status === 'preliminary' ? ['preliminary'] : [];
  return {
    key: buildFactKey('lab', name, formatTimeKey(at), value, ...preliminary),
    subject: reading.context.subject,
    at,
    sources: buildSources(reading, element),
    status,
    ...(specimen === null ? {} : { specimen }),
    original: buildOriginal(`${coding.system}|${coding.code}`, converted?.sent),
  };
}

function readCountMethod({ term: word }: ParsedObservation): MeasurementMethod {
  const method = word.attributes.find((a) => a.name === 'method')?.value;
  return isCountMethod(method) ? method : 'unspecified';
}

/** A warning where the value is not what the trial's patients have; often the unit is another than was sent. */
function warnIfUnusual(
  { converted, element }: ParsedObservation,
  analyte: Analyte,
): Pick<MappingResult, 'warnings'> {
  if (!converted || converted.isExpected) return {};
  const detail = `The value is unusual for ${analyte} in this trial; it counts.`;
  const fix = `Check value and unit (${converted.sent.unit}); send a correction if they are wrong.`;
  return { warnings: [{ reason: 'unusual-value', element, detail, fix }] };
}

/** A count in 10*9/L or haemoglobin in g/L; without a value where the laboratory says why. */
export function buildLabFact(
  stated: ParsedObservation,
  analyte: Analyte,
  reading: ReaderInput,
): MappingResult {
  const measured = stated.converted?.measured ?? null;
  const fact: LabFact = {
    kind: 'lab',
    ...buildSharedLabFields(stated, analyte, formatValueKey(measured), reading),
    analyte,
    measured,
    absentReason: stated.absentReason,
    method: readCountMethod(stated),
  };
  return { ...toFactsResult([fact]), ...warnIfUnusual(stated, analyte) };
}

/** A share of the leukocytes in percent. */
export function buildDifferentialFact(
  stated: ParsedObservation,
  cells: DifferentialFact['cells'],
  reading: ReaderInput,
): MappingResult {
  const percent = stated.converted?.measured ?? null;
  const fact: DifferentialFact = {
    kind: 'differential',
    ...buildSharedLabFields(stated, cells, formatValueKey(percent), reading),
    cells,
    percent,
    absentReason: stated.absentReason,
    method: readCountMethod(stated),
  };
  return toFactsResult([fact]);
}

/** What was seen in the specimen, or seen not to be there. */
export function buildFindingFact(
  stated: ParsedObservation,
  present: boolean,
  reading: ReaderInput,
): MappingResult {
  const fact: Fact & FindingFact = {
    kind: 'finding',
    ...buildSharedLabFields(stated, 'platelet-clumps', present ? 'present' : 'absent', reading),
    finding: 'platelet-clumps',
    present,
  };
  return toFactsResult([fact]);
}

/** A body weight in kg; a preliminary one, and one without a value, say nothing. */
export function buildWeightFact(stated: ParsedObservation, reading: ReaderInput): MappingResult {
  const { coding, at, converted, status, element } = stated;
  if (!converted) return toIgnoredResult('no-value', element, 'A weight without a value says nothing.');
  if (status === 'preliminary')
    return toIgnoredResult('status-preliminary', element, 'A preliminary weight is not used.');
  const { measured, sent } = converted;
  if (measured.comparator !== null)
    return toHeldResult(
      createUnparseableNeed(
        element,
        'body-weight:comparator',
        'A weight cannot be an interval.',
        'Send the weight.',
      ),
    );
  const fact: WeightFact = {
    kind: 'weight',
    key: buildFactKey('weight', formatTimeKey(at), formatValueKey(measured)),
    subject: reading.context.subject,
    at,
    sources: buildSources(reading, element),
    kilograms: measured.value,
    original: buildOriginal(`${coding.system}|${coding.code}`, sent),
  };
  return toFactsResult([fact]);
}
