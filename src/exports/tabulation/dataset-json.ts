import type { RecordValues } from './conformance-rules.ts';
import type { DatasetDefinition, VariableDefinition } from './dataset-definition.ts';
import type { DatasetExtent } from './dataset-extent.ts';

/** The metadata that all files of an export share. */
export interface FileHeader {
  readonly studyOid: string;
  readonly metaDataVersionOid: string;
  /** Folder-relative name of the Define-XML file; null where there is none. */
  readonly defineFile: string | null;
  /** Day (`YYYY-MM-DD`) of assessment, also used as the day of creation, so that the same data yield the same bytes. */
  readonly asOf: string;
  readonly originator: string;
  /** Version of the adapter. */
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
  { name, label, type }: VariableDefinition,
  extent: DatasetExtent,
) {
  const keyIndex = dataset.keys.indexOf(name);
  const maxLength = extent.variables.get(name)?.maxLength ?? 0;
  return {
    itemOID: `IT.${dataset.name}.${name}`,
    name,
    label,
    dataType: DATASET_JSON_TYPES[type],
    ...(type === 'text' ? { length: Math.max(1, maxLength) } : {}),
    ...(keyIndex < 0 ? {} : { keySequence: keyIndex + 1 }),
  };
}

/** Formats a Dataset-JSON 1.1 file up to its first row. */
export function formatDatasetJsonOpening(
  header: FileHeader,
  dataset: DatasetDefinition,
  extent: DatasetExtent,
): string {
  const metadata = {
    datasetJSONCreationDateTime: `${header.asOf}T00:00:00Z`,
    datasetJSONVersion: '1.1.0',
    fileOID: `${header.metaDataVersionOid}.${dataset.name}`,
    dbLastModifiedDateTime: `${header.asOf}T00:00:00Z`,
    originator: header.originator,
    sourceSystem: { name: 'fhir-trial-adapter', version: header.software },
    studyOID: header.studyOid,
    metaDataVersionOID: header.metaDataVersionOid,
    ...(header.defineFile === null ? {} : { metaDataRef: header.defineFile }),
    itemGroupOID: `IG.${dataset.name}`,
    records: extent.records,
    name: dataset.name,
    label: dataset.label,
    columns: dataset.variables.map((variable) => buildDatasetJsonColumn(dataset, variable, extent)),
  };
  return `${JSON.stringify(metadata, null, 1).slice(0, -2)},\n "rows": [`;
}

/** The end of a Dataset-JSON file after its last row. */
export const DATASET_JSON_CLOSING = '\n ]\n}\n';

/** Formats one row. A float keeps its digits: `1.50` stays `1.50`. */
export function formatDatasetJsonRow(variables: readonly VariableDefinition[], values: RecordValues): string {
  const cells = values.map((cell, i) =>
    variables[i]?.type === 'float' && cell !== null ? cell : JSON.stringify(cell),
  );
  return `\n  [${cells.join(', ')}]`;
}
