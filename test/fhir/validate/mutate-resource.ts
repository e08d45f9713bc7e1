import { LosslessNumber } from 'lossless-json';
import type { Random } from '../../../demo/cohort/seeded-random.ts';
import type { GeneratedObject } from './generate-resource.ts';

/** Values that are wrong in most places: other types, bad forms, bad dates, bad codes. */
const WRONG_VALUES = [
  ...[null, '', [], {}, [null], [[]], [''], { id: 'a' }, [{ id: 'a' }], 0, -1, 1.5, 2147483648, true],
  ...[
    'x',
    ' x',
    'x  y',
    'a b',
    '2026-02-30',
    '2026-13',
    '2026-02-29T00:00:00Z',
    '2026-03-02T08:15:00',
    '0000',
  ],
  ...['2026-03-02T24:00:00Z', '2026-03-02T08:15:00+15:00', 'a/b', 'YWJ', '<p/>', { reference: 'Patient/1' }],
  ...[
    new LosslessNumber('1.0'),
    [new LosslessNumber('1e3')],
    { value: 'x' },
    { coding: [{ code: 'entered-in-error' }] },
  ],
  ...[
    { resourceType: 'Patient', contained: [{ resourceType: 'Patient' }] },
    { url: 'x', valueCode: 'a', extension: [] },
  ],
] as const satisfies readonly unknown[];

/** Properties that belong elsewhere, or nowhere. */
const KEYS = [
  ...[
    'platelets',
    'value',
    'valueString',
    'valueQuantity',
    '_valueString',
    'valueCode',
    'dataAbsentReason',
    'code',
  ],
  ...[
    'extension',
    'modifierExtension',
    'contained',
    'id',
    '_id',
    '_status',
    '_given',
    'resourceType',
    'system',
    'toString',
  ],
  ...['effectiveDateTime', 'effectivePeriod', 'reference', 'abatementString', 'component', 'text'],
] as const;

type Container = GeneratedObject | unknown[];

const isContainer = (value: unknown): value is Container =>
  typeof value === 'object' && value !== null && !(value instanceof LosslessNumber);

function listContainers(value: Container): Container[] {
  return [value, ...Object.values(value).filter(isContainer).flatMap(listContainers)];
}

/** Changes one container in its place. */
type Mutation = (random: Random, container: GeneratedObject, key: string, all: readonly Container[]) => void;

const MUTATIONS: readonly [Mutation, ...Mutation[]] = [
  (random, container, key) => {
    container[key] = copyTree(random.pick(WRONG_VALUES));
  },
  (_random, container, key) => {
    if (Array.isArray(container)) container.splice(Number(key), 1);
    else delete container[key];
  },
  (_random, container, key) => {
    container[key] = [container[key]];
  },
  (_random, container, key) => {
    const value = container[key];
    if (Array.isArray(value)) container[key] = value[0];
  },
  (random, container, key) => {
    if (!Array.isArray(container)) container[random.pick(KEYS)] = copyTree(container[key]);
  },
  (random, container) => {
    if (!Array.isArray(container)) container[random.pick(KEYS)] = copyTree(random.pick(WRONG_VALUES));
  },
  (_random, container, key) => {
    if (!Array.isArray(container))
      container[`_${key}`] = { extension: [{ url: 'http://a.example', valueCode: 'x' }] };
  },
  (random, container, key, all) => {
    container[key] = copyTree(random.pick(all as [Container, ...Container[]]));
  },
];

/** Returns a copy with one change or a few at random places, most of which make it invalid. */
export function mutateResource(random: Random, resource: GeneratedObject): GeneratedObject {
  const copy = copyTree(resource) as GeneratedObject;
  for (let left = random.pick([1, 1, 1, 2, 3]); left > 0; left--) {
    const all = listContainers(copy);
    const container = random.pick(all as [Container, ...Container[]]) as GeneratedObject;
    const keys = Object.keys(container);
    if (keys.length > 0) random.pick(MUTATIONS)(random, container, random.pick(keys as [string]), all);
  }
  return copy;
}

/** Copies a tree; a LosslessNumber stays one, which structuredClone would make an object of. */
function copyTree(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyTree);
  if (!isContainer(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copyTree(inner)]));
}
