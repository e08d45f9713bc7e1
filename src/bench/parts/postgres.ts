import type { BenchRun } from '../bench-run.ts';
import type { Comparison } from '../spread.ts';

/** Bulk intake into PostgreSQL, next to COPY of the same rows. */
export interface PostgresFigures {
  readonly rate: Comparison;
}

const WHAT = 'bulk into PostgreSQL';

/**
 * Measures nothing yet: the rate of `ingest --database` needs a database of its own for each round, and its floor a COPY of
 * the rows that it has stored. Returns null, with the reason noted.
 */
export async function measurePostgres(run: BenchRun): Promise<PostgresFigures | null> {
  const { database } = run.settings;
  run.leaveOut(
    WHAT,
    database === null ? 'no database was named: --database URL' : 'bench does not measure PostgreSQL yet',
  );
  return null;
}
