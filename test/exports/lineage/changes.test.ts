import { expect, test } from '@jest/globals';
import {
  type CellChange,
  compareBasis,
  compareSidecars,
} from '../../../src/exports/lineage/compare-sidecars.ts';
import type { SidecarReader } from '../../../src/exports/lineage/pair-sidecars.ts';
import type { SidecarHead } from '../../../src/exports/lineage/sidecar.ts';
import type { ProvenanceTrace, RowTrace } from '../../../src/exports/provenance-trace.ts';

const createLines = (...traces: readonly ProvenanceTrace[]): SidecarReader =>
  async function* () {
    yield* traces;
  };

/** The changes of one file, from its sidecar before and now. */
async function collectChanges(
  old: SidecarReader,
  now: SidecarReader,
  basis: ReturnType<typeof compareBasis> = [],
) {
  const all: CellChange[] = [];
  for await (const change of compareSidecars([{ file: 'f', old, new: now }], basis, /^LBSEQ$/))
    all.push(change);
  return all;
}

const buildSubjectTrace = (
  subject: string,
  stated: readonly string[],
  enrolment = 'on-study',
): ProvenanceTrace => ({
  subject,
  enrolment,
  stated,
});

const buildRowTrace = (subject: string, at: string, value: string, from: readonly string[]): RowTrace => ({
  at: `${subject}/${at}`,
  subject,
  values: { LBSEQ: 1, value },
  from,
});

const listReasons = (all: readonly CellChange[]) => all.map((one) => one.why);

test('a value changes by the version of its own resource', async () => {
  const all = await collectChanges(
    createLines(buildSubjectTrace('S1', ['s/o1@1']), buildRowTrace('S1', 'a', '24', ['s/o1@1'])),
    createLines(buildSubjectTrace('S1', ['s/o1@2']), buildRowTrace('S1', 'a', '12', ['s/o1@2'])),
  );
  const resources = [{ was: 's/o1@1', now: 's/o1@2' }];
  expect(all).toEqual([
    {
      ...{ file: 'f', at: 'S1/a', column: 'value', what: 'changed', was: '24', now: '12' },
      why: [{ kind: 'resources', subject: 'S1', resources }],
    },
  ]);
});

test('a row with the same resources of its own changed through others of the subject; a number that counts rows is renumbered', async () => {
  const before = buildRowTrace('S1', 'a', '-15', ['s/o1@1']);
  const after = { ...before, values: { LBSEQ: 2, value: '-10' } };
  const all = await collectChanges(
    createLines(buildSubjectTrace('S1', ['s/i1@1', 's/o1@1']), before),
    createLines(buildSubjectTrace('S1', ['s/i1@2', 's/o1@1']), after),
  );
  const other = { kind: 'other-data', subject: 'S1', resources: [{ was: 's/i1@1', now: 's/i1@2' }] };
  expect(listReasons(all)).toEqual([[{ kind: 'renumbered' }, other], [other]]);
});

test('a resource that is evidence in one export only has not changed, as long as it is in both', async () => {
  const figure = { at: 'n', value: '1', counts: 'participants' } as const;
  const all = await collectChanges(
    createLines(figure, buildSubjectTrace('S1', ['s/o1@1', 's/o2@1']), {
      subject: 'S1',
      behind: { n: ['s/o1@1'] },
    }),
    createLines({ ...figure, value: '0' }, buildSubjectTrace('S1', ['s/o1@1', 's/o2@2']), {
      subject: 'S1',
      behind: {},
    }),
  );
  const resources = [{ was: 's/o2@1', now: 's/o2@2' }];
  expect(listReasons(all)).toEqual([[{ kind: 'left', subject: 'S1', resources }]]);
});

test('a newly enrolled subject is the only reason given, regardless of their facts', async () => {
  const figure = { at: 'subjects', value: '1', counts: 'participants' } as const;
  const all = await collectChanges(
    createLines(figure, buildSubjectTrace('S2', ['s/o1@1']), { subject: 'S2', behind: { subjects: [] } }),
    createLines(
      { ...figure, value: '2' },
      ...[buildSubjectTrace('S1', ['s/o2@1', 's/o3@1']), { subject: 'S1', behind: { subjects: [] } }],
      ...[buildSubjectTrace('S2', ['s/o1@1']), { subject: 'S2', behind: { subjects: [] } }],
    ),
  );
  expect(listReasons(all)).toEqual([[{ kind: 'enrolment', subject: 'S1', was: null, now: 'on-study' }]]);
});

test('a withdrawal is a change of enrolment', async () => {
  const all = await collectChanges(
    createLines(buildSubjectTrace('S1', []), buildRowTrace('S1', 'status', 'on-study', [])),
    createLines(buildSubjectTrace('S1', [], 'withdrawn'), buildRowTrace('S1', 'status', 'withdrawn', [])),
  );
  expect(listReasons(all)).toEqual([
    [{ kind: 'enrolment', subject: 'S1', was: 'on-study', now: 'withdrawn' }],
  ]);
});

const SIDECAR_HEAD: SidecarHead = {
  ...{ file: 'f', study: 'msc-aa', format: 'csv', draft: false, asOf: '2026-01-01' },
  ...{
    mapping: 'm1',
    registry: null,
    versions: { software: '1', protocol: '1', criteria: { 'bsh-saa': '1' } },
  },
};

test('what all cells rest on is named where it is another; nothing named is said to be so', async () => {
  const criteria = { 'bsh-saa': '2', 'bsh-nsaa': '1' };
  const later = { ...SIDECAR_HEAD, asOf: '2026-02-01', versions: { ...SIDECAR_HEAD.versions, criteria } };
  const basis = compareBasis(SIDECAR_HEAD, later);
  expect(basis).toEqual([
    { of: 'criteria bsh-saa', was: '1', now: '2' },
    { of: 'as-of day', was: '2026-01-01', now: '2026-02-01' },
    { of: 'criteria bsh-nsaa', was: null, now: '1' },
  ]);
  const [old, now] = [
    createLines(buildRowTrace('S1', 'a', 'PR', [])),
    createLines(buildRowTrace('S1', 'a', 'NR', [])),
  ];
  expect(listReasons(await collectChanges(old, now, basis))).toEqual([
    basis.map((one) => ({ kind: 'basis', ...one })),
  ]);
  expect(listReasons(await collectChanges(old, now))).toEqual([[{ kind: 'unexplained' }]]);
});

test('the order of the subjects makes no difference, and the same export twice has no changes', async () => {
  const subjects = ['S1', 'S2', 'S3', 'S4'].map((s) => [
    buildSubjectTrace(s, [`s/${s}@1`]),
    buildRowTrace(s, 'a', '1', [`s/${s}@1`]),
  ]);
  const there = createLines(...subjects.flat());
  expect(await collectChanges(there, there)).toEqual([]);
  expect(await collectChanges(there, createLines(...subjects.toReversed().flat()))).toEqual([]);
  const without = await collectChanges(there, createLines(...subjects.slice(1).flat()));
  expect(without.map(({ at, what }) => [at, what])).toEqual([['S1/a', 'left']]);
  expect(await collectChanges(there, null)).toHaveLength(4);
});
