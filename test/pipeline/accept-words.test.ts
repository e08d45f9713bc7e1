import { beforeEach, expect, test } from '@jest/globals';
import { useService } from '../support/with-service.ts';

const adapter = useService('test');

beforeEach(() => adapter.enrol('S-1', 'Patient/p1'));

const buildEvent = (id: string, properties: object): object => ({
  resourceType: 'AdverseEvent',
  id,
  actuality: 'actual',
  event: { text: 'Headache' },
  subject: { reference: 'Patient/p1' },
  date: '2026-01-11',
  ...properties,
});

const GRADE = 'http://hl7.org/fhir/uv/ae-research-backport-ig/StructureDefinition/ae-grade';

/** The ways to say a property that no map understands, the term that a person gives it, and the member of the fact. */
const WORDS: readonly [title: string, properties: object, target: string, fact: object][] = [
  ['an outcome as a text', { outcome: { text: 'Fatal' } }, 'fatal', { outcome: 'fatal' }],
  [
    'seriousness as a code without a system',
    { seriousness: { coding: [{ code: 'serious' }] } },
    'serious',
    { serious: true },
  ],
  [
    'a grade as a text',
    { extension: [{ url: GRADE, valueCodeableConcept: { text: 'Grade 4' } }] },
    '4',
    { grade: 4 },
  ],
  [
    'causality by a local code',
    {
      suspectEntity: [
        {
          instance: { reference: 'Medication/x' },
          causality: [{ assessment: { coding: [{ system: 'http://local', code: 'REL' }] } }],
        },
      ],
    },
    'related',
    { causality: 'related' },
  ],
];

test.each(WORDS)(
  '%s: the event is a fact, one item asks, and its acceptance settles it',
  async (_, properties, target, fact) => {
    expect((await adapter.send(buildEvent('a', properties))).disposition).toBe('held');
    expect(await adapter.listFacts('S-1')).toMatchObject([{ kind: 'adverse-event', term: 'Headache' }]);
    const [item, ...others] = await adapter.listOpenWork();
    expect(others).toEqual([]);
    const acceptance = { id: item?.id ?? '', target, by: 'me', why: null };
    expect(await adapter.service.acceptWorkItem(acceptance)).toMatchObject({
      rerun: { resources: 1, mapped: 1 },
    });
    expect(await adapter.listFacts('S-1')).toMatchObject([fact]);
    expect((await adapter.send(buildEvent('b', properties))).disposition).toBe('mapped');
    expect(await adapter.listOpenWork()).toEqual([]);
  },
);

test('words of no use are not asked about again', async () => {
  await adapter.send(buildEvent('a', { outcome: { text: 'see letter' } }));
  const [item] = await adapter.listOpenWork();
  await adapter.service.acceptWorkItem({ id: item?.id ?? '', target: 'none', by: 'me', why: null });
  expect((await adapter.send(buildEvent('b', { outcome: { text: 'See  letter' } }))).disposition).toBe(
    'mapped',
  );
});

test('words that may be about a person are asked about for each event, shown to nobody, and not acceptable', async () => {
  const outcome = { text: 'Patient Li Wei died on 12.03.2026' };
  await adapter.send(buildEvent('a', { outcome }));
  await adapter.send(buildEvent('b', { outcome }));
  const items = await adapter.listOpenWork();
  expect(items.map(({ reason, example }) => [reason, example])).toEqual([
    ['not-understood', 'AdverseEvent/a'],
    ['not-understood', 'AdverseEvent/b'],
  ]);
  expect(JSON.stringify(items)).not.toMatch(/Li Wei|li wei|2026-?\.?03/);
  const acceptance = { id: items[0]?.id ?? '', target: 'fatal', by: 'me', why: null };
  await expect(adapter.service.acceptWorkItem(acceptance)).rejects.toMatchObject({
    code: 'work-item/undecidable',
  });
});

/** A platelet count under a code that no map has. */
const buildLocalCount = (id: string, category?: string): object => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  ...(category === undefined ? {} : { category: [{ coding: [{ system: CATEGORY, code: category }] }] }),
  code: { coding: [{ system: 'https://lab.example/codes', code: 'THRO' }] },
  subject: { reference: 'Patient/p1' },
  effectiveDateTime: `2026-01-0${id.length}T08:00:00Z`,
  valueQuantity: { value: 24, unit: '10*9/L' },
});

const CATEGORY = 'http://terminology.hl7.org/CodeSystem/observation-category';

const decideOnly = async (target: string) => {
  const [item] = [
    ...(await adapter.service.listWorkItems('open')),
    ...(await adapter.service.listWorkItems('rejected')),
  ];
  return adapter.service.acceptWorkItem({ id: item?.id ?? '', target, by: 'me', why: null });
};

test('a result that was ignored outside the laboratory comes back when its code is decided', async () => {
  expect((await adapter.send(buildLocalCount('i', 'exam'))).disposition).toBe('ignored');
  expect((await adapter.send(buildLocalCount('hh'))).disposition).toBe('held');
  expect(await decideOnly('platelets')).toMatchObject({ rerun: { resources: 2, mapped: 2 } });
  expect(await adapter.listFacts('S-1')).toHaveLength(2);
});

test('what was of no use by an earlier decision comes back when the decision is changed', async () => {
  await adapter.send(buildLocalCount('a'));
  const [item] = await adapter.listOpenWork();
  const decide = (target: string) =>
    adapter.service.acceptWorkItem({ id: item?.id ?? '', target, by: 'me', why: null });
  expect(await decide('none')).toMatchObject({ rerun: { resources: 1, ignored: 1 } });
  expect((await adapter.send(buildLocalCount('bb'))).disposition).toBe('ignored');
  expect(await decide('platelets')).toMatchObject({ rerun: { resources: 2, mapped: 2 } });
});

test('what a rejected item ignored comes back: resources, and properties of facts', async () => {
  await adapter.send(buildEvent('a', { outcome: { text: 'Fatal' } }));
  const [item] = await adapter.listOpenWork();
  expect(await adapter.service.rejectWorkItem(item?.id ?? '', { by: 'me', why: null })).toMatchObject({
    resources: 1,
  });
  expect((await adapter.send(buildEvent('b', { outcome: { text: 'Fatal' } }))).disposition).toBe('mapped');
  expect(await decideOnly('fatal')).toMatchObject({ rerun: { resources: 2, mapped: 2 } });
  expect(await adapter.listFacts('S-1')).toMatchObject([{ outcome: 'fatal' }, { outcome: 'fatal' }]);
});

test('what another decision ignored, and what another code says, stays as it is', async () => {
  const other = { coding: [{ system: 'https://lab.example/codes', code: 'OTHER' }] };
  await adapter.send({ ...buildLocalCount('i', 'exam'), code: other });
  await adapter.send(buildLocalCount('hh'));
  expect(await decideOnly('platelets')).toMatchObject({ rerun: { resources: 1, mapped: 1 } });
});
