import { setImmediate as turn } from 'node:timers/promises';
import { findFailedEntry } from '../../fhir/bundles/failed-entry.ts';
import {
  type BundlePlan,
  locateResourceIssue,
  planBundle,
  refuseLargeTransaction,
} from '../../fhir/bundles/plan-bundle.ts';
import type { InteractionResult } from '../../fhir/interaction.ts';
import { replaceLongIds } from '../../fhir/long-ids.ts';
import { buildOperationOutcome, type OutcomeIssue, toOutcomeIssue } from '../../fhir/operation-outcome.ts';
import { STATUS_CODES } from '../node-http.ts';
import { buildOutcomeReply, type Reply } from '../reply.ts';
import { createStoppingFailure } from '../stopping.ts';
import { buildVersionHeaders, reportResults } from './handle-interaction.ts';
import type { HandlerDependencies, HandlerRequest } from './route.ts';

/** A batch is stored in portions: one database transaction for thousands of entries would delay every other caller. */
const ENTRIES_PER_TRANSACTION = 100;

function formatStatusLine(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ''}`.trim();
}

function buildResponseEntry(result: InteractionResult, base: string): unknown {
  const { Location, ETag } = buildVersionHeaders(result, base);
  return {
    response: {
      status: formatStatusLine(result.status),
      ...(Location ? { location: Location } : {}),
      ...(ETag ? { etag: ETag } : {}),
      ...(result.lastModified ? { lastModified: result.lastModified } : {}),
      outcome: buildOperationOutcome(result.issues),
    },
  };
}

function buildRefusedEntry(status: number, issue: OutcomeIssue): unknown {
  return { response: { status: formatStatusLine(status), outcome: buildOperationOutcome([issue]) } };
}

/** Builds the response entries in the order of the Bundle's entries, which may differ from the processing order. */
function buildResponseEntries(
  plan: BundlePlan,
  results: readonly InteractionResult[],
  base: string,
): unknown[] {
  const entries = new Map<number, unknown>();
  for (const { index, status, issue } of plan.refused) entries.set(index, buildRefusedEntry(status, issue));
  plan.planned.forEach(({ index }, position) => {
    const result = results[position];
    if (!result) {
      const failure = createStoppingFailure();
      entries.set(index, buildRefusedEntry(failure.meaning.http, toOutcomeIssue(failure)));
      return;
    }
    const issues =
      result.status < 400 ? result.issues : result.issues.map((issue) => locateResourceIssue(index, issue));
    entries.set(index, buildResponseEntry({ ...result, issues }, base));
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
      diagnostics:
        'Nothing of the transaction was stored. Fix: correct the entry and send the transaction again.',
    },
  ]);
}

async function submitPlan(
  request: HandlerRequest,
  dependencies: HandlerDependencies,
  plan: BundlePlan,
): Promise<readonly InteractionResult[]> {
  const { site } = request.caller;
  const interactions = plan.planned.map(({ interaction }) => interaction);
  const size =
    plan.grouping === 'all-or-nothing' ? Math.max(1, interactions.length) : ENTRIES_PER_TRANSACTION;
  const results: InteractionResult[] = [];
  for (let from = 0; from < interactions.length; from += size) {
    // The entries that follow are answered as such; a sender of a batch reads the answer to each.
    if (from > 0 && dependencies.stopping.aborted) break;
    const portion = interactions.slice(from, from + size);
    results.push(...(await dependencies.accept(site, portion, plan.grouping, plan.kind)));
  }
  return results;
}

/** Handles POST / with a batch, transaction or collection Bundle. */
export async function handleBundle(
  request: HandlerRequest,
  dependencies: HandlerDependencies,
): Promise<Reply> {
  const { body: sent, fhirVersion, caller } = request;
  // A large Bundle has just been parsed: others have their turn before it is planned.
  await turn();
  const plan = planBundle(
    dependencies.takesLongIds(caller.site) ? replaceLongIds(sent, fhirVersion) : sent,
    fhirVersion,
  );
  refuseLargeTransaction(plan);
  await turn();
  const isTransaction = plan.grouping === 'all-or-nothing';
  const [refusal] = plan.refused;
  if (isTransaction && refusal) {
    return buildTransactionRefusal(
      refusal.status,
      plan.refused.map(({ issue }) => issue),
    );
  }
  const results = await submitPlan(request, dependencies, plan);
  reportResults(dependencies, request.caller.site, plan.kind, results);
  const failed = isTransaction ? findFailedEntry(plan.planned, results) : null;
  if (failed) return buildTransactionRefusal(failed.status, failed.issues);
  const type = isTransaction ? 'transaction-response' : 'batch-response';
  const entry = buildResponseEntries(plan, results, request.base);
  const body = { resourceType: 'Bundle', type, ...(entry.length > 0 ? { entry } : {}) };
  return { status: 200, headers: {}, body };
}
