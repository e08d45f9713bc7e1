import { formatCsvRow } from '../../csv-row.ts';
import type { ExportFormat } from '../export-format.ts';
import { type DatasetPackage, measureStudy } from '../tabulation/first-pass.ts';
import { numberRecords, type RecordDraft } from '../tabulation/record-drafts.ts';
import { toTracedRecords } from '../tabulation/subject-records.ts';
import { createStudyContext, type SubjectTimeline } from '../tabulation/subject-timeline.ts';
import {
  createDatasetJsonRenderer,
  type DatasetRenderer,
  writeDatasets,
} from '../tabulation/write-datasets.ts';
import { ADAM_DATASETS } from './adam-datasets.ts';
import { draftResponseAnalysis, draftSubjectLevel, draftTimeToEvent } from './adam-records.ts';

const ADAM_DRAFTERS: Readonly<Record<string, (timeline: SubjectTimeline) => readonly RecordDraft[]>> = {
  ADSL: draftSubjectLevel,
  ADRS: draftResponseAnalysis,
  ADTTE: draftTimeToEvent,
};

const ADAM_PACKAGE: DatasetPackage = {
  folder: 'adam',
  datasets: ADAM_DATASETS,
  buildFileHeader: (input) => ({
    studyOid: `STDY.${createStudyContext(input).id}`,
    metaDataVersionOid: `MDV.${createStudyContext(input).id}.ADAM`,
    defineFile: null,
    asOf: input.asOf,
    originator: 'fhir-trial-adapter',
    software: input.versions.software,
  }),
  buildSubjectRecords(dataset, timeline) {
    const drafts = ADAM_DRAFTERS[dataset.name]?.(timeline) ?? [];
    const identifiers = { STUDYID: timeline.study.id, USUBJID: timeline.usubjid };
    return toTracedRecords(dataset, numberRecords(dataset, identifiers, drafts));
  },
  buildTrialRecords: () => [],
};

const CSV_RENDERER: DatasetRenderer = {
  extension: 'csv',
  formatOpening: ({ variables }) => formatCsvRow(variables.map(({ name }) => name)),
  formatRows: (_dataset, records) => records.map(formatCsvRow).join(''),
  closing: '',
};

/** ADaM-like analysis datasets, each as Dataset-JSON 1.1 and as CSV. Their figures are those of the report. */
export const adam: ExportFormat = {
  id: 'adam',
  purpose: 'analysis datasets ADSL, ADRS and ADTTE in the manner of CDISC ADaM, as Dataset-JSON and CSV',
  async *write(input) {
    const extent = await measureStudy(ADAM_PACKAGE, input);
    yield* writeDatasets(ADAM_PACKAGE, input, extent, [
      createDatasetJsonRenderer(ADAM_PACKAGE.buildFileHeader(input)),
      CSV_RENDERER,
    ]);
  },
};
