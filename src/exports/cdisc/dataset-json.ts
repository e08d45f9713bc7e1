import type { Values } from './check.ts';
import type { Survey } from './survey.ts';
import type { DatasetDefinition, Variable } from './variable.ts';

/** What all files of an export say of it. */
export interface FileHead {
  readonly studyOid: string;
  readonly metaDataVersionOid: string;
  /** Folder-relative name of the Define-XML file; null where there is none. */
  readonly define: string | null;
  /** `YYYY-MM-DD`: the day of judging stands for the day of creation, so that the same data give the same bytes. */
  readonly asOf: string;
  readonly originator: string;
  readonly software: string;
}

const DATA_TYPES = { text: 'string', integer: 'integer', float: 'float', datetime: 'datetime' } as const;

function columnOf(dataset: DatasetDefinition, variable: Variable, survey: Survey) {
  const { name, label, type } = variable;
  const key = dataset.keys.indexOf(name);
  const longest = survey.extents.get(name)?.longest ?? 0;
  return {
    itemOID: `IT.${dataset.name}.${name}`,
    name,
    label,
    dataType: DATA_TYPES[type],
    ...(type === 'text' ? { length: Math.max(1, longest) } : {}),
    ...(key < 0 ? {} : { keySequence: key + 1 }),
  };
}

/** The file up to its first row. */
export function opening(head: FileHead, dataset: DatasetDefinition, survey: Survey): string {
  const said = {
    datasetJSONCreationDateTime: `${head.asOf}T00:00:00Z`,
    datasetJSONVersion: '1.1.0',
    fileOID: `${head.metaDataVersionOid}.${dataset.name}`,
    dbLastModifiedDateTime: `${head.asOf}T00:00:00Z`,
    originator: head.originator,
    sourceSystem: { name: 'fhir-trial-adapter', version: head.software },
    studyOID: head.studyOid,
    metaDataVersionOID: head.metaDataVersionOid,
    ...(head.define === null ? {} : { metaDataRef: head.define }),
    itemGroupOID: `IG.${dataset.name}`,
    records: survey.records,
    name: dataset.name,
    label: dataset.label,
    columns: dataset.variables.map((variable) => columnOf(dataset, variable, survey)),
  };
  return `${JSON.stringify(said, null, 1).slice(0, -2)},\n "rows": [`;
}

export const CLOSING = '\n ]\n}\n';

/** One row. A float is written with the digits it has: `1.50` stays `1.50`. */
export function rowText(variables: readonly Variable[], values: Values): string {
  const cells = values.map((cell, i) =>
    variables[i]?.type === 'float' && cell !== null ? cell : JSON.stringify(cell),
  );
  return `\n  [${cells.join(', ')}]`;
}
