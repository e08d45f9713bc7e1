/**
 * The official examples of the HL7 adverse event research backport for R4. Inbound validation must accept each, with and
 * without its profile claim, and each must become an adverse event.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../src/config.ts';
import { parseJson } from '../src/fhir/lossless-json.ts';
import { isObject } from '../src/fhir/resource.ts';
import { type Library, readLibrary } from '../src/library.ts';
import type { CaseResult, ConformanceSuite } from './case-result.ts';

const MAPPING_CONTEXT = { subject: 'S-1', site: 'sample', timeZone: 'UTC', resolve: () => undefined };

/** Returns why the example fails; null where it is accepted and becomes an adverse event. */
function findFault({ validate, mapper }: Library, tree: unknown): string | null {
  const checked = validate(tree);
  if ('issues' in checked) {
    return `refused: ${checked.issues.map(({ expression, diagnostics }) => `${expression}: ${diagnostics}`).join(' ')}`;
  }
  const { facts, work } = mapper.map(checked.resource, MAPPING_CONTEXT);
  if (facts.some(({ kind }) => kind === 'adverse-event')) return null;
  return `no adverse event: ${work.map(({ detail }) => detail).join(' ')}`;
}

function removeProfileClaim(tree: unknown): unknown {
  if (!isObject(tree)) return tree;
  const { meta: _meta, ...rest } = tree;
  return rest;
}

async function runAdverseEventExamples(path: string): Promise<CaseResult[]> {
  const library = readLibrary(loadConfig({}, {}));
  const files = readdirSync(path).filter((file) => file.startsWith('AdverseEvent-'));
  return files.sort().flatMap((file) => {
    const tree = parseJson(readFileSync(join(path, file), 'utf8'));
    return [tree, removeProfileClaim(tree)].map((resource, index) => {
      const note = findFault(library, resource);
      const title = `${file}${index === 0 ? '' : ', without its profile claim'}`;
      return { name: title, passed: note === null, note, knownMiss: false };
    });
  });
}

export const adverseEventSuite: ConformanceSuite = {
  name: 'Adverse events, HL7 research backport',
  folder: 'samples/ae-research-r4',
  run: runAdverseEventExamples,
};
