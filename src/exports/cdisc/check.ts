import { Failure } from '../../errors.ts';
import { codelistOf } from './codelists.ts';
import { isAfter, isIsoDate } from './iso-format.ts';
import type { Cell, DatasetDefinition, Variable } from './variable.ts';

/** A record as it is written: one cell for each variable, in their order. */
export type Values = readonly Cell[];

/** A broken rule: the record by its place, the variable, and the rule. */
export interface Fault {
  readonly row: number;
  readonly variable: string;
  readonly rule: string;
}

/** A record by its variables' names. */
interface Named {
  readonly row: number;
  get(name: string): Cell;
}

type Rule = (dataset: DatasetDefinition, records: readonly Named[]) => readonly Fault[];

const DIGITS = /^-?\d+(\.\d+)?$/;

const FITS: Readonly<Record<Variable['type'], (cell: string | number) => boolean>> = {
  text: (cell) => typeof cell === 'string' && cell.trim() !== '',
  integer: (cell) => Number.isSafeInteger(cell),
  float: (cell) => typeof cell === 'string' && DIGITS.test(cell),
  datetime: (cell) => typeof cell === 'string' && isIsoDate(cell),
};

/** The rule that one cell breaks; null where it breaks none. */
function cellFault(variable: Variable, cell: Cell): string | null {
  if (cell === null) return variable.core === 'Req' && !variable.mayLack ? 'is required and empty' : null;
  if (!FITS[variable.type](cell))
    return variable.type === 'datetime'
      ? 'is not an ISO 8601 date or time'
      : `is not of type ${variable.type}`;
  if (variable.codelist === null) return null;
  const { terms } = codelistOf(variable.codelist);
  return terms === null || terms.some(([value]) => value === cell)
    ? null
    : `is not in codelist ${variable.codelist}`;
}

const cells: Rule = ({ variables }, records) =>
  records.flatMap(({ row, get }) =>
    variables.flatMap((variable) => {
      const rule = cellFault(variable, get(variable.name));
      return rule === null ? [] : [{ row, variable: variable.name, rule }];
    }),
  );

const keys: Rule = (dataset, records) => {
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
const sequence: Rule = ({ domain, name, variables }, records) => {
  const seq = `${domain}SEQ`;
  if (name === 'TS' || !variables.some((variable) => variable.name === seq)) return [];
  return records.flatMap(({ row, get }, i) =>
    get(seq) === i + 1
      ? []
      : [{ row, variable: seq, rule: 'does not count the records of the subject from 1' }],
  );
};

/** There is no day 0, and a day can only be counted to a complete date. */
const studyDays: Rule = ({ variables }, records) => {
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

const spans: Rule = ({ domain }, records) => {
  const [start, end] = [`${domain}STDTC`, `${domain}ENDTC`];
  return records.flatMap(({ row, get }) => {
    const [from, to] = [get(start), get(end)];
    if (typeof from !== 'string' || typeof to !== 'string' || !isAfter(from, to)) return [];
    return [{ row, variable: end, rule: `is before ${start}` }];
  });
};

/** Short name and name of a test (parameter, qualifier) are one pair of the codelist. */
const pairs: Rule = ({ domain, name }, records) => {
  const [code, text] =
    name === 'TS'
      ? ['TSPARMCD', 'TSPARM']
      : name.startsWith('SUPP')
        ? ['QNAM', 'QLABEL']
        : [`${domain}TESTCD`, `${domain}TEST`];
  const terms = pairTerms(code);
  if (terms === null) return [];
  return records.flatMap(({ row, get }) => {
    const pair = terms.find(([value]) => value === get(code));
    return pair && pair[1] === get(text) ? [] : [{ row, variable: text, rule: `does not go with ${code}` }];
  });
};

function pairTerms(code: string) {
  const paired = ['LBTESTCD', 'VSTESTCD', 'RSTESTCD', 'DDTESTCD', 'TSPARMCD', 'QNAM'];
  return paired.includes(code) ? codelistOf(code).terms : null;
}

const CRITERIA = ['AESCAN', 'AESCONG', 'AESDISAB', 'AESDTH', 'AESHOSP', 'AESLIFE', 'AESMIE', 'AESOD'];

/** Where criteria of seriousness are known, a serious event meets one, and an event that meets one is not non-serious. */
const seriousness: Rule = ({ name }, records) => {
  if (name !== 'AE') return [];
  return records.flatMap(({ row, get }) => {
    const known = CRITERIA.map(get).filter((cell) => cell !== null);
    const meets = known.includes('Y');
    const serious = get('AESER');
    const wrong = (serious === 'Y' && known.length > 0 && !meets) || (serious === 'N' && meets);
    return wrong ? [{ row, variable: 'AESER', rule: 'does not agree with the criteria of seriousness' }] : [];
  });
};

const death: Rule = ({ name }, records) => {
  if (name !== 'DM') return [];
  return records.flatMap(({ row, get }) =>
    (get('DTHFL') === 'Y') === (get('DTHDTC') !== null)
      ? []
      : [{ row, variable: 'DTHFL', rule: 'does not agree with DTHDTC' }],
  );
};

const RULES: readonly Rule[] = [cells, keys, sequence, studyDays, spans, pairs, seriousness, death];

/**
 * What is wrong in a subject's records of a dataset (or in all of a dataset about the trial): what neither the schema of
 * Dataset-JSON nor that of Define-XML sees. Source: SDTMIG 3.4 and the rules of CDISC CORE that this study can break.
 */
export function faultsIn(dataset: DatasetDefinition, rows: readonly Values[]): readonly Fault[] {
  const { variables } = dataset;
  const short = rows.findIndex((values) => values.length !== variables.length);
  if (short >= 0) return [{ row: short, variable: '', rule: `does not have ${variables.length} cells` }];
  const places = new Map(variables.map(({ name }, i) => [name, i]));
  const records = rows.map(
    (values, row): Named => ({ row, get: (name) => values[places.get(name) ?? -1] ?? null }),
  );
  return RULES.flatMap((rule) => rule(dataset, records));
}

/** The refusal for a fault. It names the subject by number and the record by its sequence number, and no value of it. */
export function inconsistent(dataset: DatasetDefinition, subject: string | null, fault: Fault): Failure {
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
