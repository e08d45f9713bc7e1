import type { StudyInput } from '../export-format.ts';
import { DATA_CODELISTS } from './codelists.ts';
import { createInconsistencyFailure, findViolations, type RecordValues } from './conformance-rules.ts';
import type { DatasetDefinition } from './dataset-definition.ts';
import {
  createDatasetExtent,
  type EnrolmentTotals,
  measureRecords,
  type StudyExtent,
} from './dataset-extent.ts';
import type { FileHeader } from './dataset-json.ts';
import type { TracedRecord } from './subject-records.ts';
import {
  buildTimeline,
  createStudyContext,
  type StudyContext,
  type SubjectTimeline,
} from './subject-timeline.ts';

/** A set of datasets, with the functions that build their records. */
export interface DatasetPackage {
  readonly folder: string;
  readonly datasets: readonly DatasetDefinition[];
  buildFileHeader(input: StudyInput): FileHeader;
  buildSubjectRecords(dataset: DatasetDefinition, timeline: SubjectTimeline): readonly TracedRecord[];
  buildTrialRecords(
    dataset: DatasetDefinition,
    study: StudyContext,
    enrolment: EnrolmentTotals,
  ): readonly TracedRecord[];
}

/** Pads the numbers in a text to one width, so that MSC-9 sorts before MSC-10. */
function padNumbers(text: string): string {
  return text.replace(/\d+/g, (digits) => digits.padStart(12, '0'));
}

/**
 * Creates a check that the subjects are in rising order, by code unit or by the numbers in their names. Then no subject
 * occurs twice, and keys that are unique within each subject are unique in the dataset.
 */
function createOrderCheck(): (usubjid: string) => boolean {
  const state = { previous: '', isByCodeUnit: true, isByNumber: true };
  return (usubjid) => {
    state.isByCodeUnit &&= state.previous < usubjid;
    state.isByNumber &&= padNumbers(state.previous) < padNumbers(usubjid);
    state.previous = usubjid;
    return state.isByCodeUnit || state.isByNumber;
  };
}

/** Streams the subjects' timelines; throws `exports/inconsistent` where they are not in rising order. */
export async function* streamTimelines(
  input: StudyInput,
  [firstDataset]: readonly DatasetDefinition[],
): AsyncIterable<SubjectTimeline> {
  if (!firstDataset) return;
  const study = createStudyContext(input);
  const isInOrder = createOrderCheck();
  for await (const record of input.readSubjects()) {
    const timeline = buildTimeline(study, record);
    const rule = 'does not rise from subject to subject';
    if (!isInOrder(timeline.usubjid))
      throw createInconsistencyFailure(firstDataset, timeline.usubjid, { row: 0, variable: 'USUBJID', rule });
    yield timeline;
  }
}

function requireConformance(
  dataset: DatasetDefinition,
  subject: string | null,
  records: readonly TracedRecord[],
): readonly RecordValues[] {
  const values = records.map((record) => record.values);
  const [violation] = findViolations(dataset, values);
  if (violation) throw createInconsistencyFailure(dataset, subject, violation);
  return values;
}

/**
 * Makes the first pass: builds and checks every record once, and keeps only counts, lengths and the values of open
 * codelists. Throws `exports/inconsistent` for the first record that breaks a rule.
 */
export async function measureStudy(datasetPackage: DatasetPackage, input: StudyInput): Promise<StudyExtent> {
  const extents = new Map(
    datasetPackage.datasets.map((dataset) => [dataset.name, createDatasetExtent(dataset)]),
  );
  const openTerms = new Map(DATA_CODELISTS.map((id) => [id, new Set<string>()]));
  const measure = (dataset: DatasetDefinition, subject: string | null, records: readonly TracedRecord[]) => {
    const extent = extents.get(dataset.name);
    if (extent) measureRecords(extent, openTerms, dataset, requireConformance(dataset, subject, records));
  };
  const trialDatasets = datasetPackage.datasets.filter(({ isReferenceData }) => isReferenceData);
  const subjectDatasets = datasetPackage.datasets.filter(({ isReferenceData }) => !isReferenceData);
  const enrolment = { subjectCount: 0, firstConsent: null as string | null };
  for await (const timeline of streamTimelines(input, datasetPackage.datasets)) {
    const { consentedOn } = timeline.record.subject;
    enrolment.subjectCount += 1;
    if (enrolment.firstConsent === null || consentedOn < enrolment.firstConsent)
      enrolment.firstConsent = consentedOn;
    for (const dataset of subjectDatasets)
      measure(dataset, timeline.usubjid, datasetPackage.buildSubjectRecords(dataset, timeline));
  }
  for (const dataset of trialDatasets)
    measure(dataset, null, datasetPackage.buildTrialRecords(dataset, createStudyContext(input), enrolment));
  return { datasets: extents, openTerms, enrolment };
}
