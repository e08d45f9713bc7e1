import { resolveCodelist } from './codelists.ts';
import type { RecordValues } from './conformance-rules.ts';
import type { DatasetDefinition } from './dataset-definition.ts';

/** Counts and lengths of a variable's cells over all records. */
interface VariableExtent {
  /** Number of cells that are not empty. */
  filled: number;
  /** Characters of the longest cell; 0 where none is filled. */
  maxLength: number;
  /** Most digits after the decimal point. */
  decimalPlaces: number;
}

/** Counts and lengths of a dataset. Its size depends on the number of variables, not on the number of records. */
export interface DatasetExtent {
  records: number;
  readonly variables: ReadonlyMap<string, VariableExtent>;
}

/** The values that occur, for each codelist that takes its terms from the data. */
export type OpenTerms = ReadonlyMap<string, Set<string>>;

/** Figures about the trial that are counted over the subjects. */
export interface EnrolmentTotals {
  readonly subjectCount: number;
  /** Earliest day of consent; null where nobody is enrolled. */
  readonly firstConsent: string | null;
}

/** The result of the first pass over the data: the figures that files state before their rows. */
export interface StudyExtent {
  readonly datasets: ReadonlyMap<string, DatasetExtent>;
  readonly openTerms: OpenTerms;
  readonly enrolment: EnrolmentTotals;
}

/** Creates the extent of a dataset without records. */
export function createDatasetExtent({ variables }: DatasetDefinition): DatasetExtent {
  return {
    records: 0,
    variables: new Map(variables.map(({ name }) => [name, { filled: 0, maxLength: 0, decimalPlaces: 0 }])),
  };
}

/** Adds records to the extent of their dataset, and their values to the open terms. */
export function measureRecords(
  extent: DatasetExtent,
  openTerms: OpenTerms,
  { variables }: DatasetDefinition,
  records: readonly RecordValues[],
): void {
  extent.records += records.length;
  variables.forEach(({ name, codelist }, i) => {
    const variable = extent.variables.get(name);
    const terms =
      codelist !== null && resolveCodelist(codelist).terms === null ? openTerms.get(codelist) : undefined;
    for (const values of records) {
      const cell = values[i];
      if (variable === undefined || cell === null || cell === undefined) continue;
      const text = String(cell);
      variable.filled += 1;
      variable.maxLength = Math.max(variable.maxLength, text.length);
      variable.decimalPlaces = Math.max(variable.decimalPlaces, text.split('.')[1]?.length ?? 0);
      terms?.add(text);
    }
  });
}
