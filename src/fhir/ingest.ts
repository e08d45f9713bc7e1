import { Failure } from '../errors.ts';
import { inEntry, planBundle } from './bundle.ts';
import {
  addAnswers,
  addSummaries,
  addUnreadable,
  EMPTY_SUMMARY,
  type IngestSummary,
} from './ingest-summary.ts';
import type { Answer, Grouping, Interaction } from './interaction.ts';
import { decodeUtf8, parseJson } from './json.ts';
import type { Line } from './ndjson.ts';
import { failureIssue, type Issue } from './outcome.ts';
import { interactionFor } from './request.ts';
import { isObject } from './resource.ts';
import type { FhirVersion } from './version.ts';

/** The pipeline's door, already bound to a site. */
export type Submit = (interactions: readonly Interaction[], grouping: Grouping) => Promise<readonly Answer[]>;

/** A line that could not be read, or whose resource was invalid. */
export interface BadLine {
  readonly line: number;
  readonly issue: Issue;
}

export interface Ingested {
  readonly summary: IngestSummary;
  /** The first 20. */
  readonly bad: readonly BadLine[];
}

/** Lines that travel together: enough to share one commit, few enough to hold in memory. */
const CHUNK = 100;
const MOST_BAD = 20;

interface Waiting {
  readonly line: number;
  readonly interaction: Interaction;
}

/** The state of one delivery while it is read. */
interface Progress {
  summary: IngestSummary;
  readonly bad: BadLine[];
  readonly version: FhirVersion;
  waiting: Waiting[];
}

function note(progress: Progress, line: number, issue: Issue): void {
  if (progress.bad.length < MOST_BAD) progress.bad.push({ line, issue });
}

function refuse(progress: Progress, line: number, issue: Issue): void {
  progress.summary = addUnreadable(progress.summary, issue);
  note(progress, line, issue);
}

async function flush(progress: Progress, submit: Submit): Promise<void> {
  const { waiting } = progress;
  if (waiting.length === 0) return;
  progress.waiting = [];
  const answers = await submit(
    waiting.map((each) => each.interaction),
    'each',
  );
  progress.summary = addAnswers(progress.summary, answers);
  answers.forEach((answer, index) => {
    const line = waiting[index]?.line;
    const issue = answer.issues[0];
    if (answer.disposition === 'invalid' && issue && line !== undefined) note(progress, line, issue);
  });
}

function readLine(line: Line): unknown {
  if (line.bytes === null) {
    throw new Failure('http/too-large', 'The line is too long.', {
      fix: 'Send one resource a line, up to 1 MB.',
    });
  }
  return parseJson(decodeUtf8(line.bytes));
}

async function takeLine(line: Line, progress: Progress, submit: Submit): Promise<void> {
  try {
    const tree = readLine(line);
    if (!isObject(tree) || tree.resourceType !== 'Bundle') {
      progress.waiting.push({ line: line.number, interaction: interactionFor(tree, progress.version) });
      return;
    }
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    refuse(progress, line.number, failureIssue(cause));
    return;
  }
  // A Bundle has an order and perhaps a transaction of its own: what came before it goes first.
  await flush(progress, submit);
  const inner = await ingestDocument(readLine(line), submit, progress.version);
  progress.summary = addSummaries(progress.summary, inner.summary);
  for (const each of inner.bad) note(progress, line.number, each.issue);
}

/**
 * Hands the resources of an NDJSON stream to the pipeline, 100 lines at a time, in order, and sums up what became of
 * them. A line that is no FHIR resource is counted as invalid and stops nothing. Only the store's own failures throw;
 * what was handed over before stays, and sending everything again changes nothing.
 */
export async function ingestLines(
  lines: AsyncIterable<Line>,
  submit: Submit,
  onProgress: (summary: IngestSummary) => void = () => undefined,
  version: FhirVersion = '4.0',
): Promise<Ingested> {
  const progress: Progress = { summary: EMPTY_SUMMARY, bad: [], version, waiting: [] };
  for await (const line of lines) {
    await takeLine(line, progress, submit);
    if (progress.waiting.length < CHUNK) continue;
    await flush(progress, submit);
    onProgress(progress.summary);
  }
  await flush(progress, submit);
  onProgress(progress.summary);
  return { summary: progress.summary, bad: progress.bad };
}

/** Hands one JSON document, a resource or a Bundle, to the pipeline. A Bundle is expanded; its lines are its entries. */
export async function ingestDocument(
  tree: unknown,
  submit: Submit,
  version: FhirVersion = '4.0',
): Promise<Ingested> {
  const progress: Progress = { summary: EMPTY_SUMMARY, bad: [], version, waiting: [] };
  try {
    if (isObject(tree) && tree.resourceType === 'Bundle') await takeBundle(tree, progress, submit);
    else {
      progress.waiting.push({ line: 1, interaction: interactionFor(tree, progress.version) });
      await flush(progress, submit);
    }
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.meaning.http >= 500) throw cause;
    refuse(progress, 1, failureIssue(cause));
  }
  return { summary: progress.summary, bad: progress.bad };
}

async function takeBundle(bundle: unknown, progress: Progress, submit: Submit): Promise<void> {
  const plan = planBundle(bundle, progress.version);
  for (const each of plan.refused) refuse(progress, each.index + 1, each.issue);
  const { planned } = plan;
  if (planned.length === 0) return;
  if (plan.grouping === 'all-or-nothing') {
    await takeTransaction(planned, plan.refused[0]?.issue ?? null, progress, submit);
    return;
  }
  for (let from = 0; from < planned.length; from += CHUNK) {
    const part = planned.slice(from, from + CHUNK);
    progress.waiting = part.map(({ index, interaction }) => ({ line: index + 1, interaction }));
    await flush(progress, submit);
  }
}

/** One entry that fails takes all with it: every entry counts as invalid, for the reason of the one that failed. */
async function takeTransaction(
  planned: readonly { index: number; interaction: Interaction }[],
  refusal: Issue | null,
  progress: Progress,
  submit: Submit,
): Promise<void> {
  const failed = refusal ?? (await submitAll(planned, progress, submit));
  if (failed === null) return;
  note(progress, (planned[0]?.index ?? 0) + 1, failed);
  for (const _ of planned) progress.summary = addUnreadable(progress.summary, failed);
}

/** null where all went in; else why none did. */
async function submitAll(
  planned: readonly { index: number; interaction: Interaction }[],
  progress: Progress,
  submit: Submit,
): Promise<Issue | null> {
  const answers = await submit(
    planned.map((each) => each.interaction),
    'all-or-nothing',
  );
  const failure = failedEntry(planned, answers);
  if (failure) return failure.issue;
  progress.summary = addAnswers(progress.summary, answers);
  return null;
}

const UNEXPLAINED: Issue = {
  severity: 'error',
  code: 'processing',
  detail: 'fhir-invalid',
  diagnostics: 'The entry was refused.',
};

/** The first entry of a transaction that was refused: its status and its first error, as it stands in the Bundle. */
export function failedEntry(
  planned: readonly { index: number }[],
  answers: readonly Answer[],
): { status: number; issue: Issue; issues: readonly Issue[] } | null {
  const at = answers.findIndex((answer) => answer.status >= 400);
  const answer = answers[at];
  if (!answer) return null;
  const index = planned[at]?.index ?? 0;
  const errors = answer.issues.filter((issue) => issue.severity === 'error');
  const issues = (errors.length > 0 ? errors : [UNEXPLAINED]).map((issue) => inEntry(index, issue));
  return { status: answer.status, issue: issues[0] ?? UNEXPLAINED, issues };
}
