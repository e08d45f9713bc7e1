import { Failure } from '../../errors.ts';
import { type IngestResult, ingestLines } from '../../fhir/ingest.ts';
import { EMPTY_SUMMARY } from '../../fhir/ingest-summary.ts';
import type { OutcomeCode } from '../../fhir/intake-outcomes.ts';
import { readNdjsonLines } from '../../fhir/ndjson.ts';
import { formatDiagnostics, type OutcomeIssue, toOutcomeIssue } from '../../fhir/operation-outcome.ts';
import { buildFailureReply, buildOutcomeReply, isExpected, type Reply } from '../reply.ts';
import { reportResults } from './handle-interaction.ts';
import type { HandlerDependencies, HandlerRequest } from './route.ts';

/** The stored name of the interface. */
const INGEST_DOOR = 'ndjson';

function buildSummaryIssue({ summary }: Pick<IngestResult, 'summary'>): OutcomeIssue {
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

function buildReasonIssues({ summary }: Pick<IngestResult, 'summary'>): OutcomeIssue[] {
  return Object.entries(summary.reasons).map(([reason, count]) => ({
    severity: 'information',
    code: 'informational',
    // The reason is the code of an issue: every resource that was not mapped has one.
    detail: reason as OutcomeCode,
    diagnostics: `${count} of the resources: ${reason}.`,
  }));
}

function buildInvalidLineIssues({ invalidLines }: Pick<IngestResult, 'invalidLines'>): OutcomeIssue[] {
  return invalidLines.map(({ line, issue }) => ({
    ...issue,
    diagnostics: `Line ${line}: ${formatDiagnostics(issue)}`,
    workItem: null,
  }));
}

/** The header that says how many lines of an interrupted stream were received, blank ones included. */
const RECEIVED_LINES = 'X-Received-Lines';

type ReceivedSoFar = Pick<IngestResult, 'summary' | 'invalidLines'> & { readonly lines: number };

const buildIssues = (received: Pick<IngestResult, 'summary' | 'invalidLines'>): OutcomeIssue[] => [
  buildSummaryIssue(received),
  ...buildReasonIssues(received),
  ...buildInvalidLineIssues(received),
];

/** Builds the answer to a stream that was interrupted and can go on: how far it came, and why it ended. */
function buildInterruptedReply(failure: Failure, received: ReceivedSoFar): Reply {
  const refusal = buildFailureReply(failure);
  const diagnostics =
    `${failure.message} Lines 1 to ${received.lines} are received. Fix: send the lines after them, or the whole stream: ` +
    'what is received already is not changed by it.';
  const issues = [{ ...toOutcomeIssue(failure), diagnostics }, ...buildIssues(received)];
  const headers = { ...refusal.headers, [RECEIVED_LINES]: String(received.lines) };
  return { ...refusal, ...buildOutcomeReply(refusal.status, issues, headers) };
}

/**
 * Handles POST /$ingest: reads NDJSON as a stream, and answers with a summary of the outcomes of its resources. A stream that
 * ends before its end because of the service or the sender's pace is answered with the number of lines that were received.
 */
export async function handleIngest(
  request: HandlerRequest,
  dependencies: HandlerDependencies,
): Promise<Reply> {
  const { site } = request.caller;
  if (!request.chunks) throw new Error('The route of $ingest has no stream.');
  let received: ReceivedSoFar = { lines: 0, summary: EMPTY_SUMMARY, invalidLines: [] };
  try {
    const ingested = await ingestLines(
      readNdjsonLines(request.chunks, dependencies.limits.lineBytes),
      async (interactions, grouping) => {
        await dependencies.gate.waitForRequests();
        const results = await dependencies.accept(site, interactions, grouping, INGEST_DOOR);
        reportResults(dependencies, site, INGEST_DOOR, results);
        return results;
      },
      ({ summary, place, checkpoint }) => {
        received = { lines: place?.lines ?? 0, summary, invalidLines: checkpoint?.invalidLines ?? [] };
      },
      {
        version: request.fhirVersion,
        takesLongIds: dependencies.takesLongIds(site),
        refusesLargeTransactions: true,
      },
    );
    return buildOutcomeReply(200, buildIssues(ingested));
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.meaning.recovery !== 'retry') throw cause;
    if (!isExpected(cause)) dependencies.observer.requestFailed({ route: '/$ingest', error: cause });
    return buildInterruptedReply(cause, received);
  }
}
