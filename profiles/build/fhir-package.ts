import { gzipSync } from 'node:zlib';
import type { DefinitionResource } from './definition-resource.ts';
import { buildTar } from './tar.ts';

const PACKAGE_NAME = 'fhir-trial-adapter.profiles';

function buildIndexEntry(filename: string, resource: DefinitionResource): unknown {
  const { resourceType, id, url, version, kind, type } = resource;
  return { filename, resourceType, id, url, version, kind, type };
}

function buildManifest(version: string, canonical: string): unknown {
  return {
    name: PACKAGE_NAME,
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

const formatJson = (json: unknown): string => `${JSON.stringify(json, null, 2)}\n`;

/** Whether the resource is an example, that is, an instance of a profile without a canonical of its own. */
const isExample = (resource: DefinitionResource): boolean => resource.url === undefined;

/**
 * Builds an npm-style FHIR package (confluence.hl7.org, "NPM Package Specification"): package/package.json, .index.json,
 * the definitions, and the examples below package/example. The same files yield the same bytes.
 */
export function buildFhirPackage(
  resources: ReadonlyMap<string, DefinitionResource>,
  version: string,
  canonical: string,
): Buffer {
  const sorted = [...resources].sort(([a], [b]) => (a < b ? -1 : 1));
  const files = new Map([['package/package.json', formatJson(buildManifest(version, canonical))]]);
  const folders: [string, (resource: DefinitionResource) => boolean][] = [
    ['package', (resource) => !isExample(resource)],
    ['package/example', isExample],
  ];
  for (const [folder, belongs] of folders) {
    const members = sorted.filter(([, resource]) => belongs(resource));
    const index = members.map(([file, resource]) => buildIndexEntry(file, resource));
    files.set(`${folder}/.index.json`, formatJson({ 'index-version': 2, files: index }));
    for (const [file, resource] of members) files.set(`${folder}/${file}`, formatJson(resource));
  }
  return gzipSync(buildTar(files), { level: 9 });
}
