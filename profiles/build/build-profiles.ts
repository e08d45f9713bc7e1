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

/** Where what is built is checked in. */
export const BUILT_FOLDER = join(PROJECT_ROOT, 'profiles', 'built');
const INBOUND_RULES_FILE = join(PROJECT_ROOT, 'profiles', 'inbound-rules.json');
const R4_SHAPES_FILE = join(PROJECT_ROOT, 'src', 'fhir', 'validate', 'r4-shapes.json');
export const MAPPINGS_FOLDER = join(PROJECT_ROOT, 'mappings');

/** Nothing outside the project is touched: this folder is what sushi takes for a home. */
const FHIR_HOME = join(PROJECT_ROOT, 'node_modules', '.cache', 'fhir');

/** Everything that the build makes, as text. */
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

export function buildProfiles(): ProfileBuild {
  const core = readCoreResources();
  const version = readPackageVersion();
  const made = buildValueSets(readConceptMaps(MAPPINGS_FOLDER), version);
  writeCorePackage(FHIR_HOME, core);
  const compiled = compileFsh({
    source: join(PROJECT_ROOT, 'profiles'),
    workFolder: join(PROJECT_ROOT, 'out', 'ig'),
    home: FHIR_HOME,
    version,
    extraResources: made,
  });
  const ours = [...compiled, ...made];
  const rules = compileInboundRules(core, ours);
  return {
    definitions: formatDefinitions([...ours, buildPublishedCapability(rules, version)]),
    runtimeFiles: new Map([
      [INBOUND_RULES_FILE, `${JSON.stringify(rules, null, 1)}\n`],
      [R4_SHAPES_FILE, buildTypeShapes(core, createExpander(core))],
    ]),
  };
}

function compileInboundRules(
  core: readonly DefinitionResource[],
  ours: readonly DefinitionResource[],
): ProfileRules {
  const profiles = ours
    .filter(isStructureDefinition)
    .filter(({ type }) => type !== 'Extension')
    .sort((a, b) => (a.url < b.url ? -1 : 1));
  const any = profiles.filter(({ id = '' }) => id.startsWith('inbound-'));
  const anyUrls = any.map(({ url }) => url);
  const claimed = profiles.filter(({ baseDefinition = '' }) => anyUrls.includes(baseDefinition));
  return compileProfiles(any, claimed, createCompileContext(core, ours));
}

/** What our profiles lean on: R4, our extensions, and the codes of both. */
export function createCompileContext(
  core: readonly DefinitionResource[],
  ours: readonly DefinitionResource[],
): CompileContext {
  const extensions = ours.filter(isStructureDefinition).filter(({ type }) => type === 'Extension');
  return {
    findBase: createBaseLookup(core),
    extensions: new Map(extensions.map((each) => [each.url, each])),
    expand: createExpander([...core, ...ours]),
  };
}

function createBaseLookup(core: readonly DefinitionResource[]): (type: string) => StructureDefinition {
  const url = (type: string) => `http://hl7.org/fhir/StructureDefinition/${type}`;
  return (type) => {
    const found = core.find((each) => each.url === url(type) && isStructureDefinition(each));
    if (!found || !isStructureDefinition(found)) throw new Error(`R4 has no ${type}.`);
    return found;
  };
}
