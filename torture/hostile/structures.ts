import { buildCountResource } from '../support/sent-resources.ts';
import { buildTreeRequest, type HostileRequest } from './hostile-request.ts';

const listNumbers = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);
const buildResult = (id: string) => ({ reference: `Observation/${id}` });

/** Results without a time, each of which lists others. */
function buildPanels(prefix: string, n: number, select: (i: number) => readonly number[]): readonly object[] {
  return listNumbers(n).map((i) => ({
    ...buildCountResource(`${prefix}${i}`, 'p1', 20),
    effectiveDateTime: undefined,
    hasMember: select(i).map((member) => buildResult(`${prefix}${member}`)),
  }));
}

/** Eight panels that list each other: 4 kB that once stopped every site for 32 seconds. */
export const buildClique = (): readonly HostileRequest[] =>
  buildPanels('clique', 8, (i) => listNumbers(8).filter((other) => other !== i)).map((panel, i) =>
    buildTreeRequest(`structures/clique ${i}`, panel),
  );

const buildBundle = (type: string, n: number, build: (i: number) => object): object => ({
  resourceType: 'Bundle',
  type,
  entry: listNumbers(n).map((i) => {
    const resource = build(i) as { readonly resourceType: string; readonly id: string };
    return { resource, request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` } };
  }),
});

const buildPatient = (id: string, others: object): object => ({ resourceType: 'Patient', id, ...others });
const buildLink = (id: string) => ({ type: 'replaces', other: { reference: `Patient/${id}` } });

/** Structures that cost more than their length where every way through them is walked. */
export function* buildStructures(): Generator<HostileRequest> {
  yield* buildClique();
  const dag = buildPanels('dag', 28, (i) => listNumbers(28).filter((other) => other > i));
  for (const [i, panel] of dag.entries()) yield buildTreeRequest(`structures/dag ${i}`, panel);
  const ladder = buildPanels('ladder', 200, (i) => [i + 1, i + 2]);
  yield buildTreeRequest(
    'structures/ladder',
    buildBundle('batch', 200, (i) => ladder[i] ?? {}),
  );
  yield {
    ...buildTreeRequest(
      'structures/links',
      buildPatient('p7', { link: listNumbers(8_000).map((i) => buildLink(`l${i}`)) }),
    ),
    allowed: (status) => status === 422,
  };
  yield buildTreeRequest(
    'structures/chain of Patients',
    buildBundle('batch', 300, (i) => buildPatient(`chain${i}`, { link: [buildLink(`chain${i + 1}`)] })),
  );
  yield buildTreeRequest(
    'structures/one number',
    buildBundle('batch', 300, (i) =>
      buildPatient(`twin${i}`, {
        identifier: [{ system: 'urn:x', value: '999' }],
        birthDate: `19${10 + (i % 80)}`,
      }),
    ),
  );
  yield {
    ...buildTreeRequest('structures/identifiers', {
      ...buildCountResource('many', 'p1', 20),
      identifier: listNumbers(10_000).map((i) => ({ system: 'urn:x', value: `${i}` })),
    }),
    allowed: (status) => status === 422,
  };
  const counts = (i: number) => buildCountResource(`m${i}`, 'p1', 20);
  yield {
    ...buildTreeRequest('structures/large transaction', buildBundle('transaction', 8_000, counts)),
    allowed: (status) => status === 413,
  };
  yield buildTreeRequest('structures/transaction', buildBundle('transaction', 300, counts));
  yield buildTreeRequest('structures/batch', buildBundle('batch', 3_000, counts));
  yield buildTreeRequest(
    'structures/results of one specimen',
    buildBundle('batch', 600, (i) => ({
      ...counts(i),
      specimen: { reference: 'Specimen/shared' },
    })),
  );
  yield buildTreeRequest('structures/specimen', {
    resourceType: 'Specimen',
    id: 'shared',
    type: { text: 'blood' },
  });
  for (const i of listNumbers(200))
    yield buildTreeRequest(`structures/conflict ${i}`, {
      ...buildCountResource('conflict', 'p1', i % 2),
      meta: { versionId: '1' },
    });
}
