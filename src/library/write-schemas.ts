import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateJsonSchemas } from './formats/json-schemas.ts';

/**
 * `npm run schemas`: writes the JSON Schemas of protocols and criteria sets into `mappings/`. With `--check` it writes
 * nothing, names the files that differ, and exits with 1 if there are any.
 */
const MAPPINGS = join(import.meta.dirname, '../../mappings');
const isCheck = process.argv.includes('--check');

for (const [name, schema] of generateJsonSchemas()) {
  const path = join(MAPPINGS, name);
  const text = `${JSON.stringify(schema, null, 2)}\n`;
  const isCurrent = existsSync(path) && readFileSync(path, 'utf8') === text;
  if (isCurrent) continue;
  if (isCheck) {
    process.stderr.write(`mappings/${name} is not current: run npm run schemas.\n`);
    process.exitCode = 1;
  } else writeFileSync(path, text);
}
