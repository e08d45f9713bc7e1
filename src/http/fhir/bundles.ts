import { STATUS_CODES } from 'node:http';
import { type BundlePlan, inEntry, planBundle } from '../../fhir/bundle.ts';
import { failedEntry } from '../../fhir/ingest.ts';
import type { Answer } from '../../fhir/interaction.ts';
import { type Issue, operationOutcome } from '../../fhir/outcome.ts';
import { outcomeReply, type Reply } from '../reply.ts';
import type { Exchange, FhirParts } from './exchange.ts';
import { tellObserver, versionHeaders } from './resources.ts';

/** A batch is stored in portions: one database transaction for thousands of entries would hold up everybody else. */
const PORTION = 100;

function statusLine(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ''}`.trim();
}

function answered(answer: Answer, base: string): unknown {
  const { Location, ETag } = versionHeaders(answer, base);
  return {
    response: {
      status: statusLine(answer.status),
      ...(Location ? { location: Location } : {}),
      ...(ETag ? { etag: ETag } : {}),
      ...(answer.lastModified ? { lastModified: answer.lastModified } : {}),
      outcome: operationOutcome(answer.issues),
    },
  };
}

function refusedEntry(status: number, issue: Issue): unknown {
  return { response: { status: statusLine(status), outcome: operationOutcome([issue]) } };
}

/** The answers in the order of the entries, whatever order they were worked off in. */
function entriesOf(plan: BundlePlan, answers: readonly Answer[], base: string): unknown[] {
  const entries = new Map<number, unknown>();
  for (const { index, status, issue } of plan.refused) entries.set(index, refusedEntry(status, issue));
  plan.planned.forEach(({ index }, at) => {
    const answer = answers[at];
    if (!answer) throw new Error('An entry was asked for and no answer came.');
    const placed =
      answer.status < 400 ? answer : { ...answer, issues: answer.issues.map((i) => inEntry(index, i)) };
    entries.set(index, answered(placed, base));
  });
  return Array.from({ length: plan.size }, (_, index) => entries.get(index));
}

function refusedTogether(status: number, issues: readonly Issue[]): Reply {
  return outcomeReply(status, [
    ...issues,
    {
      severity: 'information',
      code: 'informational',
      detail: 'nothing-stored',
      diagnostics: 'Nothing of the transaction was stored. Mend the entry and send the transaction again.',
    },
  ]);
}

async function submit(exchange: Exchange, parts: FhirParts, plan: BundlePlan): Promise<readonly Answer[]> {
  const { site } = exchange.caller;
  const interactions = plan.planned.map(({ interaction }) => interaction);
  const size = plan.grouping === 'all-or-nothing' ? Math.max(1, interactions.length) : PORTION;
  const answers: Answer[] = [];
  for (let from = 0; from < interactions.length; from += size) {
    const part = interactions.slice(from, from + size);
    answers.push(...(await parts.accept(site, part, plan.grouping, plan.kind)));
  }
  return answers;
}

/** POST / with a batch, transaction or collection Bundle. */
export async function bundle(exchange: Exchange, parts: FhirParts): Promise<Reply> {
  const plan = planBundle(exchange.body, exchange.fhirVersion);
  const together = plan.grouping === 'all-or-nothing';
  const [refusal] = plan.refused;
  if (together && refusal) {
    return refusedTogether(
      refusal.status,
      plan.refused.map(({ issue }) => issue),
    );
  }
  const answers = await submit(exchange, parts, plan);
  tellObserver(parts, exchange.caller.site, plan.kind, answers);
  const failed = together ? failedEntry(plan.planned, answers) : null;
  if (failed) return refusedTogether(failed.status, failed.issues);
  const type = together ? 'transaction-response' : 'batch-response';
  const entry = entriesOf(plan, answers, exchange.base);
  const body = { resourceType: 'Bundle', type, ...(entry.length > 0 ? { entry } : {}) };
  return { status: 200, headers: {}, body };
}
