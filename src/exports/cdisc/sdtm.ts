import type { ExportFormat, Piece, StudyInput } from '../format.ts';
import { faultsIn, inconsistent, type Values } from './check.ts';
import { CLOSING, type FileHead, opening, rowText } from './dataset-json.ts';
import { defineXml } from './define.ts';
import { armDrafts, planDrafts, summaryDrafts } from './design-rows.ts';
import { type Draft, numbered } from './draft.ts';
import { SDTM_DATASETS } from './study-variables.ts';
import { type Enrolment, emptySurvey, type Learned, survey } from './survey.ts';
import { subjectValues, valuesOf } from './tabulation.ts';
import { headOf, type StudyHead, type Timeline, timelineOf } from './timeline.ts';
import type { DatasetDefinition } from './variable.ts';

const OF_SUBJECTS = SDTM_DATASETS.filter(({ reference }) => !reference);
const OF_TRIAL = SDTM_DATASETS.filter(({ reference }) => reference);

/** The subjects one at a time. Their numbers must rise: that, and unique keys within each, makes the keys unique. */
export async function* timelines(input: StudyInput, dataset: DatasetDefinition): AsyncIterable<Timeline> {
  const head = headOf(input);
  let before: string | null = null;
  for await (const record of input.subjects()) {
    const timeline = timelineOf(head, record);
    if (before !== null && timeline.usubjid <= before)
      throw inconsistent(dataset, timeline.usubjid, {
        row: 0,
        variable: 'USUBJID',
        rule: 'does not rise from subject to subject',
      });
    before = timeline.usubjid;
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

function trialDrafts(name: string, head: StudyHead, enrolment: Enrolment): readonly Draft[] {
  if (name === 'TA') return armDrafts(head);
  return name === 'TE' ? planDrafts(head) : summaryDrafts(head, enrolment);
}

function trialValues(dataset: DatasetDefinition, head: StudyHead, enrolment: Enrolment): readonly Values[] {
  const drafts = trialDrafts(dataset.name, head, enrolment);
  const rows = valuesOf(dataset, numbered(dataset, { STUDYID: head.id }, drafts));
  return checked(dataset, null, rows);
}

/** The first walk: every record is made and checked once, and nothing is kept but counts, lengths and open codelists. */
async function learn(input: StudyInput): Promise<Learned> {
  const surveys = new Map(SDTM_DATASETS.map((dataset) => [dataset.name, emptySurvey(dataset)]));
  const open = new Map([
    ['UNIT', new Set<string>()],
    ['RSCAT', new Set<string>()],
  ]);
  const note = (dataset: DatasetDefinition, rows: readonly Values[]) => {
    survey(surveys.get(dataset.name) ?? emptySurvey(dataset), open, dataset, rows);
  };
  const consents = { subjects: 0, first: null as string | null };
  for await (const timeline of timelines(input, SDTM_DATASETS[0] as DatasetDefinition)) {
    const { consentedOn } = timeline.record.subject;
    consents.subjects += 1;
    if (consents.first === null || consentedOn < consents.first) consents.first = consentedOn;
    for (const dataset of OF_SUBJECTS)
      note(dataset, checked(dataset, timeline.usubjid, subjectValues(dataset, timeline)));
  }
  const enrolment = { subjects: consents.subjects, firstConsent: consents.first };
  for (const dataset of OF_TRIAL) note(dataset, trialValues(dataset, headOf(input), enrolment));
  return { surveys, open, enrolment };
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

async function* rowsIn(
  input: StudyInput,
  dataset: DatasetDefinition,
  learned: Learned,
): AsyncIterable<readonly Values[]> {
  if (dataset.reference) {
    yield trialValues(dataset, headOf(input), learned.enrolment);
    return;
  }
  for await (const timeline of timelines(input, dataset)) yield subjectValues(dataset, timeline);
}

/** A dataset's file, subject by subject. Fails where the data are no longer those that were counted. */
async function* datasetPieces(
  input: StudyInput,
  dataset: DatasetDefinition,
  learned: Learned,
): AsyncIterable<Piece> {
  const known = learned.surveys.get(dataset.name) ?? emptySurvey(dataset);
  const file = `sdtm/${dataset.name.toLowerCase()}.json`;
  yield { file, content: opening(fileHead(input), dataset, known) };
  let written = 0;
  for await (const rows of rowsIn(input, dataset, learned)) {
    const content = rows
      .map((values, i) => `${written + i > 0 ? ',' : ''}${rowText(dataset.variables, values)}`)
      .join('');
    written += rows.length;
    if (content !== '') yield { file, content };
  }
  if (written !== known.records)
    throw inconsistent(dataset, null, {
      row: written,
      variable: 'records',
      rule: 'is not the number of rows: the data changed meanwhile',
    });
  yield { file, content: CLOSING };
}

/** SDTM 3.4 as Dataset-JSON 1.1 with Define-XML 2.1. A dataset without records has no file, and define.xml says so. */
export const sdtm: ExportFormat = {
  id: 'sdtm',
  says: 'CDISC SDTM 3.4 as Dataset-JSON 1.1 with Define-XML 2.1, for statisticians and regulators',
  async *write(input) {
    const learned = await learn(input);
    yield { file: 'sdtm/define.xml', content: defineXml(fileHead(input), headOf(input), learned) };
    for (const dataset of SDTM_DATASETS) {
      if (learned.surveys.get(dataset.name)?.records === 0) continue;
      yield* datasetPieces(input, dataset, learned);
    }
  },
};
