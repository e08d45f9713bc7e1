import { readdirSync, readFileSync } from 'node:fs';
import { parseJson } from '../../src/fhir/lossless-json.ts';
import type { MappingFile } from '../../src/mapping/codes/concept-map.ts';
import type { MappingFiles } from '../../src/mapping/compile-mappings.ts';
import { createMapper, type Mapper } from '../../src/mapping/mapper.ts';

const REPOSITORY = new URL('../../', import.meta.url);

/** A JSON file of the repository with the digits of its numbers. */
export function readRepositoryJson(path: string): unknown {
  return parseJson(readFileSync(new URL(path, REPOSITORY), 'utf8'));
}

function readParts(name: string): MappingFile[] {
  const files = readdirSync(new URL(`mappings/${name}/`, REPOSITORY)).filter(
    (f) => f.endsWith('.json') && !f.endsWith('.cases.json'),
  );
  return files
    .sort()
    .map((f) => ({ file: `mappings/${name}/${f}`, json: readRepositoryJson(`mappings/${name}/${f}`) }));
}

/** The repository's own mapping library, with whatever a test wants to differ. */
export function readBundledParts(other: Partial<MappingFiles> = {}): MappingFiles {
  return {
    views: readParts('views'),
    concepts: readParts('concepts'),
    units: readParts('units'),
    site: [],
    ...other,
  };
}

export const createBundledMapper = (): Mapper => createMapper(readBundledParts());
