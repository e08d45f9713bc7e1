import type { RecordValues } from './conformance-rules.ts';
import type { DatasetDefinition, VariableDefinition } from './dataset-definition.ts';
import type { DatasetExtent } from './dataset-extent.ts';

/** What all files of an export say of it. */
export interface FileHeader {
  readonly studyOid: string;
  readonly metaDataVersionOid: string;
  /** Folder-relative name of the Define-XML file; null where there is none. */
  readonly defineFile: string | null;
  /** `YYYY-MM-DD`: the day of judging stands for the day of creation, so that the same data give the same bytes. */
  readonly asOf: string;
  readonly originator: string;
  readonly software: string;
}

const DATASET_JSON_TYPES = {
  text: 'string',
  integer: 'integer',
  float: 'float',
  datetime: 'datetime',
} as const;

function buildDatasetJsonColumn(
  dataset: DatasetDefinition,
  variable: VariableDefinition,
  survey: DatasetExtent,
) {
  const { name, label, type } = variable;
  const key = dataset.keys.indexOf(name);
  const longest = survey.variables.get(name)?.maxLength ?? 0;
  return {
    itemOID: `IT.${dataset.name}.${name}`,
    name,
    label,
    dataType: DATASET_JSON_TYPES[type],
    ...(type === 'text' ? { length: Math.max(1, longest) } : {}),
    ...(key < 0 ? {} : { keySequence: key + 1 }),
  };
}

/** The file up to its first row. */
export function formatDatasetJsonOpening(
  head: FileHeader,
  dataset: DatasetDefinition,
  survey: DatasetExtent,
): string {
  const said = {
    datasetJSONCreationDateTime: `${head.asOf}T00:00:00Z`,
    datasetJSONVersion: '1.1.0',
    fileOID: `${head.metaDataVersionOid}.${dataset.name}`,
    dbLastModifiedDateTime: `${head.asOf}T00:00:00Z`,
    originator: head.originator,
    sourceSystem: { name: 'fhir-trial-adapter', version: head.software },
    studyOID: head.studyOid,
    metaDataVersionOID: head.metaDataVersionOid,
    ...(head.defineFile === null ? {} : { metaDataRef: head.defineFile }),
    itemGroupOID: `IG.${dataset.name}`,
    records: survey.records,
    name: dataset.name,
    label: dataset.label,
    columns: dataset.variables.map((variable) => buildDatasetJsonColumn(dataset, variable, survey)),
  };
  return `${JSON.stringify(said, null, 1).slice(0, -2)},\n "rows": [`;
}

export const DATASET_JSON_CLOSING = '\n ]\n}\n';

/** One row. A float is written with the digits it has: `1.50` stays `1.50`. */
export function formatDatasetJsonRow(variables: readonly VariableDefinition[], values: RecordValues): string {
  const cells = values.map((cell, i) =>
    variables[i]?.type === 'float' && cell !== null ? cell : JSON.stringify(cell),
  );
  return `\n  [${cells.join(', ')}]`;
}
