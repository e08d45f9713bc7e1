/**
 * Registry exports of the demo cohort, validated against the official schemas: the PRS XSDs, the EudraCT XSD, and the
 * Study schema of the ClinicalTrials.gov API v2, closed to unknown properties.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import * as formats from 'ajv-formats';
import { load } from 'js-yaml';
import { validateXML } from 'xmllint-wasm';
import { ctgovAeXml, ctgovJson, ctgovXml } from '../src/exports/ctgov/ctgov.ts';
import { eudractAeXml } from '../src/exports/eudract/eudract.ts';
import type { ExportFormat, StudyInput } from '../src/exports/export-format.ts';
import { buildDemoStudy } from '../test/exports/demo-study.ts';
import { COMPLETE_REGISTRY } from '../test/exports/registry-results/complete-registry.ts';
import type { CaseResult, ConformanceSuite } from './case-result.ts';

/** Checks an export; resolves to the faults as text, null where it is valid. */
type ContentCheck = (content: string) => Promise<string | null>;

/** Collects the export's text, without its trace file. */
async function collectExportText(format: ExportFormat, input: StudyInput): Promise<string> {
  let content = '';
  for await (const chunk of format.write(input)) {
    if (!chunk.file.endsWith('.trace.json')) content += String(chunk.content);
  }
  return content;
}

function createXsdCheck(path: string, schema: string, imported: readonly string[]): ContentCheck {
  const read = (file: string) => ({
    fileName: file.split('/').at(-1) ?? file,
    contents: readFileSync(join(path, file), 'utf8'),
  });
  return async (contents) => {
    const { valid, errors } = await validateXML({
      xml: [{ fileName: 'export.xml', contents }],
      schema: [read(schema)],
      preload: imported.map(read),
    });
    return valid ? null : errors.map(({ message }) => message).join('; ');
  };
}

/** Forbids unknown properties in every object schema that declares properties. */
function forbidUnknownProperties(schema: unknown): void {
  if (typeof schema !== 'object' || schema === null) return;
  if ('properties' in schema) Object.assign(schema, { additionalProperties: false });
  for (const value of Object.values(schema)) forbidUnknownProperties(value);
}

function createStudySchemaCheck(path: string): ContentCheck {
  const api = load(readFileSync(join(path, 'ctgov/ctg-oas-v2.0.3.yaml'), 'utf8')) as { components: object };
  forbidUnknownProperties(api.components);
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default.default(ajv);
  const validate = ajv.compile({ $ref: '#/components/schemas/Study', components: api.components });
  return async (content) =>
    validate(JSON.parse(content)) ? null : ajv.errorsText(validate.errors, { separator: '; ' });
}

async function checkExport(
  format: ExportFormat,
  input: StudyInput,
  kind: string,
  check: ContentCheck,
): Promise<CaseResult> {
  const note = await check(await collectExportText(format, input));
  return { name: `${format.id}, ${kind}`, passed: note === null, note, knownMiss: false };
}

/** Checks the golden file of a format. The golden study has cases that the cohort lacks, such as several countries. */
async function checkGolden({ id }: ExportFormat, check: ContentCheck, file: string): Promise<CaseResult> {
  const path = join(import.meta.dirname, '../test/golden/exports', id, file);
  const note = await check(readFileSync(path, 'utf8'));
  return { name: `${id}, golden`, passed: note === null, note, knownMiss: false };
}

/** Checks that a check can fail; otherwise a pass means nothing. */
async function checkRefusal(name: string, content: string, check: ContentCheck): Promise<CaseResult> {
  const passed = (await check(content)) !== null;
  return { name: `${name} refuses an invalid export`, passed, note: null, knownMiss: false };
}

async function runRegistrySchemas(path: string): Promise<CaseResult[]> {
  const prs = createXsdCheck(path, 'ctgov/ProtocolRecordSchema.xsd', ['ctgov/RRSUploadSchema.xsd']);
  const eudract = createXsdCheck(path, 'eudract/adverseEvents.xsd', []);
  const study = createStudySchemaCheck(path);
  const cohort = buildDemoStudy();
  const file = join(import.meta.dirname, '../mappings/studies/msc-aa/registry.json');
  const bundledRegistry: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const percentageRegistry = {
    ...COMPLETE_REGISTRY,
    results: { ...COMPLETE_REGISTRY.results, responseRate: 'percentage' },
  };
  const inputs = [
    ['complete', { ...cohort, registry: COMPLETE_REGISTRY }],
    ['rates as percentages', { ...cohort, registry: percentageRegistry }],
    ['draft of the bundled study', { ...cohort, registry: bundledRegistry, draft: true }],
  ] as const;
  const checks = [
    [ctgovXml, prs],
    [ctgovAeXml, prs],
    [ctgovJson, study],
    [eudractAeXml, eudract],
  ] as const;
  const results: CaseResult[] = [];
  for (const [kind, input] of inputs)
    for (const [format, check] of checks) results.push(await checkExport(format, input, kind, check));
  for (const [format, check, file] of [
    [ctgovXml, prs, 'ctgov.xml'],
    [ctgovJson, study, 'ctgov.json'],
  ] as const)
    results.push(await checkGolden(format, check, file));
  const complete = inputs[0][1];
  const full = await collectExportText(ctgovXml, complete);
  results.push(await checkRefusal('PRS XSD', full.replace('measureType>', 'measureKind>'), prs));
  results.push(await checkRefusal('Study schema', '{"protocolSection":{"unknown":1}}', study));
  const events = await collectExportText(eudractAeXml, complete);
  results.push(await checkRefusal('EudraCT XSD', events.replaceAll('eutctId', 'id'), eudract));
  return results;
}

export const registrySuite: ConformanceSuite = {
  name: 'registry exports',
  folder: 'schemas',
  run: runRegistrySchemas,
};
