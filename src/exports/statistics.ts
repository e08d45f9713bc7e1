import { stringifyJson } from '../fhir/json.ts';
import type { ExportFormat, Piece, StudyInput } from './format.ts';

async function* write(input: StudyInput): AsyncIterable<Piece> {
  const { report, versions, asOf } = input;
  const study = { id: input.protocol.id, title: input.protocol.title };
  const content = `${stringifyJson({ study, asOf, versions, report })}\n`;
  yield { file: 'statistics.json', content: `${JSON.stringify(JSON.parse(content), null, 2)}\n` };
}

export const statistics: ExportFormat = {
  id: 'statistics',
  says: 'every endpoint with its method, denominators and versions, as JSON',
  readsReport: true,
  write,
};
