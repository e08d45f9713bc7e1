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

/** A set of datasets, and what gives their records. */
export interface DatasetPackage {
  readonly folder: string;
  readonly datasets: readonly DatasetDefinition[];
  buildFileHeader(input: StudyInput): FileHeader;
  buildSubjectRecords(dataset: DatasetDefinition, timeline: SubjectTimeline): readonly TracedRecord[];
  buildTrialRecords(
    dataset: DatasetDefinition,
    head: StudyContext,
    enrolment: EnrolmentTotals,
  ): readonly TracedRecord[];
}

/** Digits as numbers of one width, so that MSC-9 stands before MSC-10. */
function padNumbers(text: string): string {
  return text.replace(/\d+/g, (digits) => digits.padStart(12, '0'));
}

/**
 * Whether subjects come in an order, by their characters or by the numbers in them: then none comes twice, and keys that
 * are unique within each subject are unique.
 */
function createOrderCheck(): (usubjid: string) => boolean {
  const state = { before: '', plain: true, natural: true };
  return (usubjid) => {
    state.plain &&= state.before < usubjid;
    state.natural &&= padNumbers(state.before) < padNumbers(usubjid);
    state.before = usubjid;
    return state.plain || state.natural;
  };
}

/** The subjects as the datasets see them; refuses those that come twice. */
export async function* streamTimelines(
  input: StudyInput,
  [first]: readonly DatasetDefinition[],
): AsyncIterable<SubjectTimeline> {
  if (!first) return;
  const head = createStudyContext(input);
  const rises = createOrderCheck();
  for await (const record of input.readSubjects()) {
    const timeline = buildTimeline(head, record);
    const rule = 'does not rise from subject to subject';
    if (!rises(timeline.usubjid))
      throw createInconsistencyFailure(first, timeline.usubjid, { row: 0, variable: 'USUBJID', rule });
    yield timeline;
  }
}

function requireConformance(
  dataset: DatasetDefinition,
  subject: string | null,
  rows: readonly TracedRecord[],
): readonly RecordValues[] {
  const values = rows.map((row) => row.values);
  const [fault] = findViolations(dataset, values);
  if (fault) throw createInconsistencyFailure(dataset, subject, fault);
  return values;
}

/** The first walk: every record is made and checked once, and nothing is kept but counts, lengths and open codelists. */
export async function measureStudy(datasets: DatasetPackage, input: StudyInput): Promise<StudyExtent> {
  const surveys = new Map(datasets.datasets.map((dataset) => [dataset.name, createDatasetExtent(dataset)]));
  const open = new Map(DATA_CODELISTS.map((id) => [id, new Set<string>()]));
  const note = (dataset: DatasetDefinition, subject: string | null, rows: readonly TracedRecord[]) => {
    const known = surveys.get(dataset.name);
    if (known) measureRecords(known, open, dataset, requireConformance(dataset, subject, rows));
  };
  const enrolled = { subjectCount: 0, firstConsent: null as string | null };
  for await (const timeline of streamTimelines(input, datasets.datasets)) {
    const { consentedOn } = timeline.record.subject;
    enrolled.subjectCount += 1;
    if (enrolled.firstConsent === null || consentedOn < enrolled.firstConsent)
      enrolled.firstConsent = consentedOn;
    for (const dataset of datasets.datasets.filter(({ isReferenceData: reference }) => !reference))
      note(dataset, timeline.usubjid, datasets.buildSubjectRecords(dataset, timeline));
  }
  for (const dataset of datasets.datasets.filter(({ isReferenceData: reference }) => reference))
    note(dataset, null, datasets.buildTrialRecords(dataset, createStudyContext(input), enrolled));
  return { datasets: surveys, openTerms: open, enrolment: enrolled };
}
