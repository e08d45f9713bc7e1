import type { ExportFormat } from '../export-format.ts';
import type { StudyResults } from '../registry-results/build-results.ts';
import { buildCheckedEvents, buildCheckedResults } from '../registry-results/check-results.ts';
import { type TracedModel, writeWithTraces } from '../registry-results/trace-results.ts';
import { toProtocolSection } from './protocol-section-json.ts';
import { renderPrsEventsXml, renderPrsXml } from './prs-xml.ts';
import { toResultsSection } from './results-section-json.ts';

/** Selects the figures of a whole record: the enrolment, and those of the results. */
const selectTracedModel = ({ record, results, gaps }: StudyResults): TracedModel => ({
  figures: { record, ...results },
  gaps,
});

/** The record with its results as an upload to the Protocol Registration and Results System; it replaces the record. */
export const ctgovXml: ExportFormat = {
  id: 'ctgov-xml',
  needsReleasedTerms: true,
  purpose: 'ClinicalTrials.gov: the record with its results, a PRS upload that replaces the record',
  needsReport: true,
  async *write(input) {
    const study = await buildCheckedResults(input);
    yield* writeWithTraces('ctgov.xml', renderPrsXml(study), input, selectTracedModel(study));
  },
};

/** The adverse events alone, marked as a partial upload. */
export const ctgovAeXml: ExportFormat = {
  id: 'ctgov-ae-xml',
  needsReleasedTerms: true,
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
  needsReleasedTerms: true,
  purpose: 'ClinicalTrials.gov: the record as the public API (v2) would show it, a preview',
  needsReport: true,
  async *write(input) {
    const study = await buildCheckedResults(input);
    const preview = {
      protocolSection: toProtocolSection(study),
      resultsSection: toResultsSection(study.results),
      hasResults: true,
    };
    const content = `${JSON.stringify(preview, null, 2)}\n`;
    yield* writeWithTraces('ctgov.json', content, input, selectTracedModel(study));
  },
};
