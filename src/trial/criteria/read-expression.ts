import type { Reader } from '../definition.ts';
import type { Analyte, Method } from '../facts.ts';
import type { Component, Cut, Expression, NormalRow } from './criteria-set.ts';
import { OPERATORS } from './range.ts';

const ANALYTES: readonly Analyte[] = ['wbc', 'anc', 'hemoglobin', 'platelets', 'reticulocytes'];
const METHODS: readonly Method[] = ['automated', 'manual', 'unspecified', 'estimate'];
const COMPONENTS: readonly Component[] = ['red-cells', 'platelets'];

/** An expression before its optional label is put on it. */
type Bare = Expression extends infer E ? (E extends Expression ? Omit<E, 'says'> : never) : never;
type Build = (reader: Reader, value: unknown, at: string) => Bare;

function childrenOf(reader: Reader, value: unknown, at: string): readonly Expression[] {
  return reader.list(value, at, (entry, place) => readExpression(reader, entry, place));
}

function cutOf(reader: Reader, f: Readonly<Record<string, unknown>>, at: string): Cut {
  if (f.valueByMethod !== undefined && f.value !== undefined) {
    reader.problem(at, 'a count has a value and one by method', 'give one of the two');
  }
  if (f.valueByMethod === undefined) return { kind: 'one', value: reader.decimal(f.value, `${at}/value`) };
  const place = `${at}/valueByMethod`;
  const given = reader.fields(
    f.valueByMethod,
    place,
    METHODS.map((method) => `${method}?`),
  );
  const values: Partial<Record<Method, string>> = {};
  for (const method of METHODS) {
    if (given[method] !== undefined) values[method] = reader.decimal(given[method], `${place}/${method}`);
  }
  if (Object.keys(values).length === 0) reader.problem(place, 'no method has a value', 'give at least one');
  return { kind: 'by-method', values };
}

function normalRow(reader: Reader, value: unknown, at: string): NormalRow {
  const f = reader.fields(value, at, ['sex', 'fromAge', 'value']);
  return {
    sex: reader.oneOf(f.sex, `${at}/sex`, ['male', 'female']),
    fromAge: reader.whole(f.fromAge, `${at}/fromAge`, 0),
    value: reader.decimal(f.value, `${at}/value`),
  };
}

function readChange(reader: Reader, value: unknown, at: string): Bare {
  const f = reader.fields(value, at, ['change', 'op', 'by?', 'byFactor?', 'says?']);
  if ((f.by === undefined) === (f.byFactor === undefined)) {
    reader.problem(at, 'a change needs either "by" or "byFactor"', 'give one of the two');
  }
  const by = f.by === undefined ? 'factor' : 'amount';
  const place = `${at}/${by === 'amount' ? 'by' : 'byFactor'}`;
  return {
    kind: 'change',
    analyte: reader.oneOf(f.change, `${at}/change`, ANALYTES),
    op: reader.oneOf(f.op, `${at}/op`, OPERATORS),
    by,
    value: reader.decimal(by === 'amount' ? f.by : f.byFactor, place),
  };
}

function readIndependence(reader: Reader, value: unknown, at: string): Bare {
  const f = reader.fields(value, at, ['transfusionIndependent', 'days?', 'afterStart?', 'says?']);
  if (f.afterStart !== undefined && typeof f.afterStart !== 'boolean') {
    reader.problem(`${at}/afterStart`, 'afterStart is neither true nor false', 'write true, or leave it out');
  }
  return {
    kind: 'transfusion-independent',
    components: reader.list(f.transfusionIndependent, `${at}/transfusionIndependent`, (entry, place) =>
      reader.oneOf(entry, place, COMPONENTS),
    ),
    days: f.days === undefined ? null : reader.whole(f.days, `${at}/days`, 1),
    afterStart: f.afterStart === true,
  };
}

function readRef(reader: Reader, value: unknown, at: string): Bare {
  const f = reader.fields(value, at, ['ref', 'says?']);
  const [first = '', second] = reader.text(f.ref, `${at}/ref`).split('#');
  return second === undefined
    ? { kind: 'ref', set: null, name: first }
    : { kind: 'ref', set: first, name: second };
}

/** One builder for each key that can head an expression. */
const BUILDERS: Readonly<Record<string, Build>> = {
  all: (reader, value, at) => {
    const f = reader.fields(value, at, ['all', 'says?']);
    return { kind: 'all', of: childrenOf(reader, f.all, `${at}/all`) };
  },
  any: (reader, value, at) => {
    const f = reader.fields(value, at, ['any', 'says?']);
    return { kind: 'any', of: childrenOf(reader, f.any, `${at}/any`) };
  },
  atLeast: (reader, value, at) => {
    const f = reader.fields(value, at, ['atLeast', 'of', 'says?']);
    const of = childrenOf(reader, f.of, `${at}/of`);
    return { kind: 'at-least', least: reader.whole(f.atLeast, `${at}/atLeast`, 1), of };
  },
  not: (reader, value, at) => {
    const f = reader.fields(value, at, ['not', 'says?']);
    return { kind: 'not', of: [readExpression(reader, f.not, `${at}/not`)] };
  },
  atBaseline: (reader, value, at) => {
    const f = reader.fields(value, at, ['atBaseline', 'says?']);
    return { kind: 'at-baseline', of: [readExpression(reader, f.atBaseline, `${at}/atBaseline`)] };
  },
  count: (reader, value, at) => {
    const f = reader.fields(value, at, ['count', 'op', 'value?', 'valueByMethod?', 'says?']);
    const analyte = reader.oneOf(f.count, `${at}/count`, ANALYTES);
    return {
      kind: 'count',
      analyte,
      op: reader.oneOf(f.op, `${at}/op`, OPERATORS),
      cut: cutOf(reader, f, at),
    };
  },
  change: readChange,
  normalHemoglobin: (reader, value, at) => {
    const f = reader.fields(value, at, ['normalHemoglobin', 'says?']);
    const rows = reader.list(f.normalHemoglobin, `${at}/normalHemoglobin`, (v, p) => normalRow(reader, v, p));
    return { kind: 'normal-hemoglobin', rows };
  },
  transfusionIndependent: readIndependence,
  fewerUnits: (reader, value, at) => {
    const f = reader.fields(value, at, ['fewerUnits', 'units', 'days', 'says?']);
    const component = reader.oneOf(f.fewerUnits, `${at}/fewerUnits`, COMPONENTS);
    const units = reader.decimal(f.units, `${at}/units`);
    return { kind: 'fewer-units', component, units, days: reader.whole(f.days, `${at}/days`, 1) };
  },
  ref: readRef,
};

/** Reads one criterion; a wrong one is noted at its JSON pointer and stands in as a reference to nothing. */
export function readExpression(reader: Reader, value: unknown, at: string): Expression {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const head = Object.keys(BUILDERS).find((key) => keys.includes(key));
  const build = head === undefined ? undefined : BUILDERS[head];
  if (build === undefined) {
    reader.problem(at, 'no criterion is named here', `use one of ${Object.keys(BUILDERS).join(', ')}`);
    return { kind: 'ref', set: null, name: '', says: null };
  }
  const says = (value as { says?: unknown }).says;
  const label = says === undefined ? null : reader.text(says, `${at}/says`);
  return { ...build(reader, value, at), says: label } as Expression;
}
