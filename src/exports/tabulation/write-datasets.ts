import type { FileChunk, StudyInput } from '../export-format.ts';
import { buildSubjectTrace } from '../lineage/course-sources.ts';
import type { ProvenanceTrace } from '../provenance-trace.ts';
import { createInconsistencyFailure, type RecordValues } from './conformance-rules.ts';
import type { DatasetDefinition } from './dataset-definition.ts';
import { createDatasetExtent, type DatasetExtent, type StudyExtent } from './dataset-extent.ts';
import {
  DATASET_JSON_CLOSING,
  type FileHeader,
  formatDatasetJsonOpening,
  formatDatasetJsonRow,
} from './dataset-json.ts';
import { traceSubjectRecords, traceTrialFigures, traceTrialRecords } from './dataset-traces.ts';
import { type DatasetPackage, streamTimelines } from './first-pass.ts';
import type { TracedRecord } from './subject-records.ts';
import { createStudyContext } from './subject-timeline.ts';

/** A file format for datasets; each dataset is a file of its own. */
export interface DatasetRenderer {
  /** Extension of the file's name, such as `json`. */
  readonly extension: string;
  formatOpening(dataset: DatasetDefinition, extent: DatasetExtent): string;
  /** Formats records; `precedingRows` is the number of rows already written. */
  formatRows(dataset: DatasetDefinition, records: readonly RecordValues[], precedingRows: number): string;
  readonly closing: string;
}

/** Creates the renderer of Dataset-JSON 1.1. */
export function createDatasetJsonRenderer(header: FileHeader): DatasetRenderer {
  return {
    extension: 'json',
    formatOpening: (dataset, extent) => formatDatasetJsonOpening(header, dataset, extent),
    formatRows: ({ variables }, records, precedingRows) =>
      records
        .map((values, i) => `${precedingRows + i > 0 ? ',' : ''}${formatDatasetJsonRow(variables, values)}`)
        .join(''),
    closing: DATASET_JSON_CLOSING,
  };
}

/** Writes a dataset's files; each call returns the next chunk of every one of them. */
interface DatasetWriter {
  readonly dataset: DatasetDefinition;
  writeOpening(): readonly FileChunk[];
  writeRecords(records: readonly TracedRecord[], traces: readonly ProvenanceTrace[]): readonly FileChunk[];
  /** Writes traces without records. */
  writeTraces(traces: readonly ProvenanceTrace[]): readonly FileChunk[];
  writeClosing(): readonly FileChunk[];
}

function createDatasetWriter(
  dataset: DatasetDefinition,
  folder: string,
  extent: DatasetExtent,
  renderers: readonly DatasetRenderer[],
): DatasetWriter {
  let writtenRows = 0;
  const buildChunks = (
    formatContent: (renderer: DatasetRenderer) => string,
    traces: readonly ProvenanceTrace[] = [],
  ): readonly FileChunk[] =>
    renderers.map((renderer) => ({
      file: `${folder}/${dataset.name.toLowerCase()}.${renderer.extension}`,
      content: formatContent(renderer),
      traces,
    }));
  return {
    dataset,
    writeOpening: () => buildChunks((renderer) => renderer.formatOpening(dataset, extent)),
    writeRecords(records, traces) {
      if (records.length === 0) return [];
      const precedingRows = writtenRows;
      writtenRows += records.length;
      const values = records.map((record) => record.values);
      return buildChunks((renderer) => renderer.formatRows(dataset, values, precedingRows), traces);
    },
    writeTraces: (traces) => buildChunks(() => '', traces),
    writeClosing() {
      const rule = 'is not the number of rows: the data changed while they were read';
      if (writtenRows !== extent.records)
        throw createInconsistencyFailure(dataset, null, { row: writtenRows, variable: 'records', rule });
      return buildChunks(({ closing }) => closing);
    },
  };
}

/** Writes the records of all subjects, and to the datasets about the trial the figures that each subject contributes to. */
async function* writeSubjects(
  datasetPackage: DatasetPackage,
  input: StudyInput,
  extent: StudyExtent,
  writers: readonly DatasetWriter[],
): AsyncIterable<FileChunk> {
  const trialWriters = writers.filter(({ dataset }) => dataset.isReferenceData);
  const subjectWriters = writers.filter(({ dataset }) => !dataset.isReferenceData);
  for await (const timeline of streamTimelines(input, datasetPackage.datasets)) {
    const { record } = timeline;
    const [firstWriter] = subjectWriters;
    if (firstWriter) yield* firstWriter.writeTraces([buildSubjectTrace(record)]);
    for (const writer of subjectWriters) {
      const records = datasetPackage.buildSubjectRecords(writer.dataset, timeline);
      yield* writer.writeRecords(records, traceSubjectRecords(writer.dataset, record, records));
    }
    for (const writer of trialWriters) {
      const trace = traceTrialFigures(writer.dataset, record.subject, extent.enrolment);
      if (trace) yield* writer.writeTraces([trace]);
    }
  }
}

/**
 * Makes the second pass: writes the chosen datasets together, so that each subject is read once however many datasets
 * there are. Throws `exports/inconsistent` where the data changed since the first pass.
 */
export async function* writeDatasets(
  datasetPackage: DatasetPackage,
  input: StudyInput,
  extent: StudyExtent,
  renderers: readonly DatasetRenderer[],
  chosen: readonly DatasetDefinition[] = datasetPackage.datasets,
): AsyncIterable<FileChunk> {
  const writers = chosen.map((dataset) => {
    const datasetExtent = extent.datasets.get(dataset.name) ?? createDatasetExtent(dataset);
    return createDatasetWriter(dataset, datasetPackage.folder, datasetExtent, renderers);
  });
  yield* writers.flatMap((writer) => writer.writeOpening());
  const study = createStudyContext(input);
  for (const writer of writers.filter(({ dataset }) => dataset.isReferenceData)) {
    const records = datasetPackage.buildTrialRecords(writer.dataset, study, extent.enrolment);
    yield* writer.writeRecords(records, traceTrialRecords(writer.dataset, records));
  }
  yield* writeSubjects(datasetPackage, input, extent, writers);
  yield* writers.flatMap((writer) => writer.writeClosing());
}
