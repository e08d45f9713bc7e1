import {
  createMutantMaker,
  createStepMutants,
  isJsonRecord,
  type JsonPath,
  type JsonRecord,
  type Mutant,
  type MutantMaker,
} from './mutants.ts';

const OTHER_OPERATOR: Readonly<Record<string, string>> = { '>': '>=', '>=': '>', '<': '<=', '<=': '<' };

type MutateExpression = (by: MutantMaker, path: JsonPath, e: JsonRecord) => readonly Mutant[];

const toEntries = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function mutateEach(
  value: unknown,
  make: (entry: unknown, i: number) => readonly Mutant[],
): readonly Mutant[] {
  return toEntries(value).flatMap(make);
}

/** Removes one part, where another one remains. */
function dropEach(by: MutantMaker, path: JsonPath, parts: unknown): readonly Mutant[] {
  if (toEntries(parts).length < 2) return [];
  return mutateEach(parts, (_, i) => [by.replaceAt([...path, i], undefined, 'left out')]);
}

function swapOperator(by: MutantMaker, path: JsonPath, { op }: JsonRecord): readonly Mutant[] {
  const other = OTHER_OPERATOR[String(op)];
  return other === undefined ? [] : [by.replaceAt([...path, 'op'], other, `${op} to ${other}`)];
}

function mutateGroup(by: MutantMaker, path: JsonPath, e: JsonRecord, key: 'all' | 'any'): readonly Mutant[] {
  const { [key]: parts, ...rest } = e;
  const other = key === 'all' ? 'any' : 'all';
  const swapped =
    toEntries(parts).length < 2
      ? []
      : [by.replaceAt(path, { ...rest, [other]: parts }, `${key} to ${other}`)];
  const at = [...path, key];
  return [
    ...swapped,
    ...dropEach(by, at, parts),
    ...mutateEach(parts, (part, i) => mutateExpression(by, [...at, i], part)),
  ];
}

function mutateCuts(by: MutantMaker, path: JsonPath, e: JsonRecord): readonly Mutant[] {
  const valueMutants = typeof e.value === 'string' ? createStepMutants(by, [...path, 'value'], e.value) : [];
  const methods = isJsonRecord(e.valueByMethod) ? Object.entries(e.valueByMethod) : [];
  const methodMutants = methods.flatMap(([name, value]) =>
    createStepMutants(by, [...path, 'valueByMethod', name], String(value)),
  );
  return [...valueMutants, ...methodMutants];
}

const MUTATIONS: Readonly<Record<string, MutateExpression>> = {
  all: (by, path, e) => mutateGroup(by, path, e, 'all'),
  any: (by, path, e) => mutateGroup(by, path, e, 'any'),
  atLeast: (by, path, e) => {
    const most = toEntries(e.of).length;
    const counts = createStepMutants(by, [...path, 'atLeast'], Number(e.atLeast), 1);
    const possible = counts.filter(({ change }) => Number(change.split(' to ')[1]) <= most);
    const parts = mutateEach(e.of, (part, i) => mutateExpression(by, [...path, 'of', i], part));
    return [...possible, ...dropEach(by, [...path, 'of'], e.of), ...parts];
  },
  not: (by, path, e) => [
    by.replaceAt(path, e.not, 'not to its contrary'),
    ...mutateExpression(by, [...path, 'not'], e.not),
  ],
  atBaseline: (by, path, e) => [
    by.replaceAt(path, e.atBaseline, 'asked of the count itself'),
    ...mutateExpression(by, [...path, 'atBaseline'], e.atBaseline),
  ],
  count: (by, path, e) => [...swapOperator(by, path, e), ...mutateCuts(by, path, e)],
  change: (by, path, e) => {
    const key = e.by === undefined ? 'byFactor' : 'by';
    return [...swapOperator(by, path, e), ...createStepMutants(by, [...path, key], String(e[key]))];
  },
  normalHemoglobin: (by, path, e) => [
    ...dropEach(by, [...path, 'normalHemoglobin'], e.normalHemoglobin),
    ...mutateEach(e.normalHemoglobin, (row, i) => {
      const at = [...path, 'normalHemoglobin', i];
      const { fromAge, value } = row as JsonRecord;
      return [
        ...createStepMutants(by, [...at, 'value'], String(value)),
        ...(fromAge === 0 ? [] : createStepMutants(by, [...at, 'fromAge'], Number(fromAge))),
      ];
    }),
  ],
  transfusionIndependent: (by, path, e) => [
    ...dropEach(by, [...path, 'transfusionIndependent'], e.transfusionIndependent),
    ...(typeof e.days === 'number' ? createStepMutants(by, [...path, 'days'], e.days, 1) : []),
    ...(e.afterStart === true ? [by.replaceAt([...path, 'afterStart'], false, 'before the start too')] : []),
  ],
  transfusionDependent: (by, path, e) =>
    dropEach(by, [...path, 'transfusionDependent'], e.transfusionDependent),
  fewerUnits: (by, path, e) => [
    ...createStepMutants(by, [...path, 'units'], String(e.units)),
    ...createStepMutants(by, [...path, 'days'], Number(e.days), 1),
  ],
};

function mutateExpression(by: MutantMaker, path: JsonPath, e: unknown): readonly Mutant[] {
  if (!isJsonRecord(e)) return [];
  const head = Object.keys(MUTATIONS).find((key) => key in e);
  return head === undefined ? [] : (MUTATIONS[head]?.(by, path, e) ?? []);
}

function mutateClass(by: MutantMaker, path: JsonPath, rule: JsonRecord): readonly Mutant[] {
  const { confirmationDays: days } = rule;
  return [
    ...(typeof days === 'number' ? createStepMutants(by, [...path, 'confirmationDays'], days, 1) : []),
    ...mutateExpression(by, [...path, 'when'], rule.when),
  ];
}

/**
 * Creates mutants of every threshold, operator, count, number of days, part and class of a criteria file, each changed as
 * little as possible: no case covers what the cases do not detect.
 */
export function createCriteriaMutants(json: JsonRecord): readonly Mutant[] {
  const by = createMutantMaker(json);
  const { confirmationDays: days, definitions = {}, relapse } = json;
  return [
    ...(typeof days === 'number'
      ? [
          ...createStepMutants(by, ['confirmationDays'], days, 1),
          by.replaceAt(['confirmationDays'], undefined, 'left out'),
        ]
      : []),
    ...Object.entries(definitions as JsonRecord).flatMap(([name, e]) =>
      mutateExpression(by, ['definitions', name], e),
    ),
    ...dropEach(by, ['classes'], json.classes),
    ...mutateEach(json.classes, (rule, i) => mutateClass(by, ['classes', i], rule as JsonRecord)),
    ...(isJsonRecord(relapse)
      ? [
          ...('newTreatment' in relapse
            ? [by.replaceAt(['relapse', 'newTreatment'], undefined, 'left out')]
            : []),
          ...mutateExpression(by, ['relapse', 'when'], relapse.when),
        ]
      : []),
    ...(json.clonalEvolution === undefined ? [] : [by.replaceAt(['clonalEvolution'], undefined, 'left out')]),
  ];
}
