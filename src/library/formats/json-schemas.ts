import { z } from 'zod';
import { criteriaSetSchema } from './criteria-set-schema.ts';
import { protocolSchema } from './protocol-schema.ts';

const BASE = 'https://fhir-trial-adapter.example/schemas/';

/** The largest integer that zod allows, which is of no use to a reader of the schema. */
const LARGEST_NUMBER = Number.MAX_SAFE_INTEGER;

function generateSchema(name: string, schema: z.ZodType): object {
  const { $schema, title, description, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-2020-12',
    override: ({ jsonSchema }) => {
      if (jsonSchema.maximum === LARGEST_NUMBER) delete jsonSchema.maximum;
    },
  });
  return { $schema, $id: `${BASE}${name}`, title, description, ...rest };
}

/**
 * Generates the published JSON Schemas (draft 2020-12) of the file formats, by file name. Editors use them; `mappings/`
 * contains them as files, which `npm run schemas` writes.
 */
export function generateJsonSchemas(): ReadonlyMap<string, object> {
  return new Map(
    Object.entries({
      'criteria.schema.json': criteriaSetSchema,
      'protocol.schema.json': protocolSchema,
    }).map(([name, schema]) => [name, generateSchema(name, schema)]),
  );
}
