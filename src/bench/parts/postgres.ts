import type { BenchRun } from '../bench-run.ts';
import type { Comparison } from '../spread.ts';

/** Bulk intake into PostgreSQL, next to COPY of the same rows. */
export interface PostgresFigures {
  readonly rate: Comparison;
}

const WHAT = 'bulk into PostgreSQL';

/** Measures nothing yet: there is no store on PostgreSQL to be measured. Returns null, with the reason noted. */
export async function measurePostgres(run: BenchRun): Promise<PostgresFigures | null> {
  const { database } = run.settings;
  run.leaveOut(
    WHAT,
    database === null ? 'no database was named: --database URL' : 'this version has no store on PostgreSQL',
  );
  return null;
}
