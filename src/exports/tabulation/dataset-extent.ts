import { resolveCodelist } from './codelists.ts';
import type { RecordValues } from './conformance-rules.ts';
import type { DatasetDefinition } from './dataset-definition.ts';

/** What is known of a variable's cells once all were seen. */
export interface VariableExtent {
  filled: number;
  /** Characters of the longest cell; 0 where none is filled. */
  maxLength: number;
  /** Most digits after the point. */
  decimalPlaces: number;
}

/** What the first walk over the data learns of a dataset: as large as the dataset is wide, however long it is. */
export interface DatasetExtent {
  records: number;
  readonly variables: ReadonlyMap<string, VariableExtent>;
}

/** Values of the codelists that are made of the data, by the codelist's id. */
export type OpenTerms = ReadonlyMap<string, Set<string>>;

/** What only the data can say of the trial. */
export interface EnrolmentTotals {
  readonly subjectCount: number;
  /** Earliest day of consent; null where nobody is enrolled. */
  readonly firstConsent: string | null;
}

/** What the first walk learns: counts and lengths, which stand before the rows in every file. */
export interface StudyExtent {
  readonly datasets: ReadonlyMap<string, DatasetExtent>;
  readonly openTerms: OpenTerms;
  readonly enrolment: EnrolmentTotals;
}

/** A survey of no record. */
export function createDatasetExtent({ variables }: DatasetDefinition): DatasetExtent {
  return {
    records: 0,
    variables: new Map(variables.map(({ name }) => [name, { filled: 0, maxLength: 0, decimalPlaces: 0 }])),
  };
}

/** Adds records to what is known; `open` gathers the values of open codelists. */
export function measureRecords(
  known: DatasetExtent,
  open: OpenTerms,
  { variables }: DatasetDefinition,
  rows: readonly RecordValues[],
): void {
  known.records += rows.length;
  variables.forEach(({ name, codelist }, i) => {
    const extent = known.variables.get(name);
    const terms =
      codelist !== null && resolveCodelist(codelist).terms === null ? open.get(codelist) : undefined;
    for (const values of rows) {
      const cell = values[i];
      if (extent === undefined || cell === null || cell === undefined) continue;
      const text = String(cell);
      extent.filled += 1;
      extent.maxLength = Math.max(extent.maxLength, text.length);
      extent.decimalPlaces = Math.max(extent.decimalPlaces, text.split('.')[1]?.length ?? 0);
      terms?.add(text);
    }
  });
}
