import type { StudyInput } from '../format.ts';
import { faultsIn, inconsistent, type Values } from './check.ts';
import type { FileHead } from './dataset-json.ts';
import { type Enrolment, emptySurvey, type Learned, survey } from './survey.ts';
import type { Written } from './tabulation.ts';
import { headOf, type StudyHead, type Timeline, timelineOf } from './timeline.ts';
import type { DatasetDefinition } from './variable.ts';

/** A set of datasets, and what gives their records. */
export interface Datasets {
  readonly folder: string;
  readonly all: readonly DatasetDefinition[];
  fileHead(input: StudyInput): FileHead;
  ofSubject(dataset: DatasetDefinition, timeline: Timeline): readonly Written[];
  ofTrial(dataset: DatasetDefinition, head: StudyHead, enrolment: Enrolment): readonly Written[];
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

/** The subjects as the datasets see them; refuses those that come twice. */
export async function* timelines(
  input: StudyInput,
  [first]: readonly DatasetDefinition[],
): AsyncIterable<Timeline> {
  if (!first) return;
  const head = headOf(input);
  const rises = orderGuard();
  for await (const record of input.subjects()) {
    const timeline = timelineOf(head, record);
    const rule = 'does not rise from subject to subject';
    if (!rises(timeline.usubjid))
      throw inconsistent(first, timeline.usubjid, { row: 0, variable: 'USUBJID', rule });
    yield timeline;
  }
}

function checked(
  dataset: DatasetDefinition,
  subject: string | null,
  rows: readonly Written[],
): readonly Values[] {
  const values = rows.map((row) => row.values);
  const [fault] = faultsIn(dataset, values);
  if (fault) throw inconsistent(dataset, subject, fault);
  return values;
}

/** The first walk: every record is made and checked once, and nothing is kept but counts, lengths and open codelists. */
export async function learn(datasets: Datasets, input: StudyInput): Promise<Learned> {
  const surveys = new Map(datasets.all.map((dataset) => [dataset.name, emptySurvey(dataset)]));
  const open = new Map([
    ['UNIT', new Set<string>()],
    ['RSCAT', new Set<string>()],
  ]);
  const note = (dataset: DatasetDefinition, subject: string | null, rows: readonly Written[]) => {
    const known = surveys.get(dataset.name);
    if (known) survey(known, open, dataset, checked(dataset, subject, rows));
  };
  const enrolled = { subjects: 0, firstConsent: null as string | null };
  for await (const timeline of timelines(input, datasets.all)) {
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
