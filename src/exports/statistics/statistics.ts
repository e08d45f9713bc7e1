import { stringifyJson } from '../../fhir/json.ts';
import type { ExportFormat, Piece, StudyInput } from '../format.ts';
import { reportTraces } from './report-traces.ts';

async function* write(input: StudyInput): AsyncIterable<Piece> {
  const { report, asOf, mapping } = input;
  const versions = { ...input.versions, mapping };
  const study = { id: input.protocol.id, title: input.protocol.title };
  const content = `${stringifyJson({ study, asOf, versions, report })}\n`;
  const file = 'statistics.json';
  yield { file, content: `${JSON.stringify(JSON.parse(content), null, 2)}\n` };
  if (!input.untraced) yield* reportTraces(file, input);
}

export const statistics: ExportFormat = {
  id: 'statistics',
  says: 'every endpoint with its method, denominators and versions, as JSON',
  readsReport: true,
  write,
};
