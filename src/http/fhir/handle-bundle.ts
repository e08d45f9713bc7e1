import { STATUS_CODES } from 'node:http';
import { findFailedEntry } from '../../fhir/ingest.ts';
import type { InteractionResult } from '../../fhir/interaction.ts';
import { buildOperationOutcome, type OutcomeIssue } from '../../fhir/operation-outcome.ts';
import { type BundlePlan, locateIssueInEntry, planBundle } from '../../fhir/plan-bundle.ts';
import { buildOutcomeReply, type Reply } from '../reply.ts';
import { buildVersionHeaders, reportResults } from './handle-interaction.ts';
import type { HandlerDependencies, HandlerRequest } from './handler-request.ts';

/** A batch is stored in portions: one database transaction for thousands of entries would hold up everybody else. */
const ENTRIES_PER_TRANSACTION = 100;

function formatStatusLine(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ''}`.trim();
}

function buildResponseEntry(answer: InteractionResult, base: string): unknown {
  const { Location, ETag } = buildVersionHeaders(answer, base);
  return {
    response: {
      status: formatStatusLine(answer.status),
      ...(Location ? { location: Location } : {}),
      ...(ETag ? { etag: ETag } : {}),
      ...(answer.lastModified ? { lastModified: answer.lastModified } : {}),
      outcome: buildOperationOutcome(answer.issues),
    },
  };
}

function buildRefusedEntry(status: number, issue: OutcomeIssue): unknown {
  return { response: { status: formatStatusLine(status), outcome: buildOperationOutcome([issue]) } };
}

/** The answers in the order of the entries, whatever order they were worked off in. */
function buildResponseEntries(
  plan: BundlePlan,
  answers: readonly InteractionResult[],
  base: string,
): unknown[] {
  const entries = new Map<number, unknown>();
  for (const { index, status, issue } of plan.refused) entries.set(index, buildRefusedEntry(status, issue));
  plan.planned.forEach(({ index }, at) => {
    const answer = answers[at];
    if (!answer) throw new Error('An entry was asked for and no answer came.');
    const placed =
      answer.status < 400
        ? answer
        : { ...answer, issues: answer.issues.map((i) => locateIssueInEntry(index, i)) };
    entries.set(index, buildResponseEntry(placed, base));
  });
  return Array.from({ length: plan.size }, (_, index) => entries.get(index));
}

function buildTransactionRefusal(status: number, issues: readonly OutcomeIssue[]): Reply {
  return buildOutcomeReply(status, [
    ...issues,
    {
      severity: 'information',
      code: 'informational',
      detail: 'nothing-stored',
      diagnostics: 'Nothing of the transaction was stored. Mend the entry and send the transaction again.',
    },
  ]);
}

async function submitPlan(
  exchange: HandlerRequest,
  parts: HandlerDependencies,
  plan: BundlePlan,
): Promise<readonly InteractionResult[]> {
  const { site } = exchange.caller;
  const interactions = plan.planned.map(({ interaction }) => interaction);
  const size =
    plan.grouping === 'all-or-nothing' ? Math.max(1, interactions.length) : ENTRIES_PER_TRANSACTION;
  const answers: InteractionResult[] = [];
  for (let from = 0; from < interactions.length; from += size) {
    const part = interactions.slice(from, from + size);
    answers.push(...(await parts.accept(site, part, plan.grouping, plan.kind)));
  }
  return answers;
}

/** POST / with a batch, transaction or collection Bundle. */
export async function handleBundle(exchange: HandlerRequest, parts: HandlerDependencies): Promise<Reply> {
  const plan = planBundle(exchange.body, exchange.fhirVersion);
  const together = plan.grouping === 'all-or-nothing';
  const [refusal] = plan.refused;
  if (together && refusal) {
    return buildTransactionRefusal(
      refusal.status,
      plan.refused.map(({ issue }) => issue),
    );
  }
  const answers = await submitPlan(exchange, parts, plan);
  reportResults(parts, exchange.caller.site, plan.kind, answers);
  const failed = together ? findFailedEntry(plan.planned, answers) : null;
  if (failed) return buildTransactionRefusal(failed.status, failed.issues);
  const type = together ? 'transaction-response' : 'batch-response';
  const entry = buildResponseEntries(plan, answers, exchange.base);
  const body = { resourceType: 'Bundle', type, ...(entry.length > 0 ? { entry } : {}) };
  return { status: 200, headers: {}, body };
}
