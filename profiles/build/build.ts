import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ProfileRules } from '../../src/fhir/profiles/rules.ts';
import { capabilityOf } from './capability.ts';
import { coreResources, writeCorePackage } from './core-package.ts';
import { isStructureDefinition, type StructureDefinition } from './definition.ts';
import { createExpand } from './expand.ts';
import { finished } from './finish.ts';
import { compileProfiles, type Ground } from './inbound-rules.ts';
import type { Json } from './resource.ts';
import { compileFsh } from './sushi.ts';
import { conceptMaps, valueSetsOf } from './value-sets.ts';

export const ROOT = resolve(import.meta.dirname, '../..');

/** Where what is built is checked in. */
export const BUILT = join(ROOT, 'profiles', 'built');
export const RULES = join(ROOT, 'profiles', 'inbound-rules.json');
export const MAPPINGS = join(ROOT, 'mappings');

/** Nothing outside the project is touched: this folder is what sushi takes for a home. */
const HOME = join(ROOT, 'node_modules', '.cache', 'fhir');

/** Everything that the build makes: the files below profiles/built, and the rules for the door. */
export interface Built {
  readonly files: ReadonlyMap<string, string>;
  readonly rules: string;
}

export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  return version;
}

export function build(): Built {
  const core = coreResources();
  const version = packageVersion();
  const made = valueSetsOf(conceptMaps(MAPPINGS), version);
  writeCorePackage(HOME, core);
  const compiled = compileFsh({
    source: join(ROOT, 'profiles'),
    work: join(ROOT, 'out', 'ig'),
    home: HOME,
    version,
    beside: made,
  });
  const ours = [...compiled, ...made];
  const rules = rulesOf(core, ours);
  return {
    files: finished([...ours, capabilityOf(rules, version)]),
    rules: `${JSON.stringify(rules, null, 1)}\n`,
  };
}

function rulesOf(core: readonly Json[], ours: readonly Json[]): ProfileRules {
  const profiles = ours
    .filter(isStructureDefinition)
    .filter(({ type }) => type !== 'Extension')
    .sort((a, b) => (a.url < b.url ? -1 : 1));
  const any = profiles.filter(({ id = '' }) => id.startsWith('inbound-'));
  const anyUrls = any.map(({ url }) => url);
  const claimed = profiles.filter(({ baseDefinition = '' }) => anyUrls.includes(baseDefinition));
  return compileProfiles(any, claimed, groundOf(core, ours));
}

/** What our profiles lean on: R4, our extensions, and the codes of both. */
export function groundOf(core: readonly Json[], ours: readonly Json[]): Ground {
  const extensions = ours.filter(isStructureDefinition).filter(({ type }) => type === 'Extension');
  return {
    baseOf: baseOf(core),
    extensions: new Map(extensions.map((each) => [each.url, each])),
    expand: createExpand([...core, ...ours]),
  };
}

function baseOf(core: readonly Json[]): (type: string) => StructureDefinition {
  const url = (type: string) => `http://hl7.org/fhir/StructureDefinition/${type}`;
  return (type) => {
    const found = core.find((each) => each.url === url(type) && isStructureDefinition(each));
    if (!found || !isStructureDefinition(found)) throw new Error(`R4 has no ${type}.`);
    return found;
  };
}
