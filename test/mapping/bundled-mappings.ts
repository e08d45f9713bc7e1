import { readdirSync, readFileSync } from 'node:fs';
import { parseJson } from '../../src/fhir/lossless-json.ts';
import type { MappingFile } from '../../src/mapping/codes/concept-map.ts';
import type { MappingFiles } from '../../src/mapping/compile-mappings.ts';
import { createMapper, type Mapper } from '../../src/mapping/mapper.ts';

const REPOSITORY = new URL('../../', import.meta.url);

/** Reads a JSON file of the repository, keeping the digits of its numbers. */
export function readRepositoryJson(path: string): unknown {
  return parseJson(readFileSync(new URL(path, REPOSITORY), 'utf8'));
}

function readMappingFiles(folder: string): MappingFile[] {
  return readdirSync(new URL(`mappings/${folder}/`, REPOSITORY))
    .filter((name) => name.endsWith('.json') && !name.endsWith('.cases.json'))
    .sort()
    .map((name) => `mappings/${folder}/${name}`)
    .map((file) => ({ file, json: readRepositoryJson(file) }));
}

/** Reads the repository's general mapping files, with overrides for a test. */
export function readBundledParts(overrides: Partial<MappingFiles> = {}): MappingFiles {
  return {
    views: readMappingFiles('views'),
    concepts: readMappingFiles('concepts'),
    units: readMappingFiles('units'),
    site: [],
    ...overrides,
  };
}

export const createBundledMapper = (): Mapper => createMapper(readBundledParts());
