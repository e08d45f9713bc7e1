import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ProfileRules } from '../../src/fhir/profiles/profile-rules.ts';
import { compileFsh } from './compile-fsh.ts';
import { type CompileContext, compileProfiles } from './compile-profiles.ts';
import { readCoreResources, writeCorePackage } from './core-package.ts';
import type { DefinitionResource } from './definition-resource.ts';
import { createExpander } from './expand-value-set.ts';
import { formatDefinitions } from './format-definitions.ts';
import { buildPublishedCapability } from './published-capability.ts';
import { isStructureDefinition, type StructureDefinition } from './structure-definition.ts';
import { buildTypeShapes } from './type-shapes.ts';
import { buildValueSets, readConceptMaps } from './value-sets.ts';

export const PROJECT_ROOT = resolve(import.meta.dirname, '../..');

/** The folder of the built definitions, which are checked in. */
export const BUILT_FOLDER = join(PROJECT_ROOT, 'profiles', 'built');
const INBOUND_RULES_FILE = join(PROJECT_ROOT, 'profiles', 'inbound-rules.json');
const R4_SHAPES_FILE = join(PROJECT_ROOT, 'src', 'fhir', 'validate', 'r4-shapes.json');
export const MAPPINGS_FOLDER = join(PROJECT_ROOT, 'mappings');

/** Sushi's home folder during the build, so that nothing outside the project is read or written. */
const FHIR_HOME = join(PROJECT_ROOT, 'node_modules', '.cache', 'fhir');

/** All files that the build generates, as text. */
export interface ProfileBuild {
  /** The files below profiles/built, by name. */
  readonly definitions: ReadonlyMap<string, string>;
  /** The files that the adapter reads at run time, by path. */
  readonly runtimeFiles: ReadonlyMap<string, string>;
}

export function readPackageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

/** Builds the definitions, the inbound rules and the R4 shapes from their sources. */
export function buildProfiles(): ProfileBuild {
  const core = readCoreResources();
  const version = readPackageVersion();
  const valueSets = buildValueSets(readConceptMaps(MAPPINGS_FOLDER), version);
  writeCorePackage(FHIR_HOME, core);
  const compiled = compileFsh({
    source: join(PROJECT_ROOT, 'profiles'),
    workFolder: join(PROJECT_ROOT, 'out', 'ig'),
    home: FHIR_HOME,
    version,
    extraResources: valueSets,
  });
  const ownDefinitions = [...compiled, ...valueSets];
  const rules = compileInboundRules(core, ownDefinitions);
  return {
    definitions: formatDefinitions([...ownDefinitions, buildPublishedCapability(rules, version)]),
    runtimeFiles: new Map([
      [INBOUND_RULES_FILE, `${JSON.stringify(rules, null, 1)}\n`],
      [R4_SHAPES_FILE, buildTypeShapes(core, createExpander(core))],
    ]),
  };
}

function compileInboundRules(
  core: readonly DefinitionResource[],
  ownDefinitions: readonly DefinitionResource[],
): ProfileRules {
  const profiles = ownDefinitions
    .filter(isStructureDefinition)
    .filter(({ type }) => type !== 'Extension')
    .sort((a, b) => (a.url < b.url ? -1 : 1));
  const typeProfiles = profiles.filter(({ id = '' }) => id.startsWith('inbound-'));
  const typeUrls = typeProfiles.map(({ url }) => url);
  const claimable = profiles.filter(({ baseDefinition = '' }) => typeUrls.includes(baseDefinition));
  return compileProfiles(typeProfiles, claimable, createCompileContext(core, ownDefinitions));
}

/** Creates the dependencies of the adapter's profiles: R4, the adapter's extensions, and the codes of both. */
export function createCompileContext(
  core: readonly DefinitionResource[],
  ownDefinitions: readonly DefinitionResource[],
): CompileContext {
  const extensions = ownDefinitions.filter(isStructureDefinition).filter(({ type }) => type === 'Extension');
  return {
    findBase: createBaseLookup(core),
    extensions: new Map(extensions.map((extension) => [extension.url, extension])),
    expand: createExpander([...core, ...ownDefinitions]),
  };
}

function createBaseLookup(core: readonly DefinitionResource[]): (type: string) => StructureDefinition {
  const definitions = new Map(
    core.filter(isStructureDefinition).map((definition) => [definition.url, definition]),
  );
  return (type) => {
    const definition = definitions.get(`http://hl7.org/fhir/StructureDefinition/${type}`);
    if (!definition) throw new Error(`FHIR R4 has no definition of ${type}.`);
    return definition;
  };
}
