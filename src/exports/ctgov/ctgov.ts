import type { ExportFormat, FileChunk, StudyInput } from '../export-format.ts';
import {
  buildEventResults,
  buildStudyResults,
  type EventResults,
  type StudyResults,
} from '../registry-results/build-results.ts';
import { findEventInconsistencies, findInconsistencies } from '../registry-results/check-results.ts';
import { refuseInconsistent } from '../registry-results/inconsistency.ts';
import { traceResults } from '../registry-results/trace-results.ts';
import { toProtocolSection } from './protocol-section-json.ts';
import { renderPrsEventsXml, renderPrsXml } from './prs-xml.ts';
import { toResultsSection } from './results-section-json.ts';

/** The checked results of a study. Throws `exports/identity`, `exports/incomplete` or `exports/inconsistent`. */
export async function buildCheckedResults(input: StudyInput): Promise<StudyResults> {
  const study = await buildStudyResults(input);
  refuseInconsistent(findInconsistencies(study, input.report));
  return study;
}

/** The checked adverse events of a study, with the same refusals. */
export async function buildCheckedEvents(input: StudyInput): Promise<EventResults> {
  const study = await buildEventResults(input);
  refuseInconsistent(findEventInconsistencies(study, input.report));
  return study;
}

/** A file, and what stands behind its figures. */
export async function* writeWithTraces(
  file: string,
  content: string,
  input: StudyInput,
  model: Parameters<typeof traceResults>[2],
): AsyncIterable<FileChunk> {
  yield { file, content };
  if (!input.withoutTraces) yield* traceResults(file, input, model);
}

/** The figures of a whole record: the enrolment, and those of the results. */
const selectTracedModel = ({ record, results, gaps }: StudyResults) => ({
  figures: { record, ...results },
  gaps,
});

/** The record with its results as an upload to the Protocol Registration and Results System; it replaces the record. */
export const ctgovXml: ExportFormat = {
  id: 'ctgov-xml',
  purpose: 'ClinicalTrials.gov: the record with its results, a PRS upload that replaces the record',
  needsReport: true,
  async *write(input) {
    const study = await buildCheckedResults(input);
    yield* writeWithTraces('ctgov.xml', renderPrsXml(study), input, selectTracedModel(study));
  },
};

/** Adverse events alone, flagged as a partial upload. */
export const ctgovAeXml: ExportFormat = {
  id: 'ctgov-ae-xml',
  purpose: 'ClinicalTrials.gov: the adverse events alone, a partial PRS upload',
  needsReport: true,
  async *write(input) {
    const study = await buildCheckedEvents(input);
    const model = { figures: { events: study.results.events }, gaps: study.gaps };
    yield* writeWithTraces('ctgov-adverse-events.xml', renderPrsEventsXml(study), input, model);
  },
};

/** The record as the public would see it. */
export const ctgovJson: ExportFormat = {
  id: 'ctgov-json',
  purpose: 'ClinicalTrials.gov: the record as the public API (v2) would show it, a preview',
  needsReport: true,
  async *write(input) {
    const study = await buildCheckedResults(input);
    const json = {
      protocolSection: toProtocolSection(study),
      resultsSection: toResultsSection(study.results),
      hasResults: true,
    };
    yield* writeWithTraces(
      'ctgov.json',
      `${JSON.stringify(json, null, 2)}\n`,
      input,
      selectTracedModel(study),
    );
  },
};
