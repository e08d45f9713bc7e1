import type { ExportFormat } from '../format.ts';
import { responseAnalysis, subjectDrafts, timeDrafts } from './adam-rows.ts';
import { ADAM_DATASETS } from './adam-variables.ts';
import { csvRow } from './csv-row.ts';
import { type Draft, numbered } from './draft.ts';
import { writtenOf } from './tabulation.ts';
import { headOf, type Timeline } from './timeline.ts';
import { type Datasets, learn } from './walk.ts';
import { datasetJson, datasetPieces, type Rendering } from './write.ts';

const DRAFTS: Readonly<Record<string, (timeline: Timeline) => readonly Draft[]>> = {
  ADSL: subjectDrafts,
  ADRS: responseAnalysis,
  ADTTE: timeDrafts,
};

const ANALYSIS: Datasets = {
  folder: 'adam',
  all: ADAM_DATASETS,
  fileHead: (input) => ({
    studyOid: `STDY.${headOf(input).id}`,
    metaDataVersionOid: `MDV.${headOf(input).id}.ADAM`,
    define: null,
    asOf: input.asOf,
    originator: 'fhir-trial-adapter',
    software: input.versions.software,
  }),
  ofSubject(dataset, timeline) {
    const drafts = DRAFTS[dataset.name]?.(timeline) ?? [];
    const ids = { STUDYID: timeline.head.id, USUBJID: timeline.usubjid };
    return writtenOf(dataset, numbered(dataset, ids, drafts));
  },
  ofTrial: () => [],
};

const CSV: Rendering = {
  ending: 'csv',
  opening: ({ variables }) => csvRow(variables.map(({ name }) => name)),
  rows: (_dataset, rows) => rows.map(csvRow).join(''),
  closing: '',
};

/** ADaM-like analysis datasets, each as Dataset-JSON 1.1 and as CSV. Their figures are the report's. */
export const adam: ExportFormat = {
  id: 'adam',
  says: 'analysis datasets ADSL, ADRS and ADTTE in the manner of CDISC ADaM, as Dataset-JSON and CSV',
  async *write(input) {
    const learned = await learn(ANALYSIS, input);
    yield* datasetPieces(ANALYSIS, input, learned, [datasetJson(ANALYSIS.fileHead(input)), CSV]);
  },
};
