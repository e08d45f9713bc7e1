import type { ExportFormat } from './format.ts';
import { ndjson } from './ndjson/ndjson.ts';
import { statistics } from './statistics.ts';
import { csv } from './tables/csv.ts';
import { parquet } from './tables/parquet.ts';

/** Every format that a study can be exported in; the command line and the demonstration read this table. */
export const FORMATS: readonly ExportFormat[] = [csv, parquet, ndjson, statistics];
