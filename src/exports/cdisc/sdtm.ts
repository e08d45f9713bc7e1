import type { ExportFormat, StudyInput } from '../format.ts';
import type { FileHead } from './dataset-json.ts';
import { defineXml } from './define.ts';
import { armDrafts, planDrafts, summaryDrafts } from './design-rows.ts';
import { type Draft, numbered } from './draft.ts';
import { SDTM_DATASETS } from './study-variables.ts';
import type { Enrolment } from './survey.ts';
import { subjectRows, type Written, writtenOf } from './tabulation.ts';
import { headOf, type StudyHead } from './timeline.ts';
import type { DatasetDefinition } from './variable.ts';
import { type Datasets, learn } from './walk.ts';
import { datasetJson, datasetPieces } from './write.ts';

function trialDrafts(name: string, head: StudyHead, enrolment: Enrolment): readonly Draft[] {
  if (name === 'TA') return armDrafts(head);
  return name === 'TE' ? planDrafts(head) : summaryDrafts(head, enrolment);
}

function trialRecords(dataset: DatasetDefinition, head: StudyHead, enrolment: Enrolment): readonly Written[] {
  const drafts = trialDrafts(dataset.name, head, enrolment);
  return writtenOf(dataset, numbered(dataset, { STUDYID: head.id }, drafts));
}

function fileHead(input: StudyInput): FileHead {
  const { id } = headOf(input);
  return {
    studyOid: `STDY.${id}`,
    metaDataVersionOid: `MDV.${id}.SDTMIG.3.4`,
    define: 'define.xml',
    asOf: input.asOf,
    originator: 'fhir-trial-adapter',
    software: input.versions.software,
  };
}

const TABULATION: Datasets = {
  folder: 'sdtm',
  all: SDTM_DATASETS,
  fileHead,
  ofSubject: (dataset, timeline) => writtenOf(dataset, subjectRows(dataset, timeline)),
  ofTrial: trialRecords,
};

/** SDTM 3.4 as Dataset-JSON 1.1 with Define-XML 2.1. A dataset without records has no file, and define.xml says so. */
export const sdtm: ExportFormat = {
  id: 'sdtm',
  says: 'CDISC SDTM 3.4 as Dataset-JSON 1.1 with Define-XML 2.1, for statisticians and regulators',
  async *write(input) {
    const learned = await learn(TABULATION, input);
    yield { file: 'sdtm/define.xml', content: defineXml(fileHead(input), headOf(input), learned) };
    const filled = SDTM_DATASETS.filter(({ name }) => learned.surveys.get(name)?.records !== 0);
    yield* datasetPieces(TABULATION, input, learned, [datasetJson(fileHead(input))], filled);
  },
};
