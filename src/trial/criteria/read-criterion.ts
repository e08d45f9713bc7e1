import type { DefinitionReader } from '../definition.ts';
import type { Analyte, MeasurementMethod } from '../facts.ts';
import type { BloodProduct, Criterion, HemoglobinNormalLimit, Threshold } from './criteria-set.ts';
import { OPERATORS } from './value-range.ts';

const CRITERION_ANALYTES: readonly Analyte[] = ['wbc', 'anc', 'hemoglobin', 'platelets', 'reticulocytes'];
const CRITERION_METHODS: readonly MeasurementMethod[] = ['automated', 'manual', 'unspecified', 'estimate'];
const BLOOD_PRODUCTS: readonly BloodProduct[] = ['red-cells', 'platelets'];

/** An expression before its optional label is put on it. */
type UnlabelledCriterion = Criterion extends infer E
  ? E extends Criterion
    ? Omit<E, 'says'>
    : never
  : never;
type CriterionBuilder = (reader: DefinitionReader, value: unknown, at: string) => UnlabelledCriterion;

function readCriterionList(reader: DefinitionReader, value: unknown, at: string): readonly Criterion[] {
  return reader.list(value, at, (entry, place) => readCriterion(reader, entry, place));
}

function readThreshold(
  reader: DefinitionReader,
  f: Readonly<Record<string, unknown>>,
  at: string,
): Threshold {
  if (f.valueByMethod !== undefined && f.value !== undefined) {
    reader.problem(at, 'a count has a value and one by method', 'give one of the two');
  }
  if (f.valueByMethod === undefined) return { kind: 'one', value: reader.decimal(f.value, `${at}/value`) };
  const place = `${at}/valueByMethod`;
  const given = reader.fields(
    f.valueByMethod,
    place,
    CRITERION_METHODS.map((method) => `${method}?`),
  );
  const values: Partial<Record<MeasurementMethod, string>> = {};
  for (const method of CRITERION_METHODS) {
    if (given[method] !== undefined) values[method] = reader.decimal(given[method], `${place}/${method}`);
  }
  if (Object.keys(values).length === 0) reader.problem(place, 'no method has a value', 'give at least one');
  return { kind: 'by-method', values };
}

function readNormalLimit(reader: DefinitionReader, value: unknown, at: string): HemoglobinNormalLimit {
  const f = reader.fields(value, at, ['sex', 'fromAge', 'value']);
  return {
    sex: reader.oneOf(f.sex, `${at}/sex`, ['male', 'female']),
    fromAge: reader.whole(f.fromAge, `${at}/fromAge`, 0),
    value: reader.decimal(f.value, `${at}/value`),
  };
}

function readChangeCriterion(reader: DefinitionReader, value: unknown, at: string): UnlabelledCriterion {
  const f = reader.fields(value, at, ['change', 'op', 'by?', 'byFactor?', 'says?']);
  if ((f.by === undefined) === (f.byFactor === undefined)) {
    reader.problem(at, 'a change needs either "by" or "byFactor"', 'give one of the two');
  }
  const by = f.by === undefined ? 'factor' : 'amount';
  const place = `${at}/${by === 'amount' ? 'by' : 'byFactor'}`;
  return {
    kind: 'change',
    analyte: reader.oneOf(f.change, `${at}/change`, CRITERION_ANALYTES),
    op: reader.oneOf(f.op, `${at}/op`, OPERATORS),
    by,
    value: reader.decimal(by === 'amount' ? f.by : f.byFactor, place),
  };
}

function readIndependenceCriterion(
  reader: DefinitionReader,
  value: unknown,
  at: string,
): UnlabelledCriterion {
  const f = reader.fields(value, at, ['transfusionIndependent', 'days?', 'afterStart?', 'says?']);
  if (f.afterStart !== undefined && typeof f.afterStart !== 'boolean') {
    reader.problem(`${at}/afterStart`, 'afterStart is neither true nor false', 'write true, or leave it out');
  }
  return {
    kind: 'transfusion-independent',
    components: reader.list(f.transfusionIndependent, `${at}/transfusionIndependent`, (entry, place) =>
      reader.oneOf(entry, place, BLOOD_PRODUCTS),
    ),
    days: f.days === undefined ? null : reader.whole(f.days, `${at}/days`, 1),
    afterStart: f.afterStart === true,
  };
}

function readReferenceCriterion(reader: DefinitionReader, value: unknown, at: string): UnlabelledCriterion {
  const f = reader.fields(value, at, ['ref', 'says?']);
  const [first = '', second] = reader.text(f.ref, `${at}/ref`).split('#');
  return second === undefined
    ? { kind: 'ref', set: null, name: first }
    : { kind: 'ref', set: first, name: second };
}

/** One builder for each key that can head an expression. */
const CRITERION_BUILDERS: Readonly<Record<string, CriterionBuilder>> = {
  all: (reader, value, at) => {
    const f = reader.fields(value, at, ['all', 'says?']);
    return { kind: 'all', of: readCriterionList(reader, f.all, `${at}/all`) };
  },
  any: (reader, value, at) => {
    const f = reader.fields(value, at, ['any', 'says?']);
    return { kind: 'any', of: readCriterionList(reader, f.any, `${at}/any`) };
  },
  atLeast: (reader, value, at) => {
    const f = reader.fields(value, at, ['atLeast', 'of', 'says?']);
    const of = readCriterionList(reader, f.of, `${at}/of`);
    return { kind: 'at-least', least: reader.whole(f.atLeast, `${at}/atLeast`, 1), of };
  },
  not: (reader, value, at) => {
    const f = reader.fields(value, at, ['not', 'says?']);
    return { kind: 'not', of: [readCriterion(reader, f.not, `${at}/not`)] };
  },
  atBaseline: (reader, value, at) => {
    const f = reader.fields(value, at, ['atBaseline', 'says?']);
    return { kind: 'at-baseline', of: [readCriterion(reader, f.atBaseline, `${at}/atBaseline`)] };
  },
  count: (reader, value, at) => {
    const f = reader.fields(value, at, ['count', 'op', 'value?', 'valueByMethod?', 'says?']);
    const analyte = reader.oneOf(f.count, `${at}/count`, CRITERION_ANALYTES);
    return {
      kind: 'count',
      analyte,
      op: reader.oneOf(f.op, `${at}/op`, OPERATORS),
      cut: readThreshold(reader, f, at),
    };
  },
  change: readChangeCriterion,
  normalHemoglobin: (reader, value, at) => {
    const f = reader.fields(value, at, ['normalHemoglobin', 'says?']);
    const rows = reader.list(f.normalHemoglobin, `${at}/normalHemoglobin`, (v, p) =>
      readNormalLimit(reader, v, p),
    );
    return { kind: 'normal-hemoglobin', rows };
  },
  transfusionIndependent: readIndependenceCriterion,
  fewerUnits: (reader, value, at) => {
    const f = reader.fields(value, at, ['fewerUnits', 'units', 'days', 'says?']);
    const component = reader.oneOf(f.fewerUnits, `${at}/fewerUnits`, BLOOD_PRODUCTS);
    const units = reader.decimal(f.units, `${at}/units`);
    return { kind: 'fewer-units', component, units, days: reader.whole(f.days, `${at}/days`, 1) };
  },
  ref: readReferenceCriterion,
};

/** Reads one criterion; a wrong one is noted at its JSON pointer and stands in as a reference to nothing. */
export function readCriterion(reader: DefinitionReader, value: unknown, at: string): Criterion {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const head = Object.keys(CRITERION_BUILDERS).find((key) => keys.includes(key));
  const build = head === undefined ? undefined : CRITERION_BUILDERS[head];
  if (build === undefined) {
    reader.problem(
      at,
      'no criterion is named here',
      `use one of ${Object.keys(CRITERION_BUILDERS).join(', ')}`,
    );
    return { kind: 'ref', set: null, name: '', says: null };
  }
  const says = (value as { says?: unknown }).says;
  const label = says === undefined ? null : reader.text(says, `${at}/says`);
  return { ...build(reader, value, at), says: label } as Criterion;
}
