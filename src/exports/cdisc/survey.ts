import type { Values } from './check.ts';
import { codelistOf } from './codelists.ts';
import type { DatasetDefinition } from './variable.ts';

/** What is known of a variable's cells once all were seen. */
export interface Extent {
  filled: number;
  /** Characters of the longest cell; 0 where none is filled. */
  longest: number;
  /** Most digits after the point. */
  places: number;
}

/** What the first walk over the data learns of a dataset: as large as the dataset is wide, however long it is. */
export interface Survey {
  records: number;
  readonly extents: ReadonlyMap<string, Extent>;
}

/** Values of the codelists that are made of the data, by the codelist's id. */
export type OpenTerms = ReadonlyMap<string, Set<string>>;

/** What only the data can say of the trial. */
export interface Enrolment {
  readonly subjects: number;
  /** Earliest day of consent; null where nobody is enrolled. */
  readonly firstConsent: string | null;
}

/** What the first walk learns: counts and lengths, which stand before the rows in every file. */
export interface Learned {
  readonly surveys: ReadonlyMap<string, Survey>;
  readonly open: OpenTerms;
  readonly enrolment: Enrolment;
}

/** A survey of no record. */
export function emptySurvey({ variables }: DatasetDefinition): Survey {
  return {
    records: 0,
    extents: new Map(variables.map(({ name }) => [name, { filled: 0, longest: 0, places: 0 }])),
  };
}

/** Adds records to what is known; `open` gathers the values of open codelists. */
export function survey(
  known: Survey,
  open: OpenTerms,
  { variables }: DatasetDefinition,
  rows: readonly Values[],
): void {
  known.records += rows.length;
  variables.forEach(({ name, codelist }, i) => {
    const extent = known.extents.get(name);
    const terms = codelist !== null && codelistOf(codelist).terms === null ? open.get(codelist) : undefined;
    for (const values of rows) {
      const cell = values[i];
      if (extent === undefined || cell === null || cell === undefined) continue;
      const text = String(cell);
      extent.filled += 1;
      extent.longest = Math.max(extent.longest, text.length);
      extent.places = Math.max(extent.places, text.split('.')[1]?.length ?? 0);
      terms?.add(text);
    }
  });
}
