import { join } from 'node:path';
import type { DatasetDefinition } from '../tabulation/dataset-definition.ts';
import { readDatasets } from '../tabulation/read-datasets.ts';

/** Subject-level, response and time-to-event datasets, as adam/specifications defines them. */
export const ADAM_DATASETS: readonly DatasetDefinition[] = readDatasets(
  join(import.meta.dirname, 'specifications'),
  ['variables.csv'],
);
