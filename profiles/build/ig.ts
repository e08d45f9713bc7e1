/** `npm run ig`: builds the profiles from FSH and packs them; with `--check` says whether what is checked in is current. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { BASE } from '../../src/fhir/canonical.ts';
import { BUILT, type Built, build, MAPPINGS, packageVersion, ROOT, RULES } from './build.ts';
import { fhirPackage } from './package.ts';
import type { Json } from './resource.ts';
import { conceptMaps } from './value-sets.ts';

function checkedIn(): ReadonlyMap<string, string> {
  const names = existsSync(BUILT) ? readdirSync(BUILT) : [];
  return new Map(names.map((name) => [name, readFileSync(join(BUILT, name), 'utf8')]));
}

/** The files that are not what the build makes of the sources. */
function stale({ files, rules }: Built): readonly string[] {
  const now = checkedIn();
  const names = new Set([...now.keys(), ...files.keys()]);
  const wrong = [...names]
    .filter((name) => now.get(name) !== files.get(name))
    .map((name) => join(BUILT, name));
  const same = existsSync(RULES) && readFileSync(RULES, 'utf8') === rules;
  return [...wrong, ...(same ? [] : [RULES])].map((file) => relative(ROOT, file));
}

function write({ files, rules }: Built): void {
  rmSync(BUILT, { recursive: true, force: true });
  mkdirSync(BUILT, { recursive: true });
  for (const [name, text] of files) writeFileSync(join(BUILT, name), text);
  writeFileSync(RULES, rules);
}

/** Returns the package's file. The ConceptMaps go into it as they are in mappings/. */
function pack({ files }: Built): string {
  const version = packageVersion();
  const maps = conceptMaps(MAPPINGS).map((map): [string, Json] => [`ConceptMap-${map.id}.json`, map]);
  const ours = [...files].map(([name, text]): [string, Json] => [name, JSON.parse(text) as Json]);
  const out = join(ROOT, 'out', `fhir-trial-adapter-${version}.tgz`);
  mkdirSync(join(ROOT, 'out'), { recursive: true });
  writeFileSync(out, fhirPackage(new Map([...ours, ...maps]), version, BASE));
  return out;
}

const built = build();
const changed = stale(built);
if (process.argv.includes('--check')) {
  for (const file of changed) console.error(`not current: ${file}. Run npm run ig and check it in.`);
  console.log(`profiles: ${built.files.size} built, ${changed.length} not current`);
  process.exitCode = changed.length > 0 ? 1 : 0;
} else {
  write(built);
  for (const file of changed) console.log(`changed: ${file}`);
  console.log(`profiles: ${built.files.size} built, packed as ${relative(ROOT, pack(built))}`);
}
