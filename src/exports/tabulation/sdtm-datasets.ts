import { join } from 'node:path';
import type { DatasetDefinition } from './dataset-definition.ts';
import { readDatasets } from './read-datasets.ts';

/** Every dataset of the tabulation in the order of define.xml, as tabulation/specifications defines them. */
export const SDTM_DATASETS: readonly DatasetDefinition[] = readDatasets(
  join(import.meta.dirname, 'specifications'),
  [
    'variables-trial-design.csv',
    'variables-special-purpose.csv',
    'variables-interventions.csv',
    'variables-events.csv',
    'variables-findings.csv',
    'variables-supplemental-qualifiers.csv',
  ],
);

/** The SUPP-- dataset of a dataset; undefined where it has no supplemental qualifiers. */
export function findSupplement(name: string): DatasetDefinition | undefined {
  return SDTM_DATASETS.find(({ supplementOf }) => supplementOf === name);
}
