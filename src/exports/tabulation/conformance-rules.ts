import { Failure } from '../../errors.ts';
import { type CodelistTerm, resolveCodelist } from './codelists.ts';
import type { DatasetCell, DatasetDefinition, VariableDefinition } from './dataset-definition.ts';
import { isCertainlyAfter, isIsoDateTime } from './iso-date-time.ts';

/** A record as it is written: one cell for each variable of its dataset, in their order. */
export type RecordValues = readonly DatasetCell[];

/** A violation of a rule by a record. */
interface RuleViolation {
  /** Index of the record, from 0. */
  readonly row: number;
  readonly variable: string;
  /** The violation, as the predicate of a sentence about the variable. */
  readonly rule: string;
}

/** A record with its cells by the names of their variables. */
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

/** Returns the rule that a cell breaks; null where it breaks none. */
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

/** --SEQ counts from 1 within the subject. TSSEQ counts within a parameter, and the keys check it. */
const checkSequence: ConformanceRule = ({ sequenceVariable: variable }, records) => {
  if (variable === null) return [];
  return records.flatMap(({ row, get }, i) =>
    get(variable) === i + 1
      ? []
      : [{ row, variable, rule: 'does not count the records of the subject from 1' }],
  );
};

/** There is no study day 0, and a study day needs a complete date. */
const checkStudyDays: ConformanceRule = ({ variables }, records) => {
  const names = new Set(variables.map(({ name }) => name));
  const pairs = [...names].flatMap((name) => {
    if (!name.endsWith('DY')) return [];
    const date = ['DTC', 'DT'].map((suffix) => name.replace(/DY$/, suffix)).find((dtc) => names.has(dtc));
    return date === undefined ? [] : [[name, date] as const];
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

/** An end is not before its start. */
const checkIntervals: ConformanceRule = ({ domain }, records) => {
  const [start, end] = [`${domain}STDTC`, `${domain}ENDTC`];
  return records.flatMap(({ row, get }) => {
    const [startText, endText] = [get(start), get(end)];
    if (typeof startText !== 'string' || typeof endText !== 'string') return [];
    if (!isCertainlyAfter(startText, endText)) return [];
    return [{ row, variable: end, rule: `is before ${start}` }];
  });
};

interface CodePair {
  readonly code: string;
  readonly name: string;
  readonly terms: readonly CodelistTerm[];
}

/** Lists the pairs of a short name and a name, such as LBTESTCD and LBTEST, by the codelists of their variables. */
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

/** Where seriousness criteria are known, a serious event meets one of them, and a non-serious event meets none. */
const checkSeriousness: ConformanceRule = ({ name }, records) => {
  if (name !== 'AE') return [];
  return records.flatMap(({ row, get }) => {
    const criteria = SERIOUSNESS_CRITERIA.map(get).filter((cell) => cell !== null);
    const meetsCriterion = criteria.includes('Y');
    const serious = get('AESER');
    const contradicts =
      (serious === 'Y' && criteria.length > 0 && !meetsCriterion) || (serious === 'N' && meetsCriterion);
    return contradicts
      ? [{ row, variable: 'AESER', rule: 'does not agree with the criteria of seriousness' }]
      : [];
  });
};

/** The death flag is set where there is a date of death, and only there. */
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
 * Finds the rules that a subject's records of a dataset break (or all records of a dataset about the trial). The rules
 * are those that the schemas of Dataset-JSON and Define-XML cannot check: SDTMIG 3.4, and the CDISC CORE rules that this
 * study can break.
 */
export function findViolations(
  dataset: DatasetDefinition,
  records: readonly RecordValues[],
): readonly RuleViolation[] {
  const { variables } = dataset;
  const wrongLength = records.findIndex((values) => values.length !== variables.length);
  if (wrongLength >= 0)
    return [{ row: wrongLength, variable: '', rule: `does not have ${variables.length} cells` }];
  const positions = new Map(variables.map(({ name }, i) => [name, i]));
  const namedRecords = records.map(
    (values, row): NamedRecord => ({ row, get: (name) => values[positions.get(name) ?? -1] ?? null }),
  );
  return CONFORMANCE_RULES.flatMap((rule) => rule(dataset, namedRecords));
}

/**
 * Creates the refusal for a violation. It names the subject by number and the record by its position, and contains no
 * value of the record.
 */
export function createInconsistencyFailure(
  dataset: DatasetDefinition,
  subject: string | null,
  { row, variable, rule }: RuleViolation,
): Failure {
  const record = `${subject ?? 'the trial'}, record ${row + 1}`;
  const at = [dataset.name, record, variable].filter((part) => part !== '').join(', ');
  const fix =
    'Correct the value in the EHR and have it sent again. If the value is right, report a defect of the export.';
  return new Failure('exports/inconsistent', `${variable || 'the record'} ${rule}`, {
    at,
    spec: 'SDTMIG 3.4',
    fix,
  });
}
