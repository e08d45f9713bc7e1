/**
 * `npm run ig`: builds the profiles from FSH and the R4 shapes from the definitions, and packs the profiles. With
 * `--check` it writes nothing and fails where a checked-in file is not current.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { CANONICAL_BASE } from '../../src/fhir/canonical-urls.ts';
import {
  BUILT_FOLDER,
  buildProfiles,
  MAPPINGS_FOLDER,
  PROJECT_ROOT,
  type ProfileBuild,
  readPackageVersion,
} from './build-profiles.ts';
import type { DefinitionResource } from './definition-resource.ts';
import { buildFhirPackage } from './fhir-package.ts';
import { readConceptMaps } from './value-sets.ts';

function readCheckedIn(): ReadonlyMap<string, string> {
  const names = existsSync(BUILT_FOLDER) ? readdirSync(BUILT_FOLDER) : [];
  return new Map(names.map((name) => [name, readFileSync(join(BUILT_FOLDER, name), 'utf8')]));
}

function readIfPresent(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** Lists the checked-in files that differ from the build. */
function findStaleFiles({ definitions, runtimeFiles }: ProfileBuild): readonly string[] {
  const checkedIn = readCheckedIn();
  const names = new Set([...checkedIn.keys(), ...definitions.keys()]);
  const staleDefinitions = [...names]
    .filter((name) => checkedIn.get(name) !== definitions.get(name))
    .map((name) => join(BUILT_FOLDER, name));
  const staleRuntimeFiles = [...runtimeFiles]
    .filter(([file, text]) => readIfPresent(file) !== text)
    .map(([file]) => file);
  return [...staleDefinitions, ...staleRuntimeFiles].map((file) => relative(PROJECT_ROOT, file));
}

function writeBuild({ definitions, runtimeFiles }: ProfileBuild): void {
  rmSync(BUILT_FOLDER, { recursive: true, force: true });
  mkdirSync(BUILT_FOLDER, { recursive: true });
  for (const [name, text] of definitions) writeFileSync(join(BUILT_FOLDER, name), text);
  for (const [file, text] of runtimeFiles) writeFileSync(file, text);
}

/** Writes the FHIR package, with the ConceptMaps of mappings/, and returns its path. */
function writePackage({ definitions }: ProfileBuild): string {
  const version = readPackageVersion();
  const maps = readConceptMaps(MAPPINGS_FOLDER).map((map): [string, DefinitionResource] => [
    `ConceptMap-${map.id}.json`,
    map,
  ]);
  const ownDefinitions = [...definitions].map(([name, text]): [string, DefinitionResource] => [
    name,
    JSON.parse(text) as DefinitionResource,
  ]);
  const out = join(PROJECT_ROOT, 'out', `fhir-trial-adapter-${version}.tgz`);
  mkdirSync(join(PROJECT_ROOT, 'out'), { recursive: true });
  writeFileSync(out, buildFhirPackage(new Map([...ownDefinitions, ...maps]), version, CANONICAL_BASE));
  return out;
}

const profileBuild = buildProfiles();
const staleFiles = findStaleFiles(profileBuild);
if (process.argv.includes('--check')) {
  for (const file of staleFiles) console.error(`not current: ${file}. Run npm run ig and commit the file.`);
  console.log(`profiles: ${profileBuild.definitions.size} built, ${staleFiles.length} not current`);
  process.exitCode = staleFiles.length > 0 ? 1 : 0;
} else {
  writeBuild(profileBuild);
  for (const file of staleFiles) console.log(`changed: ${file}`);
  console.log(
    `profiles: ${profileBuild.definitions.size} built, packed as ${relative(PROJECT_ROOT, writePackage(profileBuild))}`,
  );
}
