import { readdirSync, readFileSync } from 'node:fs';
import { parseJson } from '../../src/fhir/json.ts';
import type { Part } from '../../src/mapping/concept-map.ts';
import type { MappingParts } from '../../src/mapping/library-parts.ts';
import { createMapper, type Mapper } from '../../src/mapping/mapper.ts';

const root = new URL('../../', import.meta.url);

/** A JSON file of the repository with the digits of its numbers. */
export function readJson(path: string): unknown {
  return parseJson(readFileSync(new URL(path, root), 'utf8'));
}

function folder(name: string): Part[] {
  const files = readdirSync(new URL(`mappings/${name}/`, root)).filter(
    (f) => f.endsWith('.json') && !f.endsWith('.cases.json'),
  );
  return files
    .sort()
    .map((f) => ({ file: `mappings/${name}/${f}`, json: readJson(`mappings/${name}/${f}`) }));
}

/** The repository's own mapping library, with whatever a test wants to differ. */
export function libraryParts(other: Partial<MappingParts> = {}): MappingParts {
  return {
    views: folder('views'),
    concepts: folder('concepts'),
    units: folder('units'),
    site: [],
    ...other,
  };
}

export const ownMapper = (): Mapper => createMapper(libraryParts());
