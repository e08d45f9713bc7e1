import { type Changing, changing, isObject, type Json, type Mutant, type Path, stepsOf } from './change.ts';

const OTHER_OPERATOR: Readonly<Record<string, string>> = { '>': '>=', '>=': '>', '<': '<=', '<=': '<' };

type Make = (by: Changing, path: Path, e: Json) => readonly Mutant[];

const entries = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function each(value: unknown, make: (entry: unknown, i: number) => readonly Mutant[]): readonly Mutant[] {
  return entries(value).flatMap(make);
}

/** One part left out, where another one stays. */
function drops(by: Changing, path: Path, parts: unknown): readonly Mutant[] {
  if (entries(parts).length < 2) return [];
  return each(parts, (_, i) => [by.set([...path, i], undefined, 'left out')]);
}

function operatorOf(by: Changing, path: Path, { op }: Json): readonly Mutant[] {
  const other = OTHER_OPERATOR[String(op)];
  return other === undefined ? [] : [by.set([...path, 'op'], other, `${op} to ${other}`)];
}

function group(by: Changing, path: Path, e: Json, key: 'all' | 'any'): readonly Mutant[] {
  const { [key]: parts, ...rest } = e;
  const other = key === 'all' ? 'any' : 'all';
  const swapped =
    entries(parts).length < 2 ? [] : [by.set(path, { ...rest, [other]: parts }, `${key} to ${other}`)];
  const at = [...path, key];
  return [
    ...swapped,
    ...drops(by, at, parts),
    ...each(parts, (part, i) => ofExpression(by, [...at, i], part)),
  ];
}

function cutsOf(by: Changing, path: Path, e: Json): readonly Mutant[] {
  const own = typeof e.value === 'string' ? stepsOf(by, [...path, 'value'], e.value) : [];
  const methods = isObject(e.valueByMethod) ? Object.entries(e.valueByMethod) : [];
  const each = methods.flatMap(([name, value]) =>
    stepsOf(by, [...path, 'valueByMethod', name], String(value)),
  );
  return [...own, ...each];
}

const MAKERS: Readonly<Record<string, Make>> = {
  all: (by, path, e) => group(by, path, e, 'all'),
  any: (by, path, e) => group(by, path, e, 'any'),
  atLeast: (by, path, e) => {
    const most = entries(e.of).length;
    const counts = stepsOf(by, [...path, 'atLeast'], Number(e.atLeast), 1);
    const possible = counts.filter(({ change }) => Number(change.split(' to ')[1]) <= most);
    const parts = each(e.of, (part, i) => ofExpression(by, [...path, 'of', i], part));
    return [...possible, ...drops(by, [...path, 'of'], e.of), ...parts];
  },
  not: (by, path, e) => [
    by.set(path, e.not, 'not to its contrary'),
    ...ofExpression(by, [...path, 'not'], e.not),
  ],
  atBaseline: (by, path, e) => [
    by.set(path, e.atBaseline, 'asked of the count itself'),
    ...ofExpression(by, [...path, 'atBaseline'], e.atBaseline),
  ],
  count: (by, path, e) => [...operatorOf(by, path, e), ...cutsOf(by, path, e)],
  change: (by, path, e) => {
    const key = e.by === undefined ? 'byFactor' : 'by';
    return [...operatorOf(by, path, e), ...stepsOf(by, [...path, key], String(e[key]))];
  },
  normalHemoglobin: (by, path, e) => [
    ...drops(by, [...path, 'normalHemoglobin'], e.normalHemoglobin),
    ...each(e.normalHemoglobin, (row, i) => {
      const at = [...path, 'normalHemoglobin', i];
      const { fromAge, value } = row as Json;
      return [
        ...stepsOf(by, [...at, 'value'], String(value)),
        ...(fromAge === 0 ? [] : stepsOf(by, [...at, 'fromAge'], Number(fromAge))),
      ];
    }),
  ],
  transfusionIndependent: (by, path, e) => [
    ...drops(by, [...path, 'transfusionIndependent'], e.transfusionIndependent),
    ...(typeof e.days === 'number' ? stepsOf(by, [...path, 'days'], e.days, 1) : []),
    ...(e.afterStart === true ? [by.set([...path, 'afterStart'], false, 'before the start too')] : []),
  ],
  fewerUnits: (by, path, e) => [
    ...stepsOf(by, [...path, 'units'], String(e.units)),
    ...stepsOf(by, [...path, 'days'], Number(e.days), 1),
  ],
};

function ofExpression(by: Changing, path: Path, e: unknown): readonly Mutant[] {
  if (!isObject(e)) return [];
  const head = Object.keys(MAKERS).find((key) => key in e);
  return head === undefined ? [] : (MAKERS[head]?.(by, path, e) ?? []);
}

function ofClass(by: Changing, path: Path, rule: Json): readonly Mutant[] {
  const { confirmationDays: days } = rule;
  return [
    ...(typeof days === 'number' ? stepsOf(by, [...path, 'confirmationDays'], days, 1) : []),
    ...ofExpression(by, [...path, 'when'], rule.when),
  ];
}

/**
 * Every cut, operator, count, number of days, part and class of a criteria file, each changed as little as can be: what
 * the cases do not notice, no case says.
 */
export function criteriaMutants(json: Json): readonly Mutant[] {
  const by = changing(json);
  const { confirmationDays: days, definitions = {}, relapse } = json;
  return [
    ...(typeof days === 'number'
      ? [...stepsOf(by, ['confirmationDays'], days, 1), by.set(['confirmationDays'], undefined, 'left out')]
      : []),
    ...Object.entries(definitions as Json).flatMap(([name, e]) => ofExpression(by, ['definitions', name], e)),
    ...drops(by, ['classes'], json.classes),
    ...each(json.classes, (rule, i) => ofClass(by, ['classes', i], rule as Json)),
    ...(isObject(relapse)
      ? [
          ...('newTreatment' in relapse ? [by.set(['relapse', 'newTreatment'], undefined, 'left out')] : []),
          ...ofExpression(by, ['relapse', 'when'], relapse.when),
        ]
      : []),
    ...(json.clonalEvolution === undefined ? [] : [by.set(['clonalEvolution'], undefined, 'left out')]),
  ];
}
