import { Failure } from '../errors.ts';
import { findFailedEntry } from './bundles/failed-entry.ts';
import { type BundlePlan, planBundle, refuseLargeTransaction } from './bundles/plan-bundle.ts';
import {
  type BundlePage,
  type ResultBundle,
  readResultBundle,
  type StatedDeletion,
} from './bundles/result-bundles.ts';
import { decodeUtf8 } from './decode-text.ts';
import type { FhirVersion } from './fhir-version.ts';
import {
  buildCheckpoint,
  type IngestCheckpoint,
  type IngestProgress,
  type InvalidLine,
} from './ingest-checkpoint.ts';
import {
  addResults,
  addUnreadableResource,
  EMPTY_SUMMARY,
  type IngestSummary,
  mergeSummaries,
} from './ingest-summary.ts';
import type { Grouping, Interaction, InteractionResult } from './interaction.ts';
import { replaceLongIds } from './long-ids.ts';
import type { NdjsonLine } from './ndjson.ts';
import { type OutcomeIssue, toOutcomeIssue } from './operation-outcome.ts';
import { inferInteraction } from './parse-interaction.ts';
import { isObject } from './resource.ts';
import { parseSentJson } from './sent-text.ts';

/** Submits interactions of one site to the pipeline. */
export type InteractionHandler = (
  interactions: readonly Interaction[],
  grouping: Grouping,
) => Promise<readonly InteractionResult[]>;

/** The outcome of a delivery, with its first invalid lines. */
export interface IngestResult {
  readonly summary: IngestSummary;
  /** The first 20 invalid lines. */
  readonly invalidLines: readonly InvalidLine[];
  /** The links of the searchset and history Bundles in the delivery, each of which is one page of results. */
  readonly pages: readonly BundlePage[];
  /**
   * What is deleted according to the history Bundles in the delivery, to be submitted by `ingestDeletions` after all
   * deliveries: another page can hold the versions before the deletion.
   */
  readonly deletions: readonly StatedDeletion[];
}

/** Called after lines have been submitted, and waited for. */
type ReportIngest = (progress: IngestProgress) => void | Promise<void>;

/** How a delivery is read. */
export interface IngestReading {
  /** R4 where it is not stated. */
  readonly version?: FhirVersion;
  /** Whether what a server returned (a searchset or history Bundle) is taken, as in files; by default it is refused. */
  readonly takesResults?: boolean;
  /** Whether ids over 64 characters are taken; by default they are refused. */
  readonly takesLongIds?: boolean;
  /** Whether others wait while it is read: a transaction that is too large to be stored in one piece is then refused. */
  readonly refusesLargeTransactions?: boolean;
  /** Lines, or entries of a Bundle, that are submitted together; 100 where it is not stated. */
  readonly linesAtOnce?: number;
}

/** Lines that are submitted together: enough to share one commit, few enough that what else arrives hardly waits. */
const LINES_PER_SUBMISSION = 100;
const MAX_INVALID_LINES = 20;

/** A line that has been read and not yet submitted. */
interface PendingLine {
  readonly line: number;
  readonly interaction: Interaction;
}

/** The state of a delivery while it is read. */
interface IngestState {
  summary: IngestSummary;
  readonly invalidLines: InvalidLine[];
  readonly pages: BundlePage[];
  readonly deletions: StatedDeletion[];
  readonly reading: IngestReading;
  pending: PendingLine[];
}

const createState = (reading: IngestReading, from?: IngestCheckpoint): IngestState => ({
  summary: from?.summary ?? EMPTY_SUMMARY,
  invalidLines: [...(from?.invalidLines ?? [])],
  pages: [],
  deletions: [],
  reading,
  pending: [],
});

const countLinesAtOnce = ({ reading }: IngestState): number => reading.linesAtOnce ?? LINES_PER_SUBMISSION;

function recordInvalidLine(state: IngestState, line: number, issue: OutcomeIssue): void {
  if (state.invalidLines.length < MAX_INVALID_LINES) state.invalidLines.push({ line, issue });
}

function recordUnreadable(state: IngestState, line: number, issue: OutcomeIssue): void {
  state.summary = addUnreadableResource(state.summary, issue);
  recordInvalidLine(state, line, issue);
}

async function submitPending(state: IngestState, submit: InteractionHandler): Promise<void> {
  const { pending } = state;
  if (pending.length === 0) return;
  state.pending = [];
  const results = await submit(
    pending.map(({ interaction }) => interaction),
    'each',
  );
  state.summary = addResults(state.summary, results);
  results.forEach(({ disposition, issues }, index) => {
    const line = pending[index]?.line;
    const [issue] = issues;
    if (disposition === 'invalid' && issue && line !== undefined) recordInvalidLine(state, line, issue);
  });
}

/** Returns the tree as it is received: with long ids replaced, where they are taken. */
function prepareTree(tree: unknown, { takesLongIds, version }: IngestReading): unknown {
  return takesLongIds ? replaceLongIds(tree, version) : tree;
}

function parseLine(line: NdjsonLine): unknown {
  if (line.bytes === null) {
    throw new Failure('fhir/too-large', 'The line is too long.', {
      fix: 'Send one resource per line, up to 1 MB.',
    });
  }
  return parseSentJson(decodeUtf8(line.bytes));
}

async function ingestLine(line: NdjsonLine, state: IngestState, submit: InteractionHandler): Promise<void> {
  try {
    const tree = parseLine(line);
    if (!isObject(tree) || tree.resourceType !== 'Bundle') {
      const interaction = inferInteraction(prepareTree(tree, state.reading), state.reading.version);
      state.pending.push({ line: line.number, interaction });
      return;
    }
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    recordUnreadable(state, line.number, toOutcomeIssue(cause));
    return;
  }
  // A Bundle has its own order and may be a transaction, so the lines before it are submitted first.
  await submitPending(state, submit);
  const bundle = await ingestDocument(parseLine(line), submit, state.reading);
  state.summary = mergeSummaries(state.summary, bundle.summary);
  state.pages.push(...bundle.pages);
  state.deletions.push(...bundle.deletions);
  for (const { issue } of bundle.invalidLines) recordInvalidLine(state, line.number, issue);
}

function describeProgress(state: IngestState, last: NdjsonLine | null): IngestProgress {
  return {
    summary: state.summary,
    place: last && { lines: last.number, bytes: last.end },
    checkpoint: last && buildCheckpoint(finishDelivery(state), last),
  };
}

function finishDelivery({ summary, invalidLines, pages, deletions }: IngestState): IngestResult {
  return { summary, invalidLines, pages, deletions };
}

/**
 * Submits the resources of an NDJSON stream to the pipeline in order, some at a time, and summarizes the outcome. A
 * line that is not a FHIR resource is counted as invalid and does not stop the others. Throws only the store's own
 * failures. Lines submitted before that remain, and sending the whole stream again does not change them. `from`: the
 * checkpoint after which the lines begin.
 */
export async function ingestLines(
  lines: AsyncIterable<NdjsonLine>,
  submit: InteractionHandler,
  onProgress: ReportIngest = () => undefined,
  reading: IngestReading = {},
  from?: IngestCheckpoint,
): Promise<IngestResult> {
  const state = createState(reading, from);
  let last: NdjsonLine | null = null;
  for await (const line of lines) {
    await ingestLine(line, state, submit);
    last = line;
    if (state.pending.length < countLinesAtOnce(state)) continue;
    await submitPending(state, submit);
    await onProgress(describeProgress(state, line));
  }
  await submitPending(state, submit);
  await onProgress(describeProgress(state, last));
  return finishDelivery(state);
}

/** Submits one JSON document, a resource or a Bundle, to the pipeline. The lines of a Bundle are its entries. */
export async function ingestDocument(
  sent: unknown,
  submit: InteractionHandler,
  reading: IngestReading = {},
): Promise<IngestResult> {
  const state = createState(reading);
  const tree = prepareTree(sent, reading);
  try {
    if (isObject(tree) && tree.resourceType === 'Bundle') await ingestBundle(tree, state, submit);
    else {
      state.pending.push({ line: 1, interaction: inferInteraction(tree, state.reading.version) });
      await submitPending(state, submit);
    }
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.meaning.http >= 500) throw cause;
    recordUnreadable(state, 1, toOutcomeIssue(cause));
  }
  return finishDelivery(state);
}

async function ingestBundle(bundle: unknown, state: IngestState, submit: InteractionHandler): Promise<void> {
  const results = state.reading.takesResults ? readResultBundle(bundle) : null;
  if (results) await ingestResults(results, state, submit);
  else {
    const plan = planBundle(bundle, state.reading.version);
    if (state.reading.refusesLargeTransactions) refuseLargeTransaction(plan);
    await ingestPlan(plan, state, submit);
  }
}

/** Submits what a server returned, the oldest version of each resource first; deletions come later. */
async function ingestResults(
  { bundle, indexes, deletions, unreadable, page }: ResultBundle,
  state: IngestState,
  submit: InteractionHandler,
): Promise<void> {
  state.pages.push(page);
  for (const { index, failure } of unreadable) recordUnreadable(state, index + 1, toOutcomeIssue(failure));
  await ingestPlan(planBundle(bundle, state.reading.version), state, submit, indexes);
  state.deletions.push(...deletions);
}

/** Submits the deletions of a delivery. */
export async function ingestDeletions(
  deletions: readonly StatedDeletion[],
  submit: InteractionHandler,
): Promise<IngestResult> {
  const state = createState({});
  await submitParts(deletions, state, submit);
  return finishDelivery(state);
}

/** Submits the entries of a plan; `indexes` are those of the entries in the file, where it has them in another order. */
async function ingestPlan(
  plan: BundlePlan,
  state: IngestState,
  submit: InteractionHandler,
  indexes?: readonly number[],
): Promise<void> {
  const toFileIndex = (index: number) => indexes?.[index] ?? index;
  for (const { index, issue } of plan.refused) recordUnreadable(state, toFileIndex(index) + 1, issue);
  const planned = plan.planned.map((entry) => ({ ...entry, index: toFileIndex(entry.index) }));
  if (planned.length === 0) return;
  if (plan.grouping === 'all-or-nothing')
    await ingestTransaction(planned, plan.refused[0]?.issue ?? null, state, submit);
  else await submitParts(planned, state, submit);
}

async function submitParts(
  planned: readonly { readonly index: number; readonly interaction: Interaction }[],
  state: IngestState,
  submit: InteractionHandler,
): Promise<void> {
  const atOnce = countLinesAtOnce(state);
  for (let from = 0; from < planned.length; from += atOnce) {
    const part = planned.slice(from, from + atOnce);
    state.pending = part.map(({ index, interaction }) => ({ line: index + 1, interaction }));
    await submitPending(state, submit);
  }
}

/** Submits a transaction. If one entry fails, all entries count as invalid, for the reason of the entry that failed. */
async function ingestTransaction(
  planned: readonly { index: number; interaction: Interaction }[],
  refusal: OutcomeIssue | null,
  state: IngestState,
  submit: InteractionHandler,
): Promise<void> {
  const issue = refusal ?? (await submitTransaction(planned, state, submit));
  if (issue === null) return;
  recordInvalidLine(state, (planned[0]?.index ?? 0) + 1, issue);
  for (const _ of planned) state.summary = addUnreadableResource(state.summary, issue);
}

/** Submits a transaction to the pipeline; returns the issue of the entry that failed, or null where it was accepted. */
async function submitTransaction(
  planned: readonly { index: number; interaction: Interaction }[],
  state: IngestState,
  submit: InteractionHandler,
): Promise<OutcomeIssue | null> {
  const results = await submit(
    planned.map(({ interaction }) => interaction),
    'all-or-nothing',
  );
  const failure = findFailedEntry(planned, results);
  if (failure) return failure.issue;
  state.summary = addResults(state.summary, results);
  return null;
}
