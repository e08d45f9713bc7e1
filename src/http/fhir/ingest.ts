import { type Ingested, ingestLines } from '../../fhir/ingest.ts';
import { linesOf } from '../../fhir/ndjson.ts';
import type { Issue } from '../../fhir/outcome.ts';
import { outcomeReply, type Reply } from '../reply.ts';
import type { Exchange, FhirParts } from './exchange.ts';
import { tellObserver } from './resources.ts';

const DOOR = 'ndjson';

function sums({ summary }: Ingested): Issue {
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

function reasons({ summary }: Ingested): Issue[] {
  return Object.entries(summary.reasons).map(([reason, count]) => ({
    severity: 'information',
    code: 'informational',
    detail: reason,
    diagnostics: `${count} of the resources: ${reason}.`,
  }));
}

function badLines({ bad }: Ingested): Issue[] {
  return bad.map(({ line, issue }) => ({ ...issue, diagnostics: `Line ${line}: ${issue.diagnostics}` }));
}

/** POST /$ingest: NDJSON, streamed; the answer sums up what became of it. */
export async function ingest(exchange: Exchange, parts: FhirParts): Promise<Reply> {
  const { site } = exchange.caller;
  if (!exchange.stream) throw new Error('The route of $ingest does not stream.');
  // The stream must outlive a failure in the middle of it, or there is no connection to answer on.
  const ingested = await ingestLines(
    linesOf(exchange.stream.iterator({ destroyOnReturn: false }), parts.limits.lineBytes),
    async (interactions, grouping) => {
      const answers = await parts.accept(site, interactions, grouping, DOOR);
      tellObserver(parts, site, DOOR, answers);
      return answers;
    },
    undefined,
    exchange.fhirVersion,
  );
  return outcomeReply(200, [sums(ingested), ...reasons(ingested), ...badLines(ingested)]);
}
