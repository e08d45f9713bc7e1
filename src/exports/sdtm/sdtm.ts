import type { ExportFormat, StudyInput } from '../export-format.ts';
import type { DatasetDefinition } from '../tabulation/dataset-definition.ts';
import type { EnrolmentTotals } from '../tabulation/dataset-extent.ts';
import type { FileHeader } from '../tabulation/dataset-json.ts';
import { type DatasetPackage, measureStudy } from '../tabulation/first-pass.ts';
import { numberRecords, type RecordDraft } from '../tabulation/record-drafts.ts';
import { SDTM_DATASETS } from '../tabulation/sdtm-datasets.ts';
import { buildSubjectRecords, type TracedRecord, toTracedRecords } from '../tabulation/subject-records.ts';
import { createStudyContext, type StudyContext } from '../tabulation/subject-timeline.ts';
import { createDatasetJsonRenderer, writeDatasets } from '../tabulation/write-datasets.ts';
import { formatDefineXml } from './define-xml.ts';
import { draftTrialArms, draftTrialElements, draftTrialSummary } from './trial-design-records.ts';

function draftTrialRecords(
  name: string,
  study: StudyContext,
  enrolment: EnrolmentTotals,
): readonly RecordDraft[] {
  if (name === 'TA') return draftTrialArms(study);
  return name === 'TE' ? draftTrialElements(study) : draftTrialSummary(study, enrolment);
}

function buildTrialRecords(
  dataset: DatasetDefinition,
  study: StudyContext,
  enrolment: EnrolmentTotals,
): readonly TracedRecord[] {
  const drafts = draftTrialRecords(dataset.name, study, enrolment);
  return toTracedRecords(dataset, numberRecords(dataset, { STUDYID: study.id }, drafts));
}

function buildSdtmFileHeader(input: StudyInput): FileHeader {
  const { id } = createStudyContext(input);
  return {
    studyOid: `STDY.${id}`,
    metaDataVersionOid: `MDV.${id}.SDTMIG.3.4`,
    defineFile: 'define.xml',
    asOf: input.asOf,
    originator: 'fhir-trial-adapter',
    software: input.versions.software,
  };
}

const SDTM_PACKAGE: DatasetPackage = {
  folder: 'sdtm',
  datasets: SDTM_DATASETS,
  buildFileHeader: buildSdtmFileHeader,
  buildSubjectRecords: (dataset, timeline) =>
    toTracedRecords(dataset, buildSubjectRecords(dataset, timeline)),
  buildTrialRecords,
};

/** SDTMIG 3.4 as Dataset-JSON 1.1 with Define-XML 2.1. A dataset without records has no file; define.xml states that. */
export const sdtm: ExportFormat = {
  id: 'sdtm',
  purpose: 'CDISC SDTM 3.4 as Dataset-JSON 1.1 with Define-XML 2.1, for statisticians and regulators',
  rowNumberColumns: /^([A-Z]{2}SEQ|IDVARVAL)$/,
  async *write(input) {
    const extent = await measureStudy(SDTM_PACKAGE, input);
    const header = buildSdtmFileHeader(input);
    yield { file: 'sdtm/define.xml', content: formatDefineXml(header, createStudyContext(input), extent) };
    const filled = SDTM_DATASETS.filter(({ name }) => extent.datasets.get(name)?.records !== 0);
    yield* writeDatasets(SDTM_PACKAGE, input, extent, [createDatasetJsonRenderer(header)], filled);
  },
};
