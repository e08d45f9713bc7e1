import type { IngestProgress } from '../../fhir/ingest-checkpoint.ts';

/** Formats a time in the largest unit that has at least two of it: `45 s`, `3 min`, `5 h`. */
function formatDuration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}

/**
 * Creates a formatter of progress in a file: the resources so far, their rate in this run, and the time that is left by the
 * rate of the bytes. `size` is that of the file in bytes; null where it is not known, and then so is the time.
 */
export function createRateFormatter(
  size: number | null,
  now: () => number = () => performance.now(),
): (progress: IngestProgress) => string {
  /** The first report: the rate is that since then. */
  let first: { readonly resources: number; readonly bytes: number; readonly at: number } | null = null;
  return ({ summary: { resources }, place }) => {
    const bytes = place?.bytes ?? 0;
    first ??= { resources, bytes, at: now() };
    const seconds = (now() - first.at) / 1_000;
    const count = `${resources} resources`;
    if (resources === first.resources || seconds === 0) return count;
    const rate = `${count}, ${Math.round((resources - first.resources) / seconds)}/s`;
    if (size === null || bytes === first.bytes) return rate;
    return `${rate}, ${formatDuration(((size - bytes) * seconds) / (bytes - first.bytes))} left`;
  };
}
