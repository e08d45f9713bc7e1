import type { Piece, StudyInput } from '../format.ts';
import { faultsIn, inconsistent, type Values } from './check.ts';
import { CLOSING, type FileHead, opening, rowText } from './dataset-json.ts';
import { type Enrolment, emptySurvey, type Learned, survey } from './survey.ts';
import { headOf, type StudyHead, type Timeline, timelineOf } from './timeline.ts';
import type { DatasetDefinition } from './variable.ts';

/** A set of datasets, and what gives their records. */
export interface Datasets {
  readonly folder: string;
  readonly all: readonly DatasetDefinition[];
  fileHead(input: StudyInput): FileHead;
  ofSubject(dataset: DatasetDefinition, timeline: Timeline): readonly Values[];
  ofTrial(dataset: DatasetDefinition, head: StudyHead, enrolment: Enrolment): readonly Values[];
}

/** Digits as numbers of one width, so that MSC-9 stands before MSC-10. */
function natural(text: string): string {
  return text.replace(/\d+/g, (digits) => digits.padStart(12, '0'));
}

/**
 * Whether subjects come in an order, by their characters or by the numbers in them: then none comes twice, and keys that
 * are unique within each subject are unique.
 */
function orderGuard(): (usubjid: string) => boolean {
  const state = { before: '', plain: true, natural: true };
  return (usubjid) => {
    state.plain &&= state.before < usubjid;
    state.natural &&= natural(state.before) < natural(usubjid);
    state.before = usubjid;
    return state.plain || state.natural;
  };
}

async function* timelines(input: StudyInput, dataset: DatasetDefinition): AsyncIterable<Timeline> {
  const head = headOf(input);
  const rises = orderGuard();
  for await (const record of input.subjects()) {
    const timeline = timelineOf(head, record);
    const rule = 'does not rise from subject to subject';
    if (!rises(timeline.usubjid))
      throw inconsistent(dataset, timeline.usubjid, { row: 0, variable: 'USUBJID', rule });
    yield timeline;
  }
}

function checked(
  dataset: DatasetDefinition,
  subject: string | null,
  rows: readonly Values[],
): readonly Values[] {
  const [fault] = faultsIn(dataset, rows);
  if (fault) throw inconsistent(dataset, subject, fault);
  return rows;
}

/** The first walk: every record is made and checked once, and nothing is kept but counts, lengths and open codelists. */
export async function learn(datasets: Datasets, input: StudyInput): Promise<Learned> {
  const surveys = new Map(datasets.all.map((dataset) => [dataset.name, emptySurvey(dataset)]));
  const open = new Map([
    ['UNIT', new Set<string>()],
    ['RSCAT', new Set<string>()],
  ]);
  const note = (dataset: DatasetDefinition, subject: string | null, rows: readonly Values[]) => {
    const known = surveys.get(dataset.name);
    if (known) survey(known, open, dataset, checked(dataset, subject, rows));
  };
  const enrolled = { subjects: 0, firstConsent: null as string | null };
  const [first] = datasets.all;
  if (!first) return { surveys, open, enrolment: enrolled };
  for await (const timeline of timelines(input, first)) {
    const { consentedOn } = timeline.record.subject;
    enrolled.subjects += 1;
    if (enrolled.firstConsent === null || consentedOn < enrolled.firstConsent)
      enrolled.firstConsent = consentedOn;
    for (const dataset of datasets.all.filter(({ reference }) => !reference))
      note(dataset, timeline.usubjid, datasets.ofSubject(dataset, timeline));
  }
  for (const dataset of datasets.all.filter(({ reference }) => reference))
    note(dataset, null, datasets.ofTrial(dataset, headOf(input), enrolled));
  return { surveys, open, enrolment: enrolled };
}

/** A dataset's records, subject by subject. */
export async function* rowsIn(
  datasets: Datasets,
  input: StudyInput,
  dataset: DatasetDefinition,
  learned: Learned,
): AsyncIterable<readonly Values[]> {
  if (dataset.reference) {
    yield datasets.ofTrial(dataset, headOf(input), learned.enrolment);
    return;
  }
  for await (const timeline of timelines(input, dataset)) yield datasets.ofSubject(dataset, timeline);
}

/** A dataset's file. Fails where the data are no longer those that were counted. */
export async function* datasetPieces(
  datasets: Datasets,
  input: StudyInput,
  dataset: DatasetDefinition,
  learned: Learned,
): AsyncIterable<Piece> {
  const known = learned.surveys.get(dataset.name) ?? emptySurvey(dataset);
  const file = `${datasets.folder}/${dataset.name.toLowerCase()}.json`;
  yield { file, content: opening(datasets.fileHead(input), dataset, known) };
  let written = 0;
  for await (const rows of rowsIn(datasets, input, dataset, learned)) {
    const texts = rows.map(
      (values, i) => `${written + i > 0 ? ',' : ''}${rowText(dataset.variables, values)}`,
    );
    written += rows.length;
    if (texts.length > 0) yield { file, content: texts.join('') };
  }
  const rule = 'is not the number of rows: the data changed while they were read';
  if (written !== known.records)
    throw inconsistent(dataset, null, { row: written, variable: 'records', rule });
  yield { file, content: CLOSING };
}
