import { expect, test } from '@jest/globals';
import { basisChanges, type Change, changesBetween } from '../../../src/exports/trace/changes.ts';
import type { Lines } from '../../../src/exports/trace/paired.ts';
import type { SidecarHead } from '../../../src/exports/trace/sidecar.ts';
import type { RowTrace, Trace } from '../../../src/exports/trace/trace.ts';

const lines = (...traces: readonly Trace[]): Lines =>
  async function* () {
    yield* traces;
  };

/** The changes of one file, from its sidecar before and now. */
async function changes(old: Lines, now: Lines, basis: ReturnType<typeof basisChanges> = []) {
  const all: Change[] = [];
  for await (const change of changesBetween([{ file: 'f', old, new: now }], basis)) all.push(change);
  return all;
}

const person = (subject: string, stated: readonly string[], enrolment = 'on-study'): Trace => ({
  subject,
  enrolment,
  stated,
});

const row = (subject: string, at: string, value: string, from: readonly string[]): RowTrace => ({
  at: `${subject}/${at}`,
  subject,
  values: { LBSEQ: 1, value },
  from,
});

const why = (all: readonly Change[]) => all.map((one) => one.why);

test('a value changes by the version of its own resource', async () => {
  const all = await changes(
    lines(person('S1', ['s/o1@1']), row('S1', 'a', '24', ['s/o1@1'])),
    lines(person('S1', ['s/o1@2']), row('S1', 'a', '12', ['s/o1@2'])),
  );
  const resources = [{ was: 's/o1@1', now: 's/o1@2' }];
  expect(all).toEqual([
    {
      ...{ file: 'f', at: 'S1/a', column: 'value', what: 'changed', was: '24', now: '12' },
      why: [{ kind: 'resources', subject: 'S1', resources }],
    },
  ]);
});

test('a row whose own resources are the same changed by others of the subject; a number that counts rows is renumbered', async () => {
  const before = row('S1', 'a', '-15', ['s/o1@1']);
  const after = { ...before, values: { LBSEQ: 2, value: '-10' } };
  const all = await changes(
    lines(person('S1', ['s/i1@1', 's/o1@1']), before),
    lines(person('S1', ['s/i1@2', 's/o1@1']), after),
  );
  const other = { kind: 'other-data', subject: 'S1', resources: [{ was: 's/i1@1', now: 's/i1@2' }] };
  expect(why(all)).toEqual([[{ kind: 'renumbered' }, other], [other]]);
});

test('a resource that is evidence in one export only has not changed, as long as it stands in both', async () => {
  const figure = { at: 'n', value: '1', counts: 'participants' } as const;
  const all = await changes(
    lines(figure, person('S1', ['s/o1@1', 's/o2@1']), { subject: 'S1', behind: { n: ['s/o1@1'] } }),
    lines({ ...figure, value: '0' }, person('S1', ['s/o1@1', 's/o2@2']), { subject: 'S1', behind: {} }),
  );
  const resources = [{ was: 's/o2@1', now: 's/o2@2' }];
  expect(why(all)).toEqual([[{ kind: 'left', subject: 'S1', resources }]]);
});

test('who is newly enrolled is the reason by himself, whatever he brings', async () => {
  const figure = { at: 'subjects', value: '1', counts: 'participants' } as const;
  const all = await changes(
    lines(figure, person('S2', ['s/o1@1']), { subject: 'S2', behind: { subjects: [] } }),
    lines(
      { ...figure, value: '2' },
      ...[person('S1', ['s/o2@1', 's/o3@1']), { subject: 'S1', behind: { subjects: [] } }],
      ...[person('S2', ['s/o1@1']), { subject: 'S2', behind: { subjects: [] } }],
    ),
  );
  expect(why(all)).toEqual([[{ kind: 'enrolment', subject: 'S1', was: null, now: 'on-study' }]]);
});

test('a withdrawal is a change of enrolment', async () => {
  const all = await changes(
    lines(person('S1', []), row('S1', 'status', 'on-study', [])),
    lines(person('S1', [], 'withdrawn'), row('S1', 'status', 'withdrawn', [])),
  );
  expect(why(all)).toEqual([[{ kind: 'enrolment', subject: 'S1', was: 'on-study', now: 'withdrawn' }]]);
});

const head: SidecarHead = {
  ...{ file: 'f', study: 'msc-aa', format: 'csv', draft: false, asOf: '2026-01-01' },
  ...{
    mapping: 'm1',
    registry: null,
    versions: { software: '1', protocol: '1', criteria: { 'bsh-saa': '1' } },
  },
};

test('what all cells rest on is named where it is another; nothing named is said to be so', async () => {
  const criteria = { 'bsh-saa': '2', 'bsh-nsaa': '1' };
  const later = { ...head, asOf: '2026-02-01', versions: { ...head.versions, criteria } };
  const basis = basisChanges(head, later);
  expect(basis).toEqual([
    { of: 'criteria bsh-saa', was: '1', now: '2' },
    { of: 'as-of day', was: '2026-01-01', now: '2026-02-01' },
    { of: 'criteria bsh-nsaa', was: null, now: '1' },
  ]);
  const [old, now] = [lines(row('S1', 'a', 'PR', [])), lines(row('S1', 'a', 'NR', []))];
  expect(why(await changes(old, now, basis))).toEqual([basis.map((one) => ({ kind: 'basis', ...one }))]);
  expect(why(await changes(old, now))).toEqual([[{ kind: 'unexplained' }]]);
});

test('the order of the subjects makes no difference, and the same export twice has no changes', async () => {
  const subjects = ['S1', 'S2', 'S3', 'S4'].map((s) => [
    person(s, [`s/${s}@1`]),
    row(s, 'a', '1', [`s/${s}@1`]),
  ]);
  const there = lines(...subjects.flat());
  expect(await changes(there, there)).toEqual([]);
  expect(await changes(there, lines(...subjects.toReversed().flat()))).toEqual([]);
  const without = await changes(there, lines(...subjects.slice(1).flat()));
  expect(without.map(({ at, what }) => [at, what])).toEqual([['S1/a', 'left']]);
  expect(await changes(there, null)).toHaveLength(4);
});
