import { adam } from './adam/adam.ts';
import { ctgovAeXml, ctgovJson, ctgovXml } from './ctgov/ctgov.ts';
import { eudractAeXml } from './eudract/eudract.ts';
import type { ExportFormat } from './export-format.ts';
import { ndjson } from './ndjson/ndjson.ts';
import { odm } from './odm/odm.ts';
import { redcap } from './redcap/redcap.ts';
import { sdtm } from './sdtm/sdtm.ts';
import { statistics } from './statistics/statistics.ts';
import { csv } from './tables/csv.ts';
import { parquet } from './tables/parquet.ts';

/** Every export format of a study, in the order of the command line's list. */
export const EXPORT_FORMATS: readonly ExportFormat[] = [
  csv,
  parquet,
  ndjson,
  statistics,
  ctgovXml,
  ctgovAeXml,
  ctgovJson,
  eudractAeXml,
  sdtm,
  adam,
  redcap,
  odm,
];
