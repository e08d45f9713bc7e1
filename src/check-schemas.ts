import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from './config.ts';
import { parseJson } from './fhir/lossless-json.ts';

/** What a published JSON Schema says against a file: the file, the JSON pointer, what, and what to do. */
export interface SchemaProblem {
  readonly file: string;
  readonly at: string;
  readonly message: string;
  readonly fix: string;
}

/** Which files have which shape, relative to the mappings folder. */
const SCHEMA_BY_FILES = [
  ['criteria.schema.json', 'criteria/*.json'],
  ['criteria.schema.json', 'studies/*/criteria/*.json'],
  ['protocol.schema.json', 'studies/*/protocol.json'],
] as const;

function parseFile(path: string): unknown {
  try {
    return parseJson(readFileSync(path, 'utf8'));
  } catch {
    // That a file is no JSON is said by the library.
    return undefined;
  }
}

/**
 * Holds criteria sets and protocols against the JSON Schemas beside them (draft 2020-12), which editors and others use
 * too. The library's own reading stays the authority: this says where the published shape and a file part ways.
 */
export async function findSchemaProblems(
  config: Pick<Config, 'mappingsDir'>,
): Promise<readonly SchemaProblem[]> {
  // Loaded here: only `check` needs it, and the service shall not wait for it at its start.
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const ajv = new Ajv2020({ strict: true, strictRequired: false });
  return SCHEMA_BY_FILES.flatMap(([schema, pattern]) => {
    const path = join(config.mappingsDir, schema);
    if (!existsSync(path)) return [];
    const shape = JSON.parse(readFileSync(path, 'utf8'));
    const validate = ajv.getSchema(shape.$id) ?? ajv.compile(shape);
    return globSync(pattern, { cwd: config.mappingsDir })
      .sort()
      .flatMap((file): readonly SchemaProblem[] => {
        const json = parseFile(join(config.mappingsDir, file));
        if (json === undefined || validate(json)) return [];
        const deepest = [...(validate.errors ?? [])].sort(
          (a, b) => b.instancePath.length - a.instancePath.length,
        );
        const { instancePath: at = '', message = 'has another shape' } = deepest[0] ?? {};
        return [{ file, at, message: `${message} (${schema})`, fix: `See ${schema}.` }];
      });
  });
}
