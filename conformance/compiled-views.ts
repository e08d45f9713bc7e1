/**
 * The compiled views against the FHIRPath engine, which evaluates the same views by itself: on the public suite, on every
 * public sample with every view of the adapter, and on generated pairs of a view and a resource.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseJson } from '../src/fhir/lossless-json.ts';
import { isObject, type Resource } from '../src/fhir/resource.ts';
import {
  compileTwice,
  type EvaluatorPair,
  findEvaluatorDifference,
} from '../test/mapping/views/compare-evaluators.ts';
import { createDraw, type Draw } from '../test/mapping/views/draw.ts';
import { DRAWN_RESOURCE_TYPES, drawResource } from '../test/mapping/views/draw-resource.ts';
import { drawView } from '../test/mapping/views/draw-view.ts';
import type { CaseResult, ConformanceSuite } from './case-result.ts';

const PAIRS = Number(process.env.VIEW_PAIRS ?? 100_000);
const SEED = Number(process.env.VIEW_SEED ?? 1);
/** Parsing a view takes longer than reading a resource. */
const RESOURCES_PER_VIEW = 200;

function listFiles(folder: string, endings: RegExp): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => endings.test(file))
    .sort()
    .map((file) => join(folder, file));
}

const isResource = (value: unknown): value is Resource =>
  isObject(value) && typeof value.resourceType === 'string';

/** Reads the resources of a file: those of a Bundle one by one. */
function readResources(file: string): Resource[] {
  const text = readFileSync(file, 'utf8');
  const documents = file.endsWith('.ndjson') ? text.split('\n').filter(Boolean) : [text];
  return documents.map(parseJson).filter(isResource).flatMap(listEntries);
}

function listEntries(resource: Resource): Resource[] {
  const entries: readonly unknown[] = Array.isArray(resource.entry) ? resource.entry : [];
  const inEntries = entries.map((entry) => (isObject(entry) ? entry.resource : null)).filter(isResource);
  return [resource, ...inEntries];
}

/** Compares what both evaluators say about all pairs; the note counts them, or shows the first difference. */
function comparePairs(name: string, pairs: Iterable<readonly [EvaluatorPair, Resource]>): CaseResult {
  let pairCount = 0;
  let rowCount = 0;
  for (const [pair, resource] of pairs) {
    const difference = findEvaluatorDifference(pair, resource);
    if (difference.text !== null)
      return {
        name,
        passed: false,
        note: `${JSON.stringify(resource)}\n${difference.text}`,
        knownMiss: false,
      };
    pairCount += 1;
    rowCount += difference.rowCount;
  }
  return { name, passed: true, note: `${pairCount} pairs, ${rowCount} rows`, knownMiss: false };
}

/** The cases of the public suite with the resources of their file. */
function* listSuitePairs(folder: string): Generator<readonly [EvaluatorPair, Resource]> {
  for (const file of listFiles(folder, /\.json$/)) {
    const { tests, resources } = parseJson(readFileSync(file, 'utf8')) as {
      readonly tests: readonly { readonly view: unknown }[];
      readonly resources: readonly Resource[];
    };
    const views = tests.flatMap(({ view }) => compileTwice(view) ?? []);
    for (const view of views) for (const resource of resources) yield [view, resource];
  }
}

/** Every view of the adapter with every sample of its resource type. */
function* listSamplePairs(folder: string): Generator<readonly [EvaluatorPair, Resource]> {
  const mappings = join(import.meta.dirname, '../mappings');
  const views = listFiles(mappings, /views\/[^/]+(?<!\.cases)\.json$/).flatMap(
    (file) => compileTwice(parseJson(readFileSync(file, 'utf8'))) ?? [],
  );
  for (const file of listFiles(folder, /\.(json|ndjson)$/))
    for (const resource of readResources(file))
      for (const view of views) if (view.compiled.resource === resource.resourceType) yield [view, resource];
}

/** Resources of each type, of which every view reads some: drawing one takes longer than reading it. */
const RESOURCES_PER_TYPE = 1_000;

const drawResources = (type: string): readonly Resource[] =>
  fc
    .sample(fc.gen(), { numRuns: RESOURCES_PER_TYPE, seed: SEED })
    .map((generate) => drawResource(createDraw(generate), type));

function* drawPairs(
  draw: Draw,
  resources: ReadonlyMap<string, readonly Resource[]>,
): Generator<readonly [EvaluatorPair, Resource]> {
  const type = draw.pick(DRAWN_RESOURCE_TYPES);
  const pair = compileTwice(drawView(draw, type));
  const first = draw.count(0, RESOURCES_PER_TYPE - RESOURCES_PER_VIEW);
  const ofType = resources.get(type) ?? [];
  if (pair) for (const resource of ofType.slice(first, first + RESOURCES_PER_VIEW)) yield [pair, resource];
}

function* listDrawnPairs(): Generator<readonly [EvaluatorPair, Resource]> {
  const resources = new Map(DRAWN_RESOURCE_TYPES.map((type) => [type, drawResources(type)]));
  let count = 0;
  // Some views are refused, so others are drawn until there are enough pairs.
  for (let seed = SEED; count < PAIRS; seed++) {
    const [generate] = fc.sample(fc.gen(), { numRuns: 1, seed });
    if (!generate) throw new Error('Nothing was drawn.');
    for (const pair of drawPairs(createDraw(generate), resources)) {
      yield pair;
      count += 1;
    }
  }
}

/** Compares both evaluators. */
async function compareEvaluators(shared: string): Promise<CaseResult[]> {
  return [
    comparePairs('the public suite', listSuitePairs(join(shared, 'suites/sql-on-fhir'))),
    comparePairs('public samples', listSamplePairs(join(shared, 'samples'))),
    comparePairs(`generated pairs, seed ${SEED}`, listDrawnPairs()),
  ];
}

export const compiledViewsSuite: ConformanceSuite = {
  name: 'Compiled views against the FHIRPath engine',
  folder: '.',
  run: compareEvaluators,
};
