import type { IngestSummary } from './ingest-summary.ts';
import type { NdjsonLine, StreamPlace } from './ndjson.ts';
import type { OutcomeIssue } from './operation-outcome.ts';

/** A line that could not be read, or that has an invalid resource. */
export interface InvalidLine {
  readonly line: number;
  readonly issue: OutcomeIssue;
}

/** How far a delivery of lines has been received, with the outcome so far: what resuming it needs. Stored as JSON. */
export interface IngestCheckpoint extends StreamPlace {
  readonly summary: IngestSummary;
  readonly invalidLines: readonly InvalidLine[];
}

/** What is reported while a delivery of lines is received. */
export interface IngestProgress {
  readonly summary: IngestSummary;
  /** The end of the last line that was read; null before the first. */
  readonly place: StreamPlace | null;
  /** null where the delivery cannot be resumed after that line. */
  readonly checkpoint: IngestCheckpoint | null;
}

/** The outcome of the lines so far. */
interface OutcomeSoFar extends Pick<IngestCheckpoint, 'summary' | 'invalidLines'> {
  readonly pages: readonly unknown[];
  readonly deletions: readonly unknown[];
}

/**
 * Builds the checkpoint after a line; null where the delivery cannot be resumed there: what its Bundles state of further pages
 * and of deletions takes effect after the last line, and is not part of a checkpoint; and what was dropped may be taken when
 * it is read again, if its patient has been enrolled meanwhile.
 */
export function buildCheckpoint(
  { summary, invalidLines, pages, deletions }: OutcomeSoFar,
  { number, end }: NdjsonLine,
): IngestCheckpoint | null {
  if (pages.length + deletions.length + summary.dropped > 0) return null;
  return { lines: number, bytes: end, summary, invalidLines: [...invalidLines] };
}
