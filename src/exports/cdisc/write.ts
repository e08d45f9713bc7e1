import type { Piece, StudyInput } from '../format.ts';
import { subjectTrace } from '../trace/course-sources.ts';
import type { Trace } from '../trace/trace.ts';
import { inconsistent, type Values } from './check.ts';
import { CLOSING, type FileHead, opening, rowText } from './dataset-json.ts';
import { behindTrial, recordTraces, trialTraces } from './record-traces.ts';
import { emptySurvey, type Learned, type Survey } from './survey.ts';
import type { Written } from './tabulation.ts';
import { headOf } from './timeline.ts';
import type { DatasetDefinition } from './variable.ts';
import { type Datasets, timelines } from './walk.ts';

/** A way to write datasets, each as a file of its own. */
export interface Rendering {
  /** How the file's name ends, such as `json`. */
  readonly ending: string;
  opening(dataset: DatasetDefinition, known: Survey): string;
  /** Records as text; `before`: how many stand before them. */
  rows(dataset: DatasetDefinition, rows: readonly Values[], before: number): string;
  readonly closing: string;
}

/** Dataset-JSON 1.1. */
export function datasetJson(head: FileHead): Rendering {
  return {
    ending: 'json',
    opening: (dataset, known) => opening(head, dataset, known),
    rows: ({ variables }, rows, before) =>
      rows.map((values, i) => `${before + i > 0 ? ',' : ''}${rowText(variables, values)}`).join(''),
    closing: CLOSING,
  };
}

/** A dataset's files while they are written: each call gives the next piece of every one of them. */
interface Writing {
  readonly dataset: DatasetDefinition;
  opening(): readonly Piece[];
  rows(rows: readonly Written[], traces: readonly Trace[]): readonly Piece[];
  /** Traces of no records of their own. */
  traces(traces: readonly Trace[]): readonly Piece[];
  closing(): readonly Piece[];
}

function writing(
  dataset: DatasetDefinition,
  folder: string,
  known: Survey,
  renderings: readonly Rendering[],
): Writing {
  let written = 0;
  const pieces = (
    content: (rendering: Rendering) => string,
    traces: readonly Trace[] = [],
  ): readonly Piece[] =>
    renderings.map((rendering) => ({
      file: `${folder}/${dataset.name.toLowerCase()}.${rendering.ending}`,
      content: content(rendering),
      traces,
    }));
  return {
    dataset,
    opening: () => pieces((rendering) => rendering.opening(dataset, known)),
    rows(rows, traces) {
      if (rows.length === 0) return [];
      const before = written;
      written += rows.length;
      const values = rows.map((row) => row.values);
      return pieces((rendering) => rendering.rows(dataset, values, before), traces);
    },
    traces: (traces) => pieces(() => '', traces),
    closing() {
      const rule = 'is not the number of rows: the data changed while they were read';
      if (written !== known.records)
        throw inconsistent(dataset, null, { row: written, variable: 'records', rule });
      return pieces(({ closing }) => closing);
    },
  };
}

/**
 * The second walk: the files of the datasets given, all at once, so that each subject is asked for once however many
 * datasets there are. Fails where the data are no longer those that were counted.
 */
export async function* datasetPieces(
  datasets: Datasets,
  input: StudyInput,
  learned: Learned,
  renderings: readonly Rendering[],
  chosen: readonly DatasetDefinition[] = datasets.all,
): AsyncIterable<Piece> {
  const all = chosen.map((dataset) => {
    const known = learned.surveys.get(dataset.name) ?? emptySurvey(dataset);
    return writing(dataset, datasets.folder, known, renderings);
  });
  yield* all.flatMap((one) => one.opening());
  const [ofTrial, ofSubjects] = [
    all.filter(({ dataset }) => dataset.reference),
    all.filter(({ dataset }) => !dataset.reference),
  ];
  const head = headOf(input);
  for (const one of ofTrial) {
    const rows = datasets.ofTrial(one.dataset, head, learned.enrolment);
    yield* one.rows(rows, trialTraces(one.dataset, rows));
  }
  for await (const timeline of timelines(input, datasets.all)) {
    const { record } = timeline;
    const [first] = ofSubjects;
    if (first) yield* first.traces([subjectTrace(record)]);
    for (const one of ofSubjects) {
      const rows = datasets.ofSubject(one.dataset, timeline);
      yield* one.rows(rows, recordTraces(one.dataset, record, rows));
    }
    for (const one of ofTrial) {
      const trace = behindTrial(one.dataset, record.subject, learned.enrolment);
      if (trace) yield* one.traces([trace]);
    }
  }
  yield* all.flatMap((one) => one.closing());
}
