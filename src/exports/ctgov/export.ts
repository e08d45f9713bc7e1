import type { ExportFormat, Piece, StudyInput } from '../format.ts';
import { type EventResults, eventResultsOf, type StudyResults, studyResultsOf } from './build.ts';
import { eventInconsistenciesOf, inconsistenciesOf } from './check.ts';
import { refuseInconsistent } from './inconsistency.ts';
import { protocolSection } from './json-record.ts';
import { resultsSection } from './json-results.ts';
import { prsEventsText, prsText } from './prs.ts';
import { traceText } from './trace.ts';

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

/** A file and the sidecar that says which subjects and resources stand behind its figures. */
export function* withTrace(
  file: string,
  content: string,
  input: StudyInput,
  model: Parameters<typeof traceText>[2],
): Generator<Piece> {
  yield { file, content };
  for (const piece of traceText(file, input, model)) yield { file: `${file}.trace.json`, content: piece };
}

/** The record with its results as an upload to the Protocol Registration and Results System; it replaces the record. */
export const ctgovXml: ExportFormat = {
  id: 'ctgov-xml',
  says: 'ClinicalTrials.gov: the record with its results, a PRS upload that replaces the record',
  readsReport: true,
  async *write(input) {
    const study = await checkedResults(input);
    yield* withTrace('ctgov.xml', prsText(study), input, study);
  },
};

/** Adverse events alone, flagged as a partial upload. */
export const ctgovAeXml: ExportFormat = {
  id: 'ctgov-ae-xml',
  says: 'ClinicalTrials.gov: the adverse events alone, a partial PRS upload',
  readsReport: true,
  async *write(input) {
    const study = await checkedEvents(input);
    const model = { results: { events: study.results.events }, gaps: study.gaps };
    yield* withTrace('ctgov-adverse-events.xml', prsEventsText(study), input, model);
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
    yield* withTrace('ctgov.json', `${JSON.stringify(json, null, 2)}\n`, input, study);
  },
};
