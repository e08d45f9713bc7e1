import type {
  Analyte,
  DifferentialFact,
  Fact,
  FindingFact,
  LabFact,
  Method,
  Moment,
  WeightFact,
} from '../trial/facts.ts';
import type { Coding, Word } from './concepts.ts';
import { keyOf, timeKey, valueKey } from './keys.ts';
import type { Mapped } from './mapped.ts';
import { unparseable } from './needs.ts';
import type { Converted } from './quantity.ts';
import { original, type Reading, sourcesOf } from './reading.ts';
import { held, ignored, states } from './results.ts';

const METHODS: ReadonlySet<string> = new Set([
  'automated',
  'manual',
  'unspecified',
  'estimate',
] satisfies Method[]);

const isMethod = (value: string | undefined): value is Method => value !== undefined && METHODS.has(value);

/** What an Observation row says, before it is known as which kind of fact. */
export interface Stated {
  readonly word: Word;
  readonly coding: Coding;
  readonly at: Moment;
  readonly status: LabFact['status'];
  readonly element: string;
  /** The specimen as the site names it; null where none is named in a way that others could name it too. */
  readonly specimen: string | null;
  /** The value in the trial's unit; null where the laboratory says that there is none, and why. */
  readonly converted: Converted | null;
  readonly absent: string | null;
}

/** What all statements of a laboratory share. */
function laboratory(stated: Stated, name: string, value: string, reading: Reading) {
  const { coding, at, status, converted, element, specimen } = stated;
  const preliminary = status === 'preliminary' ? ['preliminary'] : [];
  return {
    key: keyOf('lab', name, timeKey(at), value, ...preliminary),
    subject: reading.context.subject,
    at,
    sources: sourcesOf(reading, element),
    status,
    ...(specimen === null ? {} : { specimen }),
    original: original(`${coding.system}|${coding.code}`, converted?.sent),
  };
}

function methodOf({ word }: Stated): Method {
  const method = word.attributes.find((a) => a.name === 'method')?.value;
  return isMethod(method) ? method : 'unspecified';
}

/** A warning where the value is not what the trial's patients have; often the unit is another than was sent. */
function unusual({ converted, element }: Stated, analyte: Analyte): Pick<Mapped, 'warnings'> {
  if (!converted || converted.expected) return {};
  const detail = `The value is unusual for ${analyte} in this trial; it counts.`;
  const fix = `Check value and unit (${converted.sent.unit}); send a correction if they are wrong.`;
  return { warnings: [{ reason: 'unusual-value', element, detail, fix }] };
}

/** A count in 10*9/L or haemoglobin in g/L; without a value where the laboratory says why. */
export function labFact(stated: Stated, analyte: Analyte, reading: Reading): Mapped {
  const measured = stated.converted?.measured ?? null;
  const fact: LabFact = {
    kind: 'lab',
    ...laboratory(stated, analyte, valueKey(measured), reading),
    analyte,
    measured,
    absentReason: stated.absent,
    method: methodOf(stated),
  };
  return { ...states([fact]), ...unusual(stated, analyte) };
}

/** A share of the leukocytes in percent. */
export function differentialFact(stated: Stated, cells: DifferentialFact['cells'], reading: Reading): Mapped {
  const percent = stated.converted?.measured ?? null;
  const fact: DifferentialFact = {
    kind: 'differential',
    ...laboratory(stated, cells, valueKey(percent), reading),
    cells,
    percent,
    absentReason: stated.absent,
    method: methodOf(stated),
  };
  return states([fact]);
}

/** What was seen in the specimen, or seen not to be there. */
export function findingFact(stated: Stated, present: boolean, reading: Reading): Mapped {
  const fact: Fact & FindingFact = {
    kind: 'finding',
    ...laboratory(stated, 'platelet-clumps', present ? 'present' : 'absent', reading),
    finding: 'platelet-clumps',
    present,
  };
  return states([fact]);
}

/** A body weight in kg; a preliminary one, and one without a value, say nothing. */
export function weightFact(stated: Stated, reading: Reading): Mapped {
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
