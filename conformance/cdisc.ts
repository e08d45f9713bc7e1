import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2019, type ValidateFunction } from 'ajv/dist/2019.js';
import { validateXML, type XMLFileInfo } from 'xmllint-wasm';
import { adam } from '../src/exports/cdisc/adam.ts';
import { sdtm } from '../src/exports/cdisc/sdtm.ts';
import type { ExportFormat, StudyInput } from '../src/exports/format.ts';
import { odm } from '../src/exports/odm/odm.ts';
import { demoStudy } from '../test/exports/cohort.ts';
import type { CaseResult } from './case.ts';

export const name = 'CDISC exports';
export const folder = 'schemas';

/** An export's files, by their name. */
async function filesOf(format: ExportFormat, input: StudyInput): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string[]>();
  for await (const { file, content } of format.write(input)) {
    const pieces = files.get(file) ?? [];
    files.set(file, pieces);
    pieces.push(typeof content === 'string' ? content : Buffer.from(content).toString('utf8'));
  }
  return new Map([...files].map(([file, pieces]) => [file, pieces.join('')]));
}

function passes(title: string, passed: boolean, note: string): CaseResult {
  return { name: title, passed, note: passed ? null : note, knownMiss: false };
}

/** Schema files of a folder and its folders; where one schema names another by a path, the path is cut to its end. */
async function schemasIn(path: string): Promise<XMLFileInfo[]> {
  const entries = await readdir(path, { recursive: true });
  const files = entries.filter((entry) => entry.endsWith('.xsd'));
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(path, file), 'utf8');
      const contents = text.replace(/schemaLocation="(?:[^"]*\/)?([^"/]+)"/g, 'schemaLocation="$1"');
      return { fileName: file.split('/').at(-1) ?? file, contents };
    }),
  );
}

/** In pages of 64 KiB: the clinical data of the cohort do not fit into what the validator takes by itself. */
const MEMORY = { initialMemoryPages: 4_096, maxMemoryPages: 32_768 };

async function xmlCase(
  title: string,
  contents: string,
  schemas: readonly XMLFileInfo[],
  root: string,
): Promise<CaseResult> {
  const schema = schemas.filter(({ fileName }) => fileName === root);
  const preload = schemas.filter(({ fileName }) => fileName !== root);
  const xml = [{ fileName: 'export.xml', contents }];
  const { valid, errors } = await validateXML({ xml, schema, preload, ...MEMORY });
  return passes(
    title,
    valid,
    errors
      .slice(0, 5)
      .map(({ message }) => message)
      .join('; '),
  );
}

function datasetCases(files: ReadonlyMap<string, string>, validate: ValidateFunction): CaseResult[] {
  const datasets = [...files].filter(([file]) => file.endsWith('.json'));
  return datasets.map(([file, text]) => {
    const good = validate(JSON.parse(text));
    return passes(file, good, JSON.stringify(validate.errors?.slice(0, 3)));
  });
}

const golden = (file: string): Promise<string> =>
  readFile(join(import.meta.dirname, '../test/golden/exports', file), 'utf8');

export async function run(path: string): Promise<CaseResult[]> {
  const input = demoStudy();
  const schema: unknown = JSON.parse(
    await readFile(join(path, 'cdisc/dataset-json/dataset.schema.json'), 'utf8'),
  );
  const validate = new Ajv2019({ strict: false }).compile(schema as object);
  const define = await schemasIn(join(path, 'cdisc/define-2.1/schema'));
  const exchange = await schemasIn(join(path, 'cdisc/odm-1.3.2'));
  const tabulation = await filesOf(sdtm, input);
  const xml = tabulation.get('sdtm/define.xml') ?? '';
  const clinical = (await filesOf(odm, input)).get('odm/odm.xml') ?? '';
  return [
    ...datasetCases(tabulation, validate),
    ...datasetCases(await filesOf(adam, input), validate),
    await xmlCase('sdtm/define.xml', xml, define, 'define2-1-0.xsd'),
    await xmlCase('odm/odm.xml', clinical, exchange, 'ODM1-3-2.xsd'),
    // The small study has what the cohort lacks: several races, partial dates, a withdrawal.
    await xmlCase('golden define.xml', await golden('sdtm/sdtm/define.xml'), define, 'define2-1-0.xsd'),
    await xmlCase('golden odm.xml', await golden('odm/odm/odm.xml'), exchange, 'ODM1-3-2.xsd'),
    ...(await refusals(xml, clinical, define, exchange)),
  ];
}

/** That the schemas are applied at all: a file with an element of no schema must not pass. */
async function refusals(
  xml: string,
  clinical: string,
  define: readonly XMLFileInfo[],
  exchange: readonly XMLFileInfo[],
): Promise<CaseResult[]> {
  const broken = (text: string) => text.replace(/<\/MetaDataVersion>/, '<Stray/></MetaDataVersion>');
  const results = [
    await xmlCase('a define.xml with a stray element is refused', broken(xml), define, 'define2-1-0.xsd'),
    await xmlCase('an ODM file with a stray element is refused', broken(clinical), exchange, 'ODM1-3-2.xsd'),
  ];
  return results.map(({ name: title, passed }) => passes(title, !passed, 'it passes'));
}
