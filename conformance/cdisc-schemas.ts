import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2019, type ValidateFunction } from 'ajv/dist/2019.js';
import { validateXML, type XMLFileInfo } from 'xmllint-wasm';
import { adam } from '../src/exports/adam/adam.ts';
import type { ExportFormat, StudyInput } from '../src/exports/export-format.ts';
import { odm } from '../src/exports/odm/odm.ts';
import { sdtm } from '../src/exports/sdtm/sdtm.ts';
import { buildDemoStudy } from '../test/exports/demo-study.ts';
import type { CaseResult, ConformanceSuite } from './case-result.ts';

/** Collects the text of an export's files, by file name. */
async function collectExportFiles(
  format: ExportFormat,
  input: StudyInput,
): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string[]>();
  for await (const { file, content } of format.write(input)) {
    const contents = files.get(file) ?? [];
    files.set(file, contents);
    contents.push(typeof content === 'string' ? content : Buffer.from(content).toString('utf8'));
  }
  return new Map([...files].map(([file, contents]) => [file, contents.join('')]));
}

function toCaseResult(title: string, passed: boolean, note: string): CaseResult {
  return { name: title, passed, note: passed ? null : note, knownMiss: false };
}

/** Reads the schemas of a folder and its subfolders. A schemaLocation is shortened to its file name. */
async function readSchemas(path: string): Promise<XMLFileInfo[]> {
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

/** In pages of 64 KiB. The clinical data of the cohort do not fit into the validator's default memory. */
const VALIDATOR_MEMORY = { initialMemoryPages: 4_096, maxMemoryPages: 32_768 };

async function checkXml(
  title: string,
  contents: string,
  schemas: readonly XMLFileInfo[],
  root: string,
): Promise<CaseResult> {
  const schema = schemas.filter(({ fileName }) => fileName === root);
  const preload = schemas.filter(({ fileName }) => fileName !== root);
  const xml = [{ fileName: 'export.xml', contents }];
  const { valid, errors } = await validateXML({ xml, schema, preload, ...VALIDATOR_MEMORY });
  return toCaseResult(
    title,
    valid,
    errors
      .slice(0, 5)
      .map(({ message }) => message)
      .join('; '),
  );
}

function checkDatasets(files: ReadonlyMap<string, string>, validate: ValidateFunction): CaseResult[] {
  const datasets = [...files].filter(([file]) => file.endsWith('.json'));
  return datasets.map(([file, text]) => {
    const isValid = validate(JSON.parse(text));
    return toCaseResult(file, isValid, JSON.stringify(validate.errors?.slice(0, 3)));
  });
}

const readGolden = (file: string): Promise<string> =>
  readFile(join(import.meta.dirname, '../test/golden/exports', file), 'utf8');

async function runCdiscSchemas(path: string): Promise<CaseResult[]> {
  const input = buildDemoStudy();
  const schema: unknown = JSON.parse(
    await readFile(join(path, 'cdisc/dataset-json/dataset.schema.json'), 'utf8'),
  );
  const validate = new Ajv2019({ strict: false }).compile(schema as object);
  const define = await readSchemas(join(path, 'cdisc/define-2.1/schema'));
  const exchange = await readSchemas(join(path, 'cdisc/odm-1.3.2'));
  const tabulation = await collectExportFiles(sdtm, input);
  const xml = tabulation.get('sdtm/define.xml') ?? '';
  const clinical = (await collectExportFiles(odm, input)).get('odm/odm.xml') ?? '';
  return [
    ...checkDatasets(tabulation, validate),
    ...checkDatasets(await collectExportFiles(adam, input), validate),
    await checkXml('sdtm/define.xml', xml, define, 'define2-1-0.xsd'),
    await checkXml('odm/odm.xml', clinical, exchange, 'ODM1-3-2.xsd'),
    // The golden study has cases that the cohort lacks: several races, partial dates, a withdrawal.
    await checkXml('golden define.xml', await readGolden('sdtm/sdtm/define.xml'), define, 'define2-1-0.xsd'),
    await checkXml('golden odm.xml', await readGolden('odm/odm/odm.xml'), exchange, 'ODM1-3-2.xsd'),
    ...(await checkRefusals(xml, clinical, define, exchange)),
  ];
}

/** Checks that the schemas are applied at all: a file with an element that no schema defines must be refused. */
async function checkRefusals(
  xml: string,
  clinical: string,
  define: readonly XMLFileInfo[],
  exchange: readonly XMLFileInfo[],
): Promise<CaseResult[]> {
  const addStrayElement = (text: string) => text.replace(/<\/MetaDataVersion>/, '<Stray/></MetaDataVersion>');
  const results = [
    await checkXml(
      'a define.xml with a stray element is refused',
      addStrayElement(xml),
      define,
      'define2-1-0.xsd',
    ),
    await checkXml(
      'an ODM file with a stray element is refused',
      addStrayElement(clinical),
      exchange,
      'ODM1-3-2.xsd',
    ),
  ];
  return results.map(({ name, passed }) => toCaseResult(name, !passed, 'it passes'));
}

export const cdiscSuite: ConformanceSuite = {
  name: 'CDISC exports',
  folder: 'schemas',
  run: runCdiscSchemas,
};
