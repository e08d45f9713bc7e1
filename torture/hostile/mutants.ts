import type { Random } from '../../demo/cohort/seeded-random.ts';
import { buildSiteHeaders } from '../support/sent-resources.ts';
import { buildTreeRequest, HOSTILE_SITE, type HostileRequest } from './hostile-request.ts';
import { VALID_RESOURCES } from './valid-resources.ts';

type Tree = Record<string | number, unknown>;

/** A place in a tree: an object or list, and the name or index of a child. */
interface Place {
  readonly parent: Tree;
  readonly name: string | number;
}

/** Lists the places of a tree, down to a depth that no valid resource has. */
function listPlaces(value: unknown, places: Place[] = [], depth = 0): readonly Place[] {
  if (typeof value !== 'object' || value === null || depth > MOST_DEPTH) return places;
  for (const name of Object.keys(value)) {
    const parent = value as Tree;
    places.push({ parent, name: Array.isArray(value) ? Number(name) : name });
    listPlaces(parent[name], places, depth + 1);
  }
  return places;
}

const MOST_DEPTH = 200;

const pickOne = <T>(random: Random, list: readonly T[]): T => random.pick(list as readonly [T, ...T[]]);

/** A text by which an answer that repeats the input is recognised. */
export const MUTANT_SECRET = 'zqx-patient-9431-zqx';

/** Values that do not belong where they are put. */
const STRANGERS: readonly unknown[] = [
  null,
  true,
  -1,
  1e21,
  0.1,
  '',
  ' ',
  MUTANT_SECRET,
  `Patient/${MUTANT_SECRET}`,
  '9999-99-99',
  '2026-02-30T25:61:00Z',
  `${'a'.repeat(5_000)}${MUTANT_SECRET}`,
  '\u0000',
  '\ud800',
  'aaaa  '.repeat(200),
  '%s%n$7*7{{7*7}}',
  'urn:uuid:not-one',
  'http://127.0.0.1:1/x',
  [],
  [[]],
  {},
  [{}],
  [null],
  { reference: '#' },
  { reference: '#self', identifier: { system: 'urn:x', value: MUTANT_SECRET } },
  { extension: [{ url: MUTANT_SECRET }] },
  { resourceType: 'Observation' },
];

function nest(depth: number): unknown {
  let value: unknown = { url: 'urn:x', valueString: MUTANT_SECRET };
  for (let i = 0; i < depth; i++) value = { url: 'urn:x', extension: [value] };
  return value;
}

/** Faults in the value at a place. */
const CHANGES: readonly ((value: unknown, random: Random) => unknown)[] = [
  // A copy: a fault inside of a stranger would otherwise be in every mutant after it, or lead back into itself.
  (_value, random) => structuredClone(pickOne(random, STRANGERS)),
  (value) => [value, structuredClone(value)],
  (value, random) => Array.from({ length: random.integer(2, 1_200) }, () => value),
  (value) => `${String(value)}${MUTANT_SECRET}`,
  () => undefined,
];

/** Elements that are added next to a place. */
const ADDITIONS: readonly ((place: Place, random: Random) => Tree)[] = [
  ({ parent, name }, random) => ({ [`${name}${random.pick(['X', '_', '', '\u0000', ' '])}`]: parent[name] }),
  ({ name }) => ({ [`_${name}`]: { extension: [{ url: 'urn:x', valueCode: 'y' }] } }),
  (_place, random) => ({ extension: [nest(random.integer(1, 40))] }),
  () => ({ modifierExtension: [{ url: 'urn:x', valueBoolean: true }] }),
];

function mutate(place: Place, random: Random): void {
  const { parent, name } = place;
  if (random.chance(0.4)) Object.assign(parent, pickOne(random, ADDITIONS)(place, random));
  else parent[name] = pickOne(random, CHANGES)(parent[name], random);
}

/** Draws a valid resource with one to four faults. */
function drawMutant(random: Random): unknown {
  const tree = structuredClone(pickOne(random, VALID_RESOURCES)) as Tree;
  for (let faults = random.integer(1, 4); faults > 0; faults--) {
    const places = listPlaces(tree);
    if (places.length > 0 && places.length < 5_000) mutate(pickOne(random, places), random);
  }
  return tree;
}

/** Draws a request with a mutant: alone, in a Bundle, or in lines. */
export function drawMutantRequest(name: string, random: Random): HostileRequest {
  const form = random.integer(0, 19);
  if (form > 2) return buildTreeRequest(name, drawMutant(random), MUTANT_SECRET);
  const trees = [drawMutant(random), drawMutant(random), drawMutant(random)];
  if (form === 0)
    return {
      name,
      method: 'POST',
      path: '/fhir/$ingest',
      headers: buildSiteHeaders(HOSTILE_SITE, 'application/fhir+ndjson'),
      body: trees.map((tree) => JSON.stringify(tree)).join('\n'),
      secret: MUTANT_SECRET,
    };
  const entry = trees.map((resource, i) => ({
    fullUrl: `urn:uuid:00000000-0000-4000-8000-00000000000${i}`,
    resource,
    request: { method: 'POST', url: (resource as { readonly resourceType?: unknown }).resourceType },
  }));
  const type = form === 1 ? 'batch' : 'transaction';
  return buildTreeRequest(name, { resourceType: 'Bundle', type, entry }, MUTANT_SECRET);
}
