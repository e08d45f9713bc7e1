import type { ExportFormat, Piece, StudyInput } from '../format.ts';
import { type EventResults, eventResultsOf, type StudyResults, studyResultsOf } from './build.ts';
import { eventInconsistenciesOf, inconsistenciesOf } from './check.ts';
import { refuseInconsistent } from './inconsistency.ts';
import { protocolSection } from './json-record.ts';
import { resultsSection } from './json-results.ts';
import { prsEventsText, prsText } from './prs.ts';
import { modelTraces } from './trace.ts';

/** The checked results of a study. Throws `exports/identity`, `exports/incomplete` or `exports/inconsistent`. */
export async function checkedResults(input: StudyInput): Promise<StudyResults> {
  const study = await studyResultsOf(input);
  refuseInconsistent(inconsistenciesOf(study, input.report));
  return study;
}

/** The checked adverse events of a study, with the same refusals. */
export async function checkedEvents(input: StudyInput): Promise<EventResults> {
  const study = await eventResultsOf(input);
  refuseInconsistent(eventInconsistenciesOf(study, input.report));
  return study;
}

/** A file, and what stands behind its figures. */
export async function* withTraces(
  file: string,
  content: string,
  input: StudyInput,
  model: Parameters<typeof modelTraces>[2],
): AsyncIterable<Piece> {
  yield { file, content };
  if (!input.untraced) yield* modelTraces(file, input, model);
}

/** The figures of a whole record: the enrolment, and those of the results. */
const figuresOf = ({ record, results, gaps }: StudyResults) => ({ figures: { record, ...results }, gaps });

/** The record with its results as an upload to the Protocol Registration and Results System; it replaces the record. */
export const ctgovXml: ExportFormat = {
  id: 'ctgov-xml',
  says: 'ClinicalTrials.gov: the record with its results, a PRS upload that replaces the record',
  readsReport: true,
  async *write(input) {
    const study = await checkedResults(input);
    yield* withTraces('ctgov.xml', prsText(study), input, figuresOf(study));
  },
};

/** Adverse events alone, flagged as a partial upload. */
export const ctgovAeXml: ExportFormat = {
  id: 'ctgov-ae-xml',
  says: 'ClinicalTrials.gov: the adverse events alone, a partial PRS upload',
  readsReport: true,
  async *write(input) {
    const study = await checkedEvents(input);
    const model = { figures: { events: study.results.events }, gaps: study.gaps };
    yield* withTraces('ctgov-adverse-events.xml', prsEventsText(study), input, model);
  },
};

/** The record as the public would see it. */
export const ctgovJson: ExportFormat = {
  id: 'ctgov-json',
  says: 'ClinicalTrials.gov: the record as the public API (v2) would show it, a preview',
  readsReport: true,
  async *write(input) {
    const study = await checkedResults(input);
    const json = {
      protocolSection: protocolSection(study),
      resultsSection: resultsSection(study.results),
      hasResults: true,
    };
    yield* withTraces('ctgov.json', `${JSON.stringify(json, null, 2)}\n`, input, figuresOf(study));
  },
};
