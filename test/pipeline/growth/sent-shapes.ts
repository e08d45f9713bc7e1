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
  /**
   * Whether what is sent is one list, of at most 1,000 items, whose items are dealt with in several units of work: each of these
   * reads the list again.
   */
  readonly isReadAgain?: true;
}

const listNumbers = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);
const buildListed = (id: string) => ({ reference: `Observation/${id}` });
const REPLACES = 'http://hl7.org/fhir/StructureDefinition/observation-replaces';

const buildCount = (id: string, others: object = {}): Json => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
  subject: { reference: 'Patient/p1' },
  effectiveDateTime: '2026-03-02T08:15:00+08:00',
  valueQuantity: { value: 24, unit: '10*9/L', system: 'http://unitsofmeasure.org', code: '10*9/L' },
  ...others,
});

const buildValue = (value: number) => ({ valueQuantity: { value, unit: '10*9/L' } });

/** A result without a time, which has that of whatever lists it. */
function buildTimeless(id: string, members: readonly string[] = []): Json {
  const { effectiveDateTime: _none, ...others } = buildCount(id);
  return { ...others, ...(members.length > 0 ? { hasMember: members.map(buildListed) } : {}) } as Json;
}

const buildReport = (id: string, results: readonly string[], others: object = {}): Json => ({
  resourceType: 'DiagnosticReport',
  id,
  status: 'final',
  code: { text: 'x' },
  subject: { reference: 'Patient/p1' },
  effectiveDateTime: '2026-03-02',
  result: results.map(buildListed),
  ...others,
});

const buildPatient = (id: string, others: object = {}): Json => ({ resourceType: 'Patient', id, ...others });
const buildLink = (type: string, other: string) => ({
  link: [{ type, other: { reference: `Patient/${other}` } }],
});
const buildNumber = (value: string) => ({ identifier: [{ system: 'urn:lis', value }] });

const buildRingPanel = (i: number, n: number): Json =>
  buildTimeless(`o${i}`, [`o${(i + 1) % n}`, `o${(i + 2) % n}`]);

const buildRung = (i: number): readonly Json[] =>
  ['a', 'b'].map((side) => buildTimeless(`${side}${i}`, [`a${i + 1}`, `b${i + 1}`]));

export const SENT_SHAPES: readonly SentShape[] = [
  { name: 'results', sizes: [50, 200], sent: (n) => listNumbers(n).map((i) => buildCount(`o${i}`)) },
  {
    name: 'one more rung of a ladder of panels: each lists the two below',
    sizes: [60, 240],
    before: (n) => listNumbers(n).flatMap(buildRung),
    sent: (n) => buildRung(n),
  },
  {
    name: 'one more panel of a ring of them',
    sizes: [150, 600],
    before: (n) => listNumbers(n).map((i) => buildRingPanel(i, n)),
    sent: (n) => [{ ...buildRingPanel(n - 1, n), note: [{ text: 'changed' }] }],
  },
  {
    name: 'a report of results without a time',
    sizes: [50, 200],
    isReadAgain: true,
    before: (n) => listNumbers(n).map((i) => buildTimeless(`o${i}`)),
    sent: (n) => [
      buildReport(
        'r',
        listNumbers(n).map((i) => `o${i}`),
      ),
    ],
  },
  {
    name: 'one more report that lists a result without a time',
    sizes: [150, 600],
    before: (n) => [buildTimeless('o'), ...listNumbers(n).map((i) => buildReport(`r${i}`, ['o']))],
    sent: () => [buildReport('r', ['o'])],
  },
  {
    name: 'a specimen of many results',
    sizes: [50, 200],
    before: (n) => listNumbers(n).map((i) => buildCount(`o${i}`, { specimen: { reference: 'Specimen/s' } })),
    sent: () => [{ resourceType: 'Specimen', id: 's', type: { text: 'blood' } }],
  },
  {
    name: 'a result that replaces many',
    sizes: [50, 200],
    isReadAgain: true,
    before: (n) => listNumbers(n).map((i) => buildCount(`o${i}`)),
    sent: (n) => [
      buildCount('x', {
        extension: listNumbers(n).map((i) => ({ url: REPLACES, valueReference: buildListed(`o${i}`) })),
      }),
    ],
  },
  {
    name: 'a person with a new number and many results',
    sizes: [50, 200],
    before: (n) => [buildPatient('p1'), ...listNumbers(n).map((i) => buildCount(`o${i}`))],
    sent: () => [buildPatient('p1', buildNumber('1'))],
  },
  {
    name: 'Patients merged in a chain',
    sizes: [100, 400],
    sent: (n) => listNumbers(n).map((i) => buildPatient(`p${i}`, buildLink('replaced-by', `p${i + 1}`))),
  },
  {
    name: 'Patients merged with one',
    sizes: [100, 400],
    sent: (n) => listNumbers(n).map((i) => buildPatient(`q${i}`, buildLink('replaced-by', 'p1'))),
  },
  {
    name: 'Patients with one number and different birth dates',
    sizes: [100, 400],
    sent: (n) =>
      listNumbers(n).map((i) =>
        buildPatient(`q${i}`, { ...buildNumber('same'), birthDate: `19${10 + (i % 80)}` }),
      ),
  },
  {
    name: 'results with one number, code and time',
    sizes: [60, 240],
    sent: (n) => listNumbers(n).map((i) => buildCount(`x${i}`, { ...buildNumber('same'), ...buildValue(i) })),
  },
  {
    name: 'results without an id, with one number, code and time',
    sizes: [60, 240],
    sent: (n) =>
      listNumbers(n).map((i) => {
        const { id: _none, ...others } = buildCount('x', { ...buildNumber('same'), ...buildValue(i) });
        return { ...others, specimen: { reference: `Specimen/s${i}` } } as Json;
      }),
  },
  {
    name: 'reports with one number, code and time',
    sizes: [60, 240],
    sent: (n) =>
      listNumbers(n).map((i) =>
        buildReport(`r${i}`, [`o${i}`], { ...buildNumber('same'), status: i % 2 ? 'final' : 'corrected' }),
      ),
  },
  {
    name: 'one version with two contents, again and again',
    sizes: [50, 200],
    sent: (n) =>
      listNumbers(n).map((i) => buildCount('o', { meta: { versionId: '1' }, ...buildValue(i % 2) })),
    isOneByOne: true,
  },
  {
    name: 'one version with many contents',
    sizes: [50, 200],
    sent: (n) => listNumbers(n).map((i) => buildCount('o', { meta: { versionId: '1' }, ...buildValue(i) })),
    isOneByOne: true,
  },
  {
    name: 'versions in ascending order',
    sizes: [50, 200],
    sent: (n) =>
      listNumbers(n).map((i) => buildCount('o', { meta: { versionId: String(i + 1) }, ...buildValue(i) })),
    isOneByOne: true,
  },
  {
    name: 'an older version, again and again',
    sizes: [50, 200],
    before: () => [buildCount('o', { meta: { lastUpdated: '2026-03-02T00:00:00Z' } })],
    sent: (n) =>
      listNumbers(n).map(() =>
        buildCount('o', { meta: { lastUpdated: '2026-01-02T00:00:00Z' }, ...buildValue(8) }),
      ),
    isOneByOne: true,
  },
  {
    name: 'versions of a report',
    sizes: [100, 400],
    sent: (n) =>
      listNumbers(n).map((i) => buildReport('r', [`o${i % 3}`], { meta: { versionId: String(i + 1) } })),
    isOneByOne: true,
  },
  {
    name: 'payloads that an enrolment unseals',
    sizes: [60, 240],
    before: (n) => listNumbers(n).map((i) => buildCount(`o${i}`, { subject: { reference: 'Patient/p2' } })),
    sent: () => [
      {
        resourceType: 'ResearchSubject',
        id: 'rs',
        status: 'on-study',
        identifier: [{ system: 'https://fhir-trial-adapter.example/fhir/sid/subject/msc-aa', value: 'S2' }],
        study: { reference: 'ResearchStudy/msc-aa' },
        individual: { reference: 'Patient/p2' },
        period: { start: '2026-01-01' },
      },
    ],
  },
  {
    name: 'versions of a Patient who is not enrolled',
    sizes: [100, 400],
    sent: (n) =>
      listNumbers(n).map((i) =>
        buildPatient('z', {
          ...buildNumber('x'),
          meta: { versionId: String(i + 1) },
          birthDate: `19${10 + (i % 80)}`,
        }),
      ),
    isOneByOne: true,
  },
  {
    name: 'contained results',
    sizes: [50, 200],
    sent: (n) => [
      buildReport('r', [], { result: undefined, contained: listNumbers(n).map((i) => buildCount(`c${i}`)) }),
    ],
  },
  {
    name: 'components',
    sizes: [50, 200],
    sent: (n) => [
      buildCount('o', {
        valueQuantity: undefined,
        component: listNumbers(n).map((i) => ({
          code: { coding: [{ system: 'http://loinc.org', code: '777-3' }] },
          ...buildValue(i),
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
export async function sendGrown(
  { accept }: GrowthMeter,
  sent: readonly Json[],
  isOneByOne: boolean,
): Promise<void> {
  const size = isOneByOne ? 1 : PORTION;
  for (let from = 0; from < sent.length; from += size)
    await accept(METERED_SITE, sent.slice(from, from + size).map(toInteraction), 'each', 'test');
}
