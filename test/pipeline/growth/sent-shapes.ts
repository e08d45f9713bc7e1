import type { Interaction } from '../../../src/fhir/interaction.ts';
import { parseJson } from '../../../src/fhir/lossless-json.ts';
import type { Resource } from '../../../src/fhir/resource.ts';
import { type GrowthMeter, METERED_SITE } from './growth-meter.ts';

type Json = Record<string, unknown> & { readonly resourceType: string };

/** A structure of which a sender determines the size. */
export interface SentShape {
  readonly name: string;
  /** Two sizes, the second four times the first. */
  readonly sizes: readonly [number, number];
  /** What is in the store before; not counted. */
  readonly before?: (n: number) => readonly Json[];
  /** What is sent, one interaction for each. */
  readonly sent: (n: number) => readonly Json[];
  /** Whether each is sent in a call of its own. */
  readonly isOneByOne?: true;
}

const range = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);
const listed = (id: string) => ({ reference: `Observation/${id}` });
const REPLACES = 'http://hl7.org/fhir/StructureDefinition/observation-replaces';

const count = (id: string, others: object = {}): Json => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
  subject: { reference: 'Patient/p1' },
  effectiveDateTime: '2026-03-02T08:15:00+08:00',
  valueQuantity: { value: 24, unit: '10*9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
  ...others,
});

const valued = (value: number) => ({ valueQuantity: { value, unit: '10*9/L' } });

/** A result without a time, which has that of whatever lists it. */
function timeless(id: string, members: readonly string[] = []): Json {
  const { effectiveDateTime: _none, ...others } = count(id);
  return { ...others, ...(members.length > 0 ? { hasMember: members.map(listed) } : {}) } as Json;
}

const report = (id: string, results: readonly string[], others: object = {}): Json => ({
  resourceType: 'DiagnosticReport',
  id,
  status: 'final',
  code: { text: 'x' },
  subject: { reference: 'Patient/p1' },
  effectiveDateTime: '2026-03-02',
  result: results.map(listed),
  ...others,
});

const patient = (id: string, others: object = {}): Json => ({ resourceType: 'Patient', id, ...others });
const merged = (type: string, other: string) => ({
  link: [{ type, other: { reference: `Patient/${other}` } }],
});
const numbered = (value: string) => ({ identifier: [{ system: 'urn:lis', value }] });

export const SENT_SHAPES: readonly SentShape[] = [
  { name: 'results', sizes: [50, 200], sent: (n) => range(n).map((i) => count(`o${i}`)) },
  {
    name: 'a ladder of panels: each lists the two below',
    sizes: [60, 240],
    sent: (n) =>
      range(n).flatMap((i) => ['a', 'b'].map((side) => timeless(`${side}${i}`, [`a${i + 1}`, `b${i + 1}`]))),
  },
  {
    name: 'panels that list each other in a ring',
    sizes: [500, 2_000],
    sent: (n) => range(n).map((i) => timeless(`o${i}`, [`o${(i + 1) % n}`, `o${(i + 2) % n}`])),
  },
  {
    name: 'a report of results without a time',
    sizes: [50, 200],
    before: (n) => range(n).map((i) => timeless(`o${i}`)),
    sent: (n) => [
      report(
        'r',
        range(n).map((i) => `o${i}`),
      ),
    ],
  },
  {
    name: 'reports that list one result without a time',
    sizes: [120, 480],
    before: () => [timeless('o')],
    sent: (n) => range(n).map((i) => report(`r${i}`, ['o'])),
  },
  {
    name: 'a specimen of many results',
    sizes: [50, 200],
    before: (n) => range(n).map((i) => count(`o${i}`, { specimen: { reference: 'Specimen/s' } })),
    sent: () => [{ resourceType: 'Specimen', id: 's', type: { text: 'blood' } }],
  },
  {
    name: 'a result that replaces many',
    sizes: [50, 200],
    before: (n) => range(n).map((i) => count(`o${i}`)),
    sent: (n) => [
      count('x', { extension: range(n).map((i) => ({ url: REPLACES, valueReference: listed(`o${i}`) })) }),
    ],
  },
  {
    name: 'a person with a new number and many results',
    sizes: [50, 200],
    before: (n) => [patient('p1'), ...range(n).map((i) => count(`o${i}`))],
    sent: () => [patient('p1', numbered('1'))],
  },
  {
    name: 'Patients merged in a chain',
    sizes: [100, 400],
    sent: (n) => range(n).map((i) => patient(`p${i}`, merged('replaced-by', `p${i + 1}`))),
  },
  {
    name: 'Patients merged with one',
    sizes: [100, 400],
    sent: (n) => range(n).map((i) => patient(`q${i}`, merged('replaced-by', 'p1'))),
  },
  {
    name: 'Patients with one number and different birth dates',
    sizes: [100, 400],
    sent: (n) =>
      range(n).map((i) => patient(`q${i}`, { ...numbered('same'), birthDate: `19${10 + (i % 80)}` })),
  },
  {
    name: 'results with one number, code and time',
    sizes: [60, 240],
    sent: (n) => range(n).map((i) => count(`x${i}`, { ...numbered('same'), ...valued(i) })),
  },
  {
    name: 'results without an id, with one number, code and time',
    sizes: [60, 240],
    sent: (n) =>
      range(n).map((i) => {
        const { id: _none, ...others } = count('x', { ...numbered('same'), ...valued(i) });
        return { ...others, specimen: { reference: `Specimen/s${i}` } } as Json;
      }),
  },
  {
    name: 'reports with one number, code and time',
    sizes: [60, 240],
    sent: (n) =>
      range(n).map((i) =>
        report(`r${i}`, [`o${i}`], { ...numbered('same'), status: i % 2 ? 'final' : 'corrected' }),
      ),
  },
  {
    name: 'one version with two contents, again and again',
    sizes: [50, 200],
    sent: (n) => range(n).map((i) => count('o', { meta: { versionId: '1' }, ...valued(i % 2) })),
    isOneByOne: true,
  },
  {
    name: 'one version with many contents',
    sizes: [50, 200],
    sent: (n) => range(n).map((i) => count('o', { meta: { versionId: '1' }, ...valued(i) })),
    isOneByOne: true,
  },
  {
    name: 'versions in ascending order',
    sizes: [50, 200],
    sent: (n) => range(n).map((i) => count('o', { meta: { versionId: String(i + 1) }, ...valued(i) })),
    isOneByOne: true,
  },
  {
    name: 'an older version, again and again',
    sizes: [50, 200],
    before: () => [count('o', { meta: { lastUpdated: '2026-03-02T00:00:00Z' } })],
    sent: (n) =>
      range(n).map(() => count('o', { meta: { lastUpdated: '2026-01-02T00:00:00Z' }, ...valued(8) })),
    isOneByOne: true,
  },
  {
    name: 'versions of a report',
    sizes: [100, 400],
    sent: (n) => range(n).map((i) => report('r', [`o${i % 3}`], { meta: { versionId: String(i + 1) } })),
    isOneByOne: true,
  },
  {
    name: 'versions of a Patient who is not enrolled',
    sizes: [100, 400],
    sent: (n) =>
      range(n).map((i) =>
        patient('z', {
          ...numbered('x'),
          meta: { versionId: String(i + 1) },
          birthDate: `19${10 + (i % 80)}`,
        }),
      ),
    isOneByOne: true,
  },
  {
    name: 'contained results',
    sizes: [50, 200],
    sent: (n) => [report('r', [], { result: undefined, contained: range(n).map((i) => count(`c${i}`)) })],
  },
  {
    name: 'components',
    sizes: [50, 200],
    sent: (n) => [
      count('o', {
        valueQuantity: undefined,
        component: range(n).map((i) => ({
          code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
          ...valued(i),
        })),
      }),
    ],
  },
];

const toInteraction = (sent: Json): Interaction => {
  const resource = parseJson(JSON.stringify(sent)) as Resource;
  const id = resource.id ?? null;
  return {
    method: id === null ? 'create' : 'update',
    resourceType: resource.resourceType,
    id,
    resource,
    ifNoneExist: null,
    ifMatch: null,
  };
};

/** The entries of a batch that are sent together. */
const PORTION = 100;

/** Sends resources in portions, or one by one. */
export async function sendShape(
  { accept }: GrowthMeter,
  sent: readonly Json[],
  isOneByOne: boolean,
): Promise<void> {
  const size = isOneByOne ? 1 : PORTION;
  for (let from = 0; from < sent.length; from += size)
    await accept(METERED_SITE, sent.slice(from, from + size).map(toInteraction), 'each', 'test');
}
