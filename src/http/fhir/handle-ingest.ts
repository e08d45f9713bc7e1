import { type IngestResult, ingestLines } from '../../fhir/ingest.ts';
import { readNdjsonLines } from '../../fhir/ndjson.ts';
import { formatDiagnostics, type OutcomeIssue } from '../../fhir/operation-outcome.ts';
import type { OutcomeCode } from '../../fhir/outcome-codes.ts';
import { buildOutcomeReply, type Reply } from '../reply.ts';
import { reportResults } from './handle-interaction.ts';
import type { HandlerDependencies, HandlerRequest } from './handler-request.ts';

const INGEST_DOOR = 'ndjson';

function buildSummaryIssue({ summary }: IngestResult): OutcomeIssue {
  const { resources, facts, mapped, held, ignored, dropped, unchanged, invalid } = summary;
  return {
    severity: 'information',
    code: 'informational',
    detail: 'summary',
    diagnostics:
      `${resources} resources: ${mapped} mapped (${facts} facts), ${held} held, ${ignored} ignored, ` +
      `${dropped} dropped, ${unchanged} unchanged, ${invalid} invalid.`,
  };
}

function buildReasonIssues({ summary }: IngestResult): OutcomeIssue[] {
  return Object.entries(summary.reasons).map(([reason, count]) => ({
    severity: 'information',
    code: 'informational',
    // A resource that was not mapped always has an issue, whose code is the reason.
    detail: reason as OutcomeCode,
    diagnostics: `${count} of the resources: ${reason}.`,
  }));
}

function buildInvalidLineIssues({ invalidLines: bad }: IngestResult): OutcomeIssue[] {
  return bad.map(({ line, issue }) => ({
    ...issue,
    diagnostics: `Line ${line}: ${formatDiagnostics(issue)}`,
    workItem: null,
  }));
}

/** POST /$ingest: NDJSON, streamed; the answer sums up what became of it. */
export async function handleIngest(exchange: HandlerRequest, parts: HandlerDependencies): Promise<Reply> {
  const { site } = exchange.caller;
  if (!exchange.stream) throw new Error('The route of $ingest does not stream.');
  // The stream must outlive a failure in the middle of it, or there is no connection to answer on.
  const ingested = await ingestLines(
    readNdjsonLines(exchange.stream.iterator({ destroyOnReturn: false }), parts.limits.lineBytes),
    async (interactions, grouping) => {
      const answers = await parts.accept(site, interactions, grouping, INGEST_DOOR);
      reportResults(parts, site, INGEST_DOOR, answers);
      return answers;
    },
    undefined,
    exchange.fhirVersion,
  );
  return buildOutcomeReply(200, [
    buildSummaryIssue(ingested),
    ...buildReasonIssues(ingested),
    ...buildInvalidLineIssues(ingested),
  ]);
}
