import { type IngestResult, ingestLines } from '../../fhir/ingest.ts';
import type { OutcomeCode } from '../../fhir/intake-outcomes.ts';
import { readNdjsonLines } from '../../fhir/ndjson.ts';
import { formatDiagnostics, type OutcomeIssue } from '../../fhir/operation-outcome.ts';
import { buildOutcomeReply, type Reply } from '../reply.ts';
import { reportResults } from './handle-interaction.ts';
import type { HandlerDependencies, HandlerRequest } from './route.ts';

/** The stored name of the interface. */
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
    // The reason is the code of an issue: every resource that was not mapped has one.
    detail: reason as OutcomeCode,
    diagnostics: `${count} of the resources: ${reason}.`,
  }));
}

function buildInvalidLineIssues({ invalidLines }: IngestResult): OutcomeIssue[] {
  return invalidLines.map(({ line, issue }) => ({
    ...issue,
    diagnostics: `Line ${line}: ${formatDiagnostics(issue)}`,
    workItem: null,
  }));
}

/** Handles POST /$ingest: reads NDJSON as a stream, and answers with a summary of the outcomes of its resources. */
export async function handleIngest(
  request: HandlerRequest,
  dependencies: HandlerDependencies,
): Promise<Reply> {
  const { site } = request.caller;
  if (!request.stream) throw new Error('The route of $ingest has no stream.');
  // The stream must outlive a failure in the middle of it, or there is no connection to answer on.
  const ingested = await ingestLines(
    readNdjsonLines(request.stream.iterator({ destroyOnReturn: false }), dependencies.limits.lineBytes),
    async (interactions, grouping) => {
      await dependencies.gate.waitForRequests();
      const results = await dependencies.accept(site, interactions, grouping, INGEST_DOOR);
      reportResults(dependencies, site, INGEST_DOOR, results);
      return results;
    },
    undefined,
    { version: request.fhirVersion, takesLongIds: dependencies.takesLongIds(site) },
  );
  return buildOutcomeReply(200, [
    buildSummaryIssue(ingested),
    ...buildReasonIssues(ingested),
    ...buildInvalidLineIssues(ingested),
  ]);
}
