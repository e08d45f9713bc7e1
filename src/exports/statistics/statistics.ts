import { stringifyJson } from '../../fhir/lossless-json.ts';
import type { ExportFormat, FileChunk, StudyInput } from '../export-format.ts';
import { traceReport } from './trace-report.ts';

async function* writeStatistics(input: StudyInput): AsyncIterable<FileChunk> {
  const { report, asOf, mapping } = input;
  // The reason for a sign-off is free text, and stays in the house.
  const criteriaSets = (input.criteriaSets ?? []).map(({ signedOff, ...set }) => ({
    ...set,
    signedOff: signedOff && { by: signedOff.by, at: signedOff.at },
  }));
  const versions = { ...input.versions, mapping };
  const study = { id: input.protocol.id, title: input.protocol.title };
  const content = `${stringifyJson({ study, asOf, versions, criteriaSets, report })}\n`;
  const file = 'statistics.json';
  yield { file, content: `${JSON.stringify(JSON.parse(content), null, 2)}\n` };
  if (!input.withoutTraces) yield* traceReport(file, input);
}

/** The study report as one JSON file, with the versions that determine its figures. */
export const statistics: ExportFormat = {
  id: 'statistics',
  purpose: 'every endpoint with its method, denominators and versions, as JSON',
  needsReport: true,
  needsSensitivity: true,
  write: writeStatistics,
};
