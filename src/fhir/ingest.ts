import { Failure } from '../errors.ts';
import type { FhirVersion } from './fhir-version.ts';
import {
  addResults,
  addUnreadableResource,
  EMPTY_SUMMARY,
  type IngestSummary,
  mergeSummaries,
} from './ingest-summary.ts';
import type { Grouping, Interaction, InteractionResult } from './interaction.ts';
import { decodeUtf8, parseJson } from './lossless-json.ts';
import type { NdjsonLine } from './ndjson.ts';
import { type OutcomeIssue, toOutcomeIssue } from './operation-outcome.ts';
import { inferInteraction } from './parse-interaction.ts';
import { locateIssueInEntry, planBundle } from './plan-bundle.ts';
import { isObject } from './resource.ts';

/** The pipeline's door, already bound to a site. */
export type InteractionHandler = (
  interactions: readonly Interaction[],
  grouping: Grouping,
) => Promise<readonly InteractionResult[]>;

/** A line that could not be read, or whose resource was invalid. */
export interface InvalidLine {
  readonly line: number;
  readonly issue: OutcomeIssue;
}

export interface IngestResult {
  readonly summary: IngestSummary;
  /** The first 20. */
  readonly invalidLines: readonly InvalidLine[];
}

/** Lines that travel together: enough to share one commit, few enough to hold in memory. */
const LINES_PER_SUBMISSION = 100;
const MAX_INVALID_LINES = 20;

interface PendingLine {
  readonly line: number;
  readonly interaction: Interaction;
}

/** The state of one delivery while it is read. */
interface IngestState {
  summary: IngestSummary;
  readonly invalidLines: InvalidLine[];
  readonly version: FhirVersion;
  pending: PendingLine[];
}

function recordInvalidLine(progress: IngestState, line: number, issue: OutcomeIssue): void {
  if (progress.invalidLines.length < MAX_INVALID_LINES) progress.invalidLines.push({ line, issue });
}

function recordUnreadable(progress: IngestState, line: number, issue: OutcomeIssue): void {
  progress.summary = addUnreadableResource(progress.summary, issue);
  recordInvalidLine(progress, line, issue);
}

async function submitPending(progress: IngestState, submit: InteractionHandler): Promise<void> {
  const { pending: waiting } = progress;
  if (waiting.length === 0) return;
  progress.pending = [];
  const answers = await submit(
    waiting.map((each) => each.interaction),
    'each',
  );
  progress.summary = addResults(progress.summary, answers);
  answers.forEach((answer, index) => {
    const line = waiting[index]?.line;
    const issue = answer.issues[0];
    if (answer.disposition === 'invalid' && issue && line !== undefined)
      recordInvalidLine(progress, line, issue);
  });
}

function parseLine(line: NdjsonLine): unknown {
  if (line.bytes === null) {
    throw new Failure('fhir/too-large', 'The line is too long.', {
      fix: 'Send one resource a line, up to 1 MB.',
    });
  }
  return parseJson(decodeUtf8(line.bytes));
}

async function ingestLine(
  line: NdjsonLine,
  progress: IngestState,
  submit: InteractionHandler,
): Promise<void> {
  try {
    const tree = parseLine(line);
    if (!isObject(tree) || tree.resourceType !== 'Bundle') {
      progress.pending.push({ line: line.number, interaction: inferInteraction(tree, progress.version) });
      return;
    }
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    recordUnreadable(progress, line.number, toOutcomeIssue(cause));
    return;
  }
  // A Bundle has an order and perhaps a transaction of its own: what came before it goes first.
  await submitPending(progress, submit);
  const inner = await ingestDocument(parseLine(line), submit, progress.version);
  progress.summary = mergeSummaries(progress.summary, inner.summary);
  for (const each of inner.invalidLines) recordInvalidLine(progress, line.number, each.issue);
}

/**
 * Hands the resources of an NDJSON stream to the pipeline, 100 lines at a time, in order, and sums up what became of
 * them. A line that is no FHIR resource is counted as invalid and stops nothing. Only the store's own failures throw;
 * what was handed over before stays, and sending everything again changes nothing.
 */
export async function ingestLines(
  lines: AsyncIterable<NdjsonLine>,
  submit: InteractionHandler,
  onProgress: (summary: IngestSummary) => void = () => undefined,
  version: FhirVersion = '4.0',
): Promise<IngestResult> {
  const progress: IngestState = { summary: EMPTY_SUMMARY, invalidLines: [], version, pending: [] };
  for await (const line of lines) {
    await ingestLine(line, progress, submit);
    if (progress.pending.length < LINES_PER_SUBMISSION) continue;
    await submitPending(progress, submit);
    onProgress(progress.summary);
  }
  await submitPending(progress, submit);
  onProgress(progress.summary);
  return { summary: progress.summary, invalidLines: progress.invalidLines };
}

/** Hands one JSON document, a resource or a Bundle, to the pipeline. A Bundle is expanded; its lines are its entries. */
export async function ingestDocument(
  tree: unknown,
  submit: InteractionHandler,
  version: FhirVersion = '4.0',
): Promise<IngestResult> {
  const progress: IngestState = { summary: EMPTY_SUMMARY, invalidLines: [], version, pending: [] };
  try {
    if (isObject(tree) && tree.resourceType === 'Bundle') await ingestBundle(tree, progress, submit);
    else {
      progress.pending.push({ line: 1, interaction: inferInteraction(tree, progress.version) });
      await submitPending(progress, submit);
    }
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.meaning.http >= 500) throw cause;
    recordUnreadable(progress, 1, toOutcomeIssue(cause));
  }
  return { summary: progress.summary, invalidLines: progress.invalidLines };
}

async function ingestBundle(
  bundle: unknown,
  progress: IngestState,
  submit: InteractionHandler,
): Promise<void> {
  const plan = planBundle(bundle, progress.version);
  for (const each of plan.refused) recordUnreadable(progress, each.index + 1, each.issue);
  const { planned } = plan;
  if (planned.length === 0) return;
  if (plan.grouping === 'all-or-nothing') {
    await ingestTransaction(planned, plan.refused[0]?.issue ?? null, progress, submit);
    return;
  }
  for (let from = 0; from < planned.length; from += LINES_PER_SUBMISSION) {
    const part = planned.slice(from, from + LINES_PER_SUBMISSION);
    progress.pending = part.map(({ index, interaction }) => ({ line: index + 1, interaction }));
    await submitPending(progress, submit);
  }
}

/** One entry that fails takes all with it: every entry counts as invalid, for the reason of the one that failed. */
async function ingestTransaction(
  planned: readonly { index: number; interaction: Interaction }[],
  refusal: OutcomeIssue | null,
  progress: IngestState,
  submit: InteractionHandler,
): Promise<void> {
  const failed = refusal ?? (await submitTransaction(planned, progress, submit));
  if (failed === null) return;
  recordInvalidLine(progress, (planned[0]?.index ?? 0) + 1, failed);
  for (const _ of planned) progress.summary = addUnreadableResource(progress.summary, failed);
}

/** null where all went in; else why none did. */
async function submitTransaction(
  planned: readonly { index: number; interaction: Interaction }[],
  progress: IngestState,
  submit: InteractionHandler,
): Promise<OutcomeIssue | null> {
  const answers = await submit(
    planned.map((each) => each.interaction),
    'all-or-nothing',
  );
  const failure = findFailedEntry(planned, answers);
  if (failure) return failure.issue;
  progress.summary = addResults(progress.summary, answers);
  return null;
}

const UNEXPLAINED_ISSUE: OutcomeIssue = {
  severity: 'error',
  code: 'processing',
  detail: 'fhir-invalid',
  diagnostics: 'The entry was refused.',
};

/** The first entry of a transaction that was refused: its status and its first error, as it stands in the Bundle. */
export function findFailedEntry(
  planned: readonly { index: number }[],
  answers: readonly InteractionResult[],
): { status: number; issue: OutcomeIssue; issues: readonly OutcomeIssue[] } | null {
  const at = answers.findIndex((answer) => answer.status >= 400);
  const answer = answers[at];
  if (!answer) return null;
  const index = planned[at]?.index ?? 0;
  const errors = answer.issues.filter((issue) => issue.severity === 'error');
  const issues = (errors.length > 0 ? errors : [UNEXPLAINED_ISSUE]).map((issue) =>
    locateIssueInEntry(index, issue),
  );
  return { status: answer.status, issue: issues[0] ?? UNEXPLAINED_ISSUE, issues };
}
