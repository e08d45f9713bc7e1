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

/** A way to write datasets, each as a file of its own. */
export interface DatasetRenderer {
  /** How the file's name ends, such as `json`. */
  readonly extension: string;
  formatOpening(dataset: DatasetDefinition, known: DatasetExtent): string;
  /** Records as text; `before`: how many stand before them. */
  formatRows(dataset: DatasetDefinition, rows: readonly RecordValues[], before: number): string;
  readonly closing: string;
}

/** Dataset-JSON 1.1. */
export function createDatasetJsonRenderer(head: FileHeader): DatasetRenderer {
  return {
    extension: 'json',
    formatOpening: (dataset, known) => formatDatasetJsonOpening(head, dataset, known),
    formatRows: ({ variables }, rows, before) =>
      rows
        .map((values, i) => `${before + i > 0 ? ',' : ''}${formatDatasetJsonRow(variables, values)}`)
        .join(''),
    closing: DATASET_JSON_CLOSING,
  };
}

/** A dataset's files while they are written: each call gives the next piece of every one of them. */
interface DatasetWriter {
  readonly dataset: DatasetDefinition;
  writeOpening(): readonly FileChunk[];
  writeRecords(rows: readonly TracedRecord[], writeTraces: readonly ProvenanceTrace[]): readonly FileChunk[];
  /** Traces of no records of their own. */
  traces(traces: readonly ProvenanceTrace[]): readonly FileChunk[];
  writeClosing(): readonly FileChunk[];
}

function createDatasetWriter(
  dataset: DatasetDefinition,
  folder: string,
  known: DatasetExtent,
  renderings: readonly DatasetRenderer[],
): DatasetWriter {
  let written = 0;
  const pieces = (
    content: (rendering: DatasetRenderer) => string,
    traces: readonly ProvenanceTrace[] = [],
  ): readonly FileChunk[] =>
    renderings.map((rendering) => ({
      file: `${folder}/${dataset.name.toLowerCase()}.${rendering.extension}`,
      content: content(rendering),
      traces,
    }));
  return {
    dataset,
    writeOpening: () => pieces((rendering) => rendering.formatOpening(dataset, known)),
    writeRecords(rows, traces) {
      if (rows.length === 0) return [];
      const before = written;
      written += rows.length;
      const values = rows.map((row) => row.values);
      return pieces((rendering) => rendering.formatRows(dataset, values, before), traces);
    },
    traces: (traces) => pieces(() => '', traces),
    writeClosing() {
      const rule = 'is not the number of rows: the data changed while they were read';
      if (written !== known.records)
        throw createInconsistencyFailure(dataset, null, { row: written, variable: 'records', rule });
      return pieces(({ closing }) => closing);
    },
  };
}

/**
 * The second walk: the files of the datasets given, all at once, so that each subject is asked for once however many
 * datasets there are. Fails where the data are no longer those that were counted.
 */
export async function* writeDatasets(
  datasets: DatasetPackage,
  input: StudyInput,
  learned: StudyExtent,
  renderings: readonly DatasetRenderer[],
  chosen: readonly DatasetDefinition[] = datasets.datasets,
): AsyncIterable<FileChunk> {
  const all = chosen.map((dataset) => {
    const known = learned.datasets.get(dataset.name) ?? createDatasetExtent(dataset);
    return createDatasetWriter(dataset, datasets.folder, known, renderings);
  });
  yield* all.flatMap((one) => one.writeOpening());
  const [ofTrial, ofSubjects] = [
    all.filter(({ dataset }) => dataset.isReferenceData),
    all.filter(({ dataset }) => !dataset.isReferenceData),
  ];
  const head = createStudyContext(input);
  for (const one of ofTrial) {
    const rows = datasets.buildTrialRecords(one.dataset, head, learned.enrolment);
    yield* one.writeRecords(rows, traceTrialRecords(one.dataset, rows));
  }
  for await (const timeline of streamTimelines(input, datasets.datasets)) {
    const { record } = timeline;
    const [first] = ofSubjects;
    if (first) yield* first.traces([buildSubjectTrace(record)]);
    for (const one of ofSubjects) {
      const rows = datasets.buildSubjectRecords(one.dataset, timeline);
      yield* one.writeRecords(rows, traceSubjectRecords(one.dataset, record, rows));
    }
    for (const one of ofTrial) {
      const trace = traceTrialFigures(one.dataset, record.subject, learned.enrolment);
      if (trace) yield* one.traces([trace]);
    }
  }
  yield* all.flatMap((one) => one.writeClosing());
}
