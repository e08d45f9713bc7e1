import { Failure } from '../../errors.ts';
import { type CodelistTerm, resolveCodelist } from './codelists.ts';
import type { DatasetCell, DatasetDefinition, VariableDefinition } from './dataset-definition.ts';
import { isCertainlyAfter, isIsoDateTime } from './iso-date-time.ts';

/** A record as it is written: one cell for each variable, in their order. */
export type RecordValues = readonly DatasetCell[];

/** A broken rule: the record by its place, the variable, and the rule. */
export interface RuleViolation {
  readonly row: number;
  readonly variable: string;
  readonly rule: string;
}

/** A record by its variables' names. */
interface NamedRecord {
  readonly row: number;
  get(name: string): DatasetCell;
}

type ConformanceRule = (
  dataset: DatasetDefinition,
  records: readonly NamedRecord[],
) => readonly RuleViolation[];

const DECIMAL_DIGITS = /^-?\d+(\.\d+)?$/;

const MATCHES_TYPE: Readonly<Record<VariableDefinition['type'], (cell: string | number) => boolean>> = {
  text: (cell) => typeof cell === 'string' && cell.trim() !== '',
  integer: (cell) => Number.isSafeInteger(cell),
  float: (cell) => typeof cell === 'string' && DECIMAL_DIGITS.test(cell),
  datetime: (cell) => typeof cell === 'string' && isIsoDateTime(cell),
};

/** The rule that one cell breaks; null where it breaks none. */
function checkCell(variable: VariableDefinition, cell: DatasetCell): string | null {
  if (cell === null) return variable.isMandatory ? 'is required and empty' : null;
  if (!MATCHES_TYPE[variable.type](cell))
    return variable.type === 'datetime'
      ? 'is not an ISO 8601 date or time'
      : `is not of type ${variable.type}`;
  if (variable.codelist === null) return null;
  const { terms } = resolveCodelist(variable.codelist);
  return terms === null || terms.some(({ value }) => value === cell)
    ? null
    : `is not in codelist ${variable.codelist}`;
}

const checkValues: ConformanceRule = ({ variables }, records) =>
  records.flatMap(({ row, get }) =>
    variables.flatMap((variable) => {
      const rule = checkCell(variable, get(variable.name));
      return rule === null ? [] : [{ row, variable: variable.name, rule }];
    }),
  );

const checkKeys: ConformanceRule = (dataset, records) => {
  const seen = new Set<string>();
  return records.flatMap(({ row, get }) => {
    const key = JSON.stringify(dataset.keys.map(get));
    if (seen.has(key))
      return [{ row, variable: dataset.keys.at(-1) ?? '', rule: 'repeats the keys of another record' }];
    seen.add(key);
    return [];
  });
};

/** --SEQ rises from 1 within the subject; TSSEQ counts within a parameter and is left to the keys. */
const checkSequence: ConformanceRule = ({ sequenceVariable: variable }, records) => {
  if (variable === null) return [];
  return records.flatMap(({ row, get }, i) =>
    get(variable) === i + 1
      ? []
      : [{ row, variable, rule: 'does not count the records of the subject from 1' }],
  );
};

/** There is no day 0, and a day can only be counted to a complete date. */
const checkStudyDays: ConformanceRule = ({ variables }, records) => {
  const names = new Set(variables.map(({ name }) => name));
  const pairs = [...names].flatMap((name) => {
    const date = [name.replace(/DY$/, 'DTC'), name.replace(/DY$/, 'DT')].find((other) => names.has(other));
    return name.endsWith('DY') && date !== undefined ? [[name, date] as const] : [];
  });
  return records.flatMap(({ row, get }) =>
    pairs.flatMap(([variable, date]) => {
      const day = get(variable);
      if (day === null) return [];
      if (day === 0) return [{ row, variable, rule: 'is 0, and there is no study day 0' }];
      const text = get(date);
      return typeof text === 'string' && text.length >= 10
        ? []
        : [{ row, variable, rule: `needs a complete ${date}` }];
    }),
  );
};

const checkIntervals: ConformanceRule = ({ domain }, records) => {
  const [start, end] = [`${domain}STDTC`, `${domain}ENDTC`];
  return records.flatMap(({ row, get }) => {
    const [from, to] = [get(start), get(end)];
    if (typeof from !== 'string' || typeof to !== 'string' || !isCertainlyAfter(from, to)) return [];
    return [{ row, variable: end, rule: `is before ${start}` }];
  });
};

interface CodePair {
  readonly code: string;
  readonly name: string;
  readonly terms: readonly CodelistTerm[];
}

/** The pairs of a short name and a name, such as LBTESTCD and LBTEST, by the codelists of their variables. */
function listCodePairs({ variables }: DatasetDefinition): readonly CodePair[] {
  return variables.flatMap(({ name, codelist }) => {
    const paired = codelist === null ? null : resolveCodelist(codelist).pairedWith;
    const code = variables.find((variable) => paired !== null && variable.codelist === paired);
    return code && paired !== null
      ? [{ code: code.name, name, terms: resolveCodelist(paired).terms ?? [] }]
      : [];
  });
}

/** Short name and name of a test (parameter, qualifier) are one pair of the codelist. */
const checkCodePairs: ConformanceRule = (dataset, records) =>
  listCodePairs(dataset).flatMap(({ code, name, terms }) =>
    records.flatMap(({ row, get }) => {
      const term = terms.find(({ value }) => value === get(code));
      return term && term.meaning === get(name)
        ? []
        : [{ row, variable: name, rule: `does not go with ${code}` }];
    }),
  );

const SERIOUSNESS_CRITERIA = [
  'AESCAN',
  'AESCONG',
  'AESDISAB',
  'AESDTH',
  'AESHOSP',
  'AESLIFE',
  'AESMIE',
  'AESOD',
];

/** Where criteria of seriousness are known, a serious event meets one, and an event that meets one is not non-serious. */
const checkSeriousness: ConformanceRule = ({ name }, records) => {
  if (name !== 'AE') return [];
  return records.flatMap(({ row, get }) => {
    const known = SERIOUSNESS_CRITERIA.map(get).filter((cell) => cell !== null);
    const meets = known.includes('Y');
    const serious = get('AESER');
    const wrong = (serious === 'Y' && known.length > 0 && !meets) || (serious === 'N' && meets);
    return wrong ? [{ row, variable: 'AESER', rule: 'does not agree with the criteria of seriousness' }] : [];
  });
};

const checkDeathFlag: ConformanceRule = ({ name }, records) => {
  if (name !== 'DM') return [];
  return records.flatMap(({ row, get }) =>
    (get('DTHFL') === 'Y') === (get('DTHDTC') !== null)
      ? []
      : [{ row, variable: 'DTHFL', rule: 'does not agree with DTHDTC' }],
  );
};

const CONFORMANCE_RULES: readonly ConformanceRule[] = [
  checkValues,
  checkKeys,
  checkSequence,
  checkStudyDays,
  checkIntervals,
  checkCodePairs,
  checkSeriousness,
  checkDeathFlag,
];

/**
 * What is wrong in a subject's records of a dataset (or in all of a dataset about the trial): what neither the schema of
 * Dataset-JSON nor that of Define-XML sees. Source: SDTMIG 3.4 and the rules of CDISC CORE that this study can break.
 */
export function findViolations(
  dataset: DatasetDefinition,
  rows: readonly RecordValues[],
): readonly RuleViolation[] {
  const { variables } = dataset;
  const short = rows.findIndex((values) => values.length !== variables.length);
  if (short >= 0) return [{ row: short, variable: '', rule: `does not have ${variables.length} cells` }];
  const places = new Map(variables.map(({ name }, i) => [name, i]));
  const records = rows.map(
    (values, row): NamedRecord => ({ row, get: (name) => values[places.get(name) ?? -1] ?? null }),
  );
  return CONFORMANCE_RULES.flatMap((rule) => rule(dataset, records));
}

/** The refusal for a fault. It names the subject by number and the record by its sequence number, and no value of it. */
export function createInconsistencyFailure(
  dataset: DatasetDefinition,
  subject: string | null,
  fault: RuleViolation,
): Failure {
  const record = `${subject ?? 'the trial'}, record ${fault.row + 1}`;
  const at = [dataset.name, record, fault.variable].filter((part) => part !== '').join(', ');
  const fix = 'correct it in the EHR and have it sent again; or, where the hospital is right, the export';
  const spec = 'SDTMIG 3.4';
  return new Failure('exports/inconsistent', `${fault.variable || 'the record'} ${fault.rule}`, {
    at,
    spec,
    fix,
  });
}
