import { gzipSync } from 'node:zlib';
import type { Json } from './resource.ts';
import { tarOf } from './tar.ts';

const NAME = 'fhir-trial-adapter.profiles';

function indexEntry(filename: string, resource: Json): unknown {
  const { resourceType, id, url, version, kind, type } = resource;
  return { filename, resourceType, id, url, version, kind, type };
}

function manifest(version: string, canonical: string): unknown {
  return {
    name: NAME,
    version,
    description: 'Profiles, code systems and maps of the FHIR trial adapter',
    author: 'FHIR trial adapter',
    license: 'Apache-2.0',
    type: 'IG',
    canonical,
    url: canonical,
    fhirVersions: ['4.0.1'],
    dependencies: { 'hl7.fhir.r4.core': '4.0.1' },
    directories: { lib: 'package', example: 'example' },
  };
}

const text = (json: unknown): string => `${JSON.stringify(json, null, 2)}\n`;

/** Instances of our profiles are examples: everything that has no canonical of its own. */
const isExample = (resource: Json): boolean => resource.url === undefined;

/**
 * An npm-style FHIR package (confluence.hl7.org, "NPM Package Specification"): package/package.json, .index.json, the
 * definitions, and the examples below package/example. The same files give the same bytes.
 */
export function fhirPackage(
  resources: ReadonlyMap<string, Json>,
  version: string,
  canonical: string,
): Buffer {
  const all = [...resources].sort(([a], [b]) => (a < b ? -1 : 1));
  const files = new Map([['package/package.json', text(manifest(version, canonical))]]);
  const folders: [string, (resource: Json) => boolean][] = [
    ['package', (resource) => !isExample(resource)],
    ['package/example', isExample],
  ];
  for (const [folder, belongs] of folders) {
    const here = all.filter(([, resource]) => belongs(resource));
    const index = here.map(([file, resource]) => indexEntry(file, resource));
    files.set(`${folder}/.index.json`, text({ 'index-version': 2, files: index }));
    for (const [file, resource] of here) files.set(`${folder}/${file}`, text(resource));
  }
  return gzipSync(tarOf(files), { level: 9 });
}
