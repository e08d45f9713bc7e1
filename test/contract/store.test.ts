import { describe, expect, test } from '@jest/globals';
import type { ResourceVersion } from '../../src/store/inbox-store.ts';
import type { OutboxFailure } from '../../src/store/outbox.ts';
import type { StoreTransaction } from '../../src/store/store.ts';
import type { SubjectWorkNeed } from '../../src/store/work-item-store.ts';
import type { SubjectAssessment } from '../../src/trial/assessment.ts';
import type { LabFact } from '../../src/trial/facts.ts';
import { STORE_KINDS } from '../support/store-kinds.ts';
import { useStore } from '../support/with-store.ts';

const NOW = '2026-03-01T00:00:00.000Z';
const LATER = '2026-03-02T00:00:00.000Z';
const RESOURCE_KEY = { site: 's', resourceType: 'Observation', id: 'o1' };

const buildVersion = (
  body: string | null,
  senderVersion: string | null = null,
): Omit<ResourceVersion, 'version'> => ({
  ...RESOURCE_KEY,
  senderVersion,
  senderUpdated: null,
  receivedAt: NOW,
  door: 'test',
  fhirVersion: '4.0',
  body,
  digest: body,
  retention: 'kept',
  disposition: 'mapped',
});

const buildLabFact = (factKey: string, id: string, day = '2026-03-01'): LabFact => ({
  kind: 'lab',
  key: factKey,
  subject: 'S1',
  at: { text: day, earliestDay: day, latestDay: day, instant: null },
  sources: [{ site: 's', resourceType: 'Observation', id, version: null, element: 'Observation' }],
  analyte: 'platelets',
  measured: { value: '1.50', comparator: null },
  absentReason: null,
  method: 'automated',
  status: 'final',
  original: { code: 'x', value: '1.50', unit: 'u', conversion: null },
});

const buildEntry = (identifier: string, resource: string, subject = 'S1') => ({
  site: 's',
  study: 'st',
  subject,
  identifier,
  resourceType: 'Observation',
  resource,
  provenance: null,
});

const buildFailure = (next: OutboxFailure['next']): OutboxFailure => ({
  code: 'unavailable',
  message: 'HTTP 503',
  failingSince: NOW,
  next,
});

const NEED = {
  site: 's',
  reason: 'unmapped-code',
  group: 'x|1',
  element: 'e',
  detail: 'd',
  fix: 'f',
  waitsFor: null,
};

describe.each(STORE_KINDS)('%s', (_name, prepare) => {
  const testStore = useStore('test', prepare());
  const tx = <T>(work: (tx: StoreTransaction) => Promise<T>) => testStore.store.transaction(work);

  test('a transaction that fails stores nothing, and the next one works', async () => {
    const failing = tx(async (t) => {
      await t.inbox.addVersion(buildVersion('{}'), { identifiers: [], references: [] }, true);
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    expect(await tx((t) => t.inbox.getCurrent(RESOURCE_KEY))).toBeUndefined();
  });

  test('transactions that overlap run one after the other', async () => {
    const add = (body: string) =>
      tx((t) => t.inbox.addVersion(buildVersion(body), { identifiers: [], references: [] }, true));
    expect(await Promise.all([add('1'), add('2'), add('3')])).toEqual([1, 2, 3]);
    expect((await tx((t) => t.inbox.getCurrent(RESOURCE_KEY)))?.body).toBe('3');
  });

  test('a reader sees what was committed, waits for no writer, and cannot write', async () => {
    const add = (t: StoreTransaction) =>
      t.inbox.addVersion(buildVersion('a'), { identifiers: [], references: [] }, true);
    await tx(add);
    let readBody: string | null | undefined;
    await tx(async (t) => {
      await t.inbox.addVersion(buildVersion('b'), { identifiers: [], references: [] }, true);
      readBody = (await testStore.store.read((r) => r.inbox.getCurrent(RESOURCE_KEY)))?.body;
    });
    expect(readBody).toBe('a');
    expect((await testStore.store.read((r) => r.inbox.getCurrent(RESOURCE_KEY)))?.body).toBe('b');
    await expect(testStore.store.read(add)).rejects.toThrow();
  });

  test('when several transactions are committed together, one that fails does not affect the others', async () => {
    const add = (body: string, fail = false) =>
      tx(async (t) => {
        const n = await t.inbox.addVersion(
          { ...buildVersion(body), id: body },
          { identifiers: [], references: [] },
          true,
        );
        if (fail) throw new Error(`no ${body}`);
        return n;
      });
    const results = await Promise.allSettled([add('a'), add('b', true), add('c')]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const stored = await tx((t) => t.inbox.listCurrent());
    expect(stored.map((row) => row.id)).toEqual(['a', 'c']);
  });

  test('what was committed is there after reopening', async () => {
    await tx((t) =>
      t.inbox.addVersion(buildVersion('{"a":1.50}'), { identifiers: ['i|1'], references: [] }, true),
    );
    await testStore.reopen();
    expect(await tx((t) => t.inbox.getCurrent(RESOURCE_KEY))).toMatchObject({
      body: '{"a":1.50}',
      version: 1,
    });
    expect(await tx((t) => t.inbox.findIdsByIdentifier('s', 'Observation', 'i|1'))).toEqual(['o1']);
  });

  test('an older version becomes history and does not change identifiers and references', async () => {
    await tx((t) =>
      t.inbox.addVersion(
        buildVersion('new', '2'),
        { identifiers: ['i|new'], references: ['Medication/m'] },
        true,
      ),
    );
    await tx((t) => t.inbox.addVersion(buildVersion('old', '1'), { identifiers: [], references: [] }, false));
    expect((await tx((t) => t.inbox.getCurrent(RESOURCE_KEY)))?.body).toBe('new');
    expect((await tx((t) => t.inbox.findBySenderVersion(RESOURCE_KEY, '1')))?.body).toBe('old');
    expect(await tx((t) => t.inbox.findIdsByIdentifier('s', 'Observation', 'i|new'))).toEqual(['o1']);
    expect(await tx((t) => t.inbox.listReferrers('s', 'Medication/m'))).toEqual([RESOURCE_KEY]);
  });

  test('every version is listed as it was received, history and deletions included; another site has none', async () => {
    const at = (receivedAt: string, body: string | null) => ({ ...buildVersion(body), receivedAt });
    const nothing = { identifiers: [], references: [] };
    await tx((t) => t.inbox.addVersion(at(NOW, 'a'), nothing, true));
    await tx((t) => t.inbox.addVersion(at(NOW, null), nothing, true));
    await tx((t) => t.inbox.addVersion(at(LATER, 'b'), nothing, true));
    const bodies = async (site: string, before: string) =>
      (await tx((t) => t.inbox.listReceivedBefore(site, before))).map(({ body }) => body);
    expect(await bodies('s', LATER)).toEqual(['a', null]);
    expect(await bodies('s', '2027')).toEqual(['a', null, 'b']);
    expect(await bodies('other', '2027')).toEqual([]);
  });

  test('the identifiers that enrolments state are kept apart from what identifiers mean', async () => {
    const subjectKey = { study: 'st', subject: 'S1' };
    const dates = { enrolledOn: '2026-01-01', consentedOn: '2026-01-01', status: 'on-study' } as const;
    await tx((t) => t.subjects.put({ ...subjectKey, site: 's', ...dates }));
    for (const source of ['enrolment-file', 'ResearchSubject/r'])
      await tx((t) => t.subjects.addEnrolmentIdentifier('s', 'mrn|1', 'st', 'S1', source));
    expect(await tx((t) => t.subjects.listEnrolmentIdentifiers('s'))).toEqual([
      { identifier: 'mrn|1', ...subjectKey },
    ]);
    expect(await tx((t) => t.subjects.listEnrolmentIdentifiers('s', ['mrn|2']))).toEqual([]);
    expect(await tx((t) => t.subjects.listEnrolmentIdentifiers('other'))).toEqual([]);
    expect(await tx((t) => t.subjects.listEnrolmentIdentifiersFor('st', 'S1'))).toEqual(['mrn|1']);
    expect(await tx((t) => t.subjects.findByIdentifiers('s', ['mrn|1']))).toEqual([]);
    const identifiers = ['mrn|1', 'Patient/a', 'Patient/b', 'mrn|0'];
    const links = identifiers.map((identifier) => {
      return {
        ...subjectKey,
        identifier,
        isCurrent: identifier !== 'mrn|0',
        isReplaced: identifier === 'Patient/a',
      };
    });
    await tx((t) => t.subjects.replaceIdentifierLinks('s', identifiers, links));
    expect(await tx((t) => t.subjects.listIdentifierLinks('s', identifiers))).toEqual(
      expect.arrayContaining(links),
    );
    expect(await tx((t) => t.subjects.findByIdentifiers('s', ['mrn|1', 'Patient/a']))).toMatchObject([
      subjectKey,
    ]);
    expect(await tx((t) => t.subjects.findByIdentifiers('s', ['mrn|0']))).toEqual([]);
    // The subject is referred to by the first: a Patient that no other has replaced.
    expect(await tx((t) => t.subjects.listPatientIdentifiers('st', 'S1'))).toEqual([
      'Patient/b',
      'Patient/a',
      'mrn|0',
      'mrn|1',
    ]);
    await tx((t) => t.subjects.replaceIdentifierLinks('s', ['mrn|1'], []));
    expect(await tx((t) => t.subjects.findByIdentifiers('s', ['mrn|1']))).toEqual([]);
    expect(await tx((t) => t.subjects.findByIdentifiers('s', ['Patient/b']))).toMatchObject([subjectKey]);
  });

  test('markers that arrived after the current version are listed, and no other history', async () => {
    const nothing = { identifiers: [], references: [] };
    for (const [digest, retention, inForce] of [
      ['a', 'kept', true],
      ['b', 'marker', false],
      ['c', 'kept', true],
      ['d', 'kept', false],
      ['e', 'marker', false],
      ['f', 'deletion-marker', false],
    ] as const)
      await tx((t) => t.inbox.addVersion({ ...buildVersion(null), digest, retention }, nothing, inForce));
    const markers = await tx((t) => t.inbox.listMarkersAfterCurrent(RESOURCE_KEY));
    expect(markers.map(({ digest }) => digest)).toEqual(['e', 'f']);
    expect(await tx((t) => t.inbox.listMarkersAfterCurrent({ ...RESOURCE_KEY, id: 'other' }))).toEqual([]);
  });

  test('the newest stamps are those of versions with content, by number and by instant', async () => {
    const nothing = { identifiers: [], references: [] };
    for (const [body, senderVersion, senderUpdated] of [
      ['a', '9', '2026-03-01T10:00:00+08:00'],
      ['b', '010', '2026-03-01T03:00:00Z'],
      ['c', null, '2026-03-01T23:00:00+14:00'],
      ['d', 'x7', '2026-03-01T08:00:00Z'],
      [null, '99', '2027-01-01T00:00:00Z'],
    ] as const)
      await tx((t) =>
        t.inbox.addVersion({ ...buildVersion(body, senderVersion), senderUpdated }, nothing, true),
      );
    const { number, ...times } = await tx((t) => t.inbox.findNewestStamps(RESOURCE_KEY));
    expect(Number(number)).toBe(10);
    expect(times).toEqual({
      updatedOfNumbered: '2026-03-01T03:00:00Z',
      updatedOfOthers: '2026-03-01T23:00:00+14:00',
    });
    expect(await tx((t) => t.inbox.findNewestStamps({ ...RESOURCE_KEY, id: 'other' }))).toEqual({
      number: null,
      updatedOfNumbered: null,
      updatedOfOthers: null,
    });
  });

  test('the last versions are listed, and a version that arrives again is counted', async () => {
    const nothing = { identifiers: [], references: [] };
    for (const body of ['a', 'b', 'c'])
      await tx((t) => t.inbox.addVersion(buildVersion(body), nothing, true));
    const last = await tx((t) => t.inbox.listVersions(RESOURCE_KEY, 2));
    expect(last.map(({ body }) => body)).toEqual(['b', 'c']);
    await tx((t) => t.inbox.countRepeat(RESOURCE_KEY, 2, NOW));
    await tx((t) => t.inbox.countRepeat(RESOURCE_KEY, 2, LATER));
    await tx((t) => t.inbox.countRepeat(RESOURCE_KEY, 1, NOW));
    expect(await tx((t) => t.inbox.listRepeats(RESOURCE_KEY))).toEqual([
      { version: 1, repeats: 1, lastAt: NOW },
      { version: 2, repeats: 2, lastAt: LATER },
    ]);
  });

  test('a version is found again by content and number, and without a number by content and time', async () => {
    const nothing = { identifiers: [], references: [] };
    for (const [digest, senderVersion, senderUpdated] of [
      ['a', '1', NOW],
      ['a', null, NOW],
      ['a', null, null],
      ['b', '1', NOW],
    ] as const)
      await tx((t) =>
        t.inbox.addVersion({ ...buildVersion('{}'), digest, senderVersion, senderUpdated }, nothing, false),
      );
    const find = (digest: string, senderVersion: string | null, senderUpdated: string | null) =>
      tx((t) => t.inbox.findRepeated(RESOURCE_KEY, { digest, senderVersion, senderUpdated }));
    expect(await find('a', '1', LATER)).toBe(1);
    expect(await find('a', null, NOW)).toBe(2);
    expect(await find('a', null, null)).toBe(3);
    expect(await find('b', '1', null)).toBe(4);
    expect(await find('b', '2', NOW)).toBeNull();
    expect(await find('a', null, LATER)).toBeNull();
  });

  test('referrers and ids are listed up to a limit, and of one type', async () => {
    const keys = ['Observation', 'Patient'].flatMap((resourceType) =>
      ['x', 'y', 'z'].map((id) => ({ site: 's', resourceType, id })),
    );
    for (const key of keys)
      await tx((t) =>
        t.inbox.addVersion(
          { ...buildVersion('{}'), ...key },
          { identifiers: ['i|1'], references: ['r'] },
          true,
        ),
      );
    const listIds = (among: object) =>
      tx(async (t) => (await t.inbox.listReferrers('s', 'r', among)).map(({ id }) => id));
    expect(await listIds({})).toHaveLength(6);
    expect(await listIds({ resourceType: 'Patient' })).toEqual(['x', 'y', 'z']);
    expect(await listIds({ resourceType: 'Patient', limit: 2 })).toEqual(['x', 'y']);
    expect(await tx((t) => t.inbox.findIdsByIdentifier('s', 'Patient', 'i|1', 2))).toEqual(['x', 'y']);
  });

  test('postponed resources of a site are listed in order, each once, until they are removed', async () => {
    const [first, second, third] = ['b', 'a', 'c'].map((id) => ({ ...RESOURCE_KEY, id }));
    if (!first || !second || !third) throw new Error('no keys');
    await tx((t) => t.postponed.add([first, second]));
    await tx((t) => t.postponed.add([third, first, { ...first, site: 'other' }]));
    expect(await tx((t) => t.postponed.listNext('s', 2))).toEqual([first, second]);
    expect(await tx((t) => t.postponed.listSites())).toEqual(['other', 's']);
    await tx((t) => t.postponed.remove([first, second]));
    expect(await tx((t) => t.postponed.listNext('s', 2))).toEqual([third]);
  });

  test('a fact that two resources state is listed for each, until the resource states it no more', async () => {
    const other = { ...RESOURCE_KEY, id: 'o2' };
    await tx((t) => t.facts.replaceForResource(RESOURCE_KEY, 'st', 'S1', [buildLabFact('k', 'o1')]));
    await tx((t) => t.facts.replaceForResource(other, 'st', 'S1', [buildLabFact('k', 'o2')]));
    const listSources = async () =>
      (await tx((t) => t.facts.listForSubject('st', 'S1'))).map(({ key, sources: [{ id }] }) => [key, id]);
    expect(await listSources()).toEqual([
      ['k', 'o1'],
      ['k', 'o2'],
    ]);
    expect(await tx((t) => t.facts.listSubjects(RESOURCE_KEY))).toEqual([{ study: 'st', subject: 'S1' }]);
    expect(await tx((t) => t.facts.listResources('st', 'S1'))).toEqual([RESOURCE_KEY, other]);
    await tx((t) => t.facts.replaceForResource(RESOURCE_KEY, 'st', 'S1', []));
    expect(await listSources()).toEqual([['k', 'o2']]);
  });

  test('facts are listed by day', async () => {
    const facts = [
      buildLabFact('b', 'o1', '2026-03-09'),
      buildLabFact('a', 'o1', '2026-03-10'),
      buildLabFact('c', 'o1', '2026-03-01'),
    ];
    await tx((t) => t.facts.replaceForResource(RESOURCE_KEY, 'st', 'S1', facts));
    expect((await tx((t) => t.facts.listForSubject('st', 'S1'))).map((f) => f.key)).toEqual(['c', 'b', 'a']);
  });

  test('a need that many resources share is one work item, resolved when the last is released', async () => {
    const other = { ...RESOURCE_KEY, id: 'o2' };
    const id = await tx((t) => t.workItems.hold(NEED, RESOURCE_KEY, NOW));
    expect(await tx((t) => t.workItems.hold(NEED, other, LATER))).toBe(id);
    expect(await tx((t) => t.workItems.list('open'))).toMatchObject([
      { id, count: 2, firstSeen: NOW, lastSeen: LATER },
    ]);
    await tx((t) => t.workItems.release(RESOURCE_KEY));
    expect(await tx((t) => t.workItems.list('open'))).toMatchObject([
      { count: 1, example: 'Observation/o2' },
    ]);
    await tx((t) => t.workItems.release(other));
    expect(await tx((t) => t.workItems.list('open'))).toEqual([]);
    expect(await tx((t) => t.workItems.list('resolved'))).toMatchObject([{ id }]);
  });

  test('a rejected need stays rejected', async () => {
    const id = await tx((t) => t.workItems.hold(NEED, RESOURCE_KEY, NOW));
    expect(await tx((t) => t.workItems.reject(id, null))).toEqual([RESOURCE_KEY]);
    expect(await tx((t) => t.workItems.isRejected('s', 'unmapped-code', 'x|1'))).toBe(true);
    expect(await tx((t) => t.workItems.isRejected('other', 'unmapped-code', 'x|1'))).toBe(false);
  });

  test('an item keeps what a decision would map, and the decision', async () => {
    const about = { kind: 'unit', quantity: 'platelets', spelling: 'Kilo/uL' };
    const id = await tx((t) => t.workItems.hold({ ...NEED, about }, RESOURCE_KEY, NOW));
    expect(await tx((t) => t.workItems.get(id))).toMatchObject({
      about,
      decision: null,
      status: 'open',
      count: 1,
    });
    expect(await tx((t) => t.workItems.listNeeds(RESOURCE_KEY))).toEqual([
      { reason: NEED.reason, group: NEED.group },
    ]);
    expect(await tx((t) => t.workItems.listWaiting(null))).toEqual([RESOURCE_KEY]);
    const decision = { verdict: 'rejected', target: null, by: 'me', at: NOW, why: 'x' } as const;
    await tx((t) => t.workItems.reject(id, decision));
    // The resource waits until it is restated: a process may end in between.
    expect(await tx((t) => t.workItems.listWaiting(id))).toEqual([RESOURCE_KEY]);
    expect(await tx((t) => t.workItems.get(id))).toMatchObject({ decision, status: 'rejected' });
    await tx((t) => t.workItems.accept(id, { ...decision, verdict: 'accepted', target: 'u' }));
    expect(await tx((t) => t.workItems.get(id))).toMatchObject({ status: 'open', decision: { target: 'u' } });
    await tx((t) => t.workItems.release(RESOURCE_KEY, [NEED.reason]));
    expect(await tx((t) => t.workItems.get(id))).toMatchObject({ status: 'open', count: 1 });
    await tx((t) => t.workItems.release(RESOURCE_KEY));
    expect(await tx((t) => t.workItems.get(id))).toMatchObject({ status: 'resolved', count: 0 });
    expect(await tx((t) => t.workItems.get('none'))).toBeUndefined();
  });

  describe('questions about a subject', () => {
    const SUBJECT = { site: 's', study: 'st', subject: 'S1' };
    const QUESTION: SubjectWorkNeed = {
      reason: 'contradictory-facts',
      kind: 'k',
      group: 'st S1 k',
      element: 'Patient.deceased[x]',
      detail: 'd',
      fix: 'f',
      choices: [],
      sources: [
        { site: 's', resourceType: 'Patient', id: 'p1' },
        { site: 's', resourceType: 'AdverseEvent', id: 'a1' },
      ],
      basis: 'grade 5, alive',
    };
    const REJECTED = { verdict: 'rejected', target: null, by: 'me', at: NOW, why: 'both are right' } as const;
    const ask = (needs: readonly SubjectWorkNeed[], now: string) =>
      tx((t) => t.workItems.replaceForSubject(SUBJECT, needs, now));
    const read = async () => {
      const [item] = await tx((t) => t.workItems.listForSubject(SUBJECT));
      if (!item) throw new Error('There is no question.');
      return item;
    };

    test('a question is opened once, not written while it stays the same, and resolved when it is no longer asked', async () => {
      await ask([QUESTION], NOW);
      const opened = await read();
      expect(opened).toMatchObject({
        ...{ status: 'open', study: 'st', subject: 'S1', kind: 'k', count: 2, example: 'AdverseEvent/a1' },
        sources: ['Patient/p1', 'AdverseEvent/a1'],
      });
      await ask([QUESTION], LATER);
      expect(await read()).toEqual(opened);
      await ask([], LATER);
      expect(await read()).toMatchObject({ status: 'resolved', count: 0 });
      await ask([{ ...QUESTION, sources: QUESTION.sources.slice(0, 1) }], LATER);
      expect(await read()).toMatchObject({ id: opened.id, status: 'open', count: 1, lastSeen: LATER });
    });

    test('restating one of the resources neither releases nor lists it', async () => {
      await ask([QUESTION], NOW);
      for (const key of QUESTION.sources) await tx((t) => t.workItems.release(key));
      expect(await read()).toMatchObject({ status: 'open', count: 2 });
      expect(await tx((t) => t.workItems.listWaiting(null))).toEqual([]);
      expect(await tx((t) => t.workItems.listNeeds(QUESTION.sources[0] ?? RESOURCE_KEY))).toEqual([]);
    });

    test('an answer holds until the facts change, and again when they return', async () => {
      await ask([QUESTION], NOW);
      await tx(async (t) =>
        t.workItems.settle((await t.workItems.listForSubject(SUBJECT))[0]?.id ?? '', REJECTED),
      );
      for (const needs of [[QUESTION], [], [QUESTION]]) {
        await ask(needs, LATER);
        expect(await read()).toMatchObject({ status: 'rejected', decision: REJECTED, count: 0 });
      }
      await ask([{ ...QUESTION, basis: 'grade 5, alive, fatal' }], LATER);
      expect(await read()).toMatchObject({ status: 'open', decision: REJECTED, count: 2 });
      await ask([QUESTION], LATER);
      expect(await read()).toMatchObject({ status: 'rejected', count: 0 });
    });

    test('one subject has nothing to do with another, nor with items about resources', async () => {
      await ask([QUESTION], NOW);
      await tx((t) => t.workItems.hold(NEED, RESOURCE_KEY, NOW));
      const other = { ...SUBJECT, subject: 'S2' };
      await tx((t) => t.workItems.replaceForSubject(other, [{ ...QUESTION, group: 'st S2 k' }], NOW));
      await tx((t) => t.workItems.replaceForSubject(other, [], NOW));
      expect(await tx((t) => t.workItems.list('open'))).toMatchObject([
        { subject: null, kind: null, sources: [], choices: [] },
        { subject: 'S1' },
      ]);
    });
  });

  test('the inbox is listed in pages, without superseded and deleted versions; facts are listed by resource', async () => {
    for (const id of ['a', 'b', 'c'])
      await tx((t) =>
        t.inbox.addVersion({ ...buildVersion('{}'), id }, { identifiers: [], references: [] }, true),
      );
    await tx((t) =>
      t.inbox.addVersion({ ...buildVersion('{"n":2}'), id: 'a' }, { identifiers: [], references: [] }, true),
    );
    await tx((t) =>
      t.inbox.addVersion({ ...buildVersion(null), id: 'b' }, { identifiers: [], references: [] }, true),
    );
    const first = await tx((t) => t.inbox.listCurrentPage(0, 1));
    const rest = await tx((t) => t.inbox.listCurrentPage(first[0]?.place ?? 0, 10));
    expect([...first, ...rest].map((row) => row.version.id)).toEqual(['c', 'a']);
    expect(await tx((t) => t.inbox.countCurrent())).toBe(2);
    const fact = buildLabFact('k', 'a');
    await tx((t) => t.facts.replaceForResource({ ...RESOURCE_KEY, id: 'a' }, 'st', 'S1', [fact]));
    expect(await tx((t) => t.facts.listForResource({ ...RESOURCE_KEY, id: 'a' }))).toMatchObject([
      { study: 'st', subject: 'S1', fact: { key: 'k' } },
    ]);
  });

  test('shared values are stored by name', async () => {
    expect(await tx((t) => t.sharedValues.get('n'))).toBeNull();
    await tx((t) => t.sharedValues.put('n', '1'));
    await tx((t) => t.sharedValues.put('n', '2'));
    expect(await tx((t) => t.sharedValues.get('n'))).toBe('2');
  });

  test('an assessment is outdated by other rules, outside its days, and once it has expired; nobody is assessed after withdrawal', async () => {
    const day = '2026-01-01';
    const common = { study: 'st', site: 's', enrolledOn: day, consentedOn: day };
    const put = (subject: string, status: 'on-study' | 'withdrawn') =>
      tx((t) => t.subjects.put({ ...common, subject, status }));
    for (const subject of ['S1', 'S2', 'S3']) await put(subject, subject === 'S3' ? 'withdrawn' : 'on-study');
    await tx((t) => t.subjects.put({ ...common, subject: 'S4', site: 'other', status: 'on-study' }));
    const assessment: SubjectAssessment = {
      dayZero: null,
      severity: 'unknown',
      severityTrace: [],
      assessments: [],
      deviations: [],
      proposals: [],
    };
    const validity = { rules: 'r', asOf: '2026-03-02', unchangedUntil: '2026-03-05' };
    await tx((t) => t.assessments.put({ study: 'st', subject: 'S1' }, assessment, validity, NOW));
    const listMarked = async (today: string, rules: string | null = 'r') => {
      const marked = await tx((t) => t.subjects.markOutdated({ study: 'st', site: 's', rules, today }));
      const due = await tx((t) => t.subjects.listDueForAssessment(10));
      expect(due).toHaveLength(marked);
      for (const { subject } of due)
        await tx(async ({ subjects }) => {
          const mark = (await subjects.claimForAssessment('st', subject)) ?? 0;
          await subjects.clearAssessmentMark('st', subject, mark);
        });
      return due.map(({ subject }) => subject).sort();
    };
    for (const today of ['2026-03-02', '2026-03-05']) expect(await listMarked(today)).toEqual(['S2']);
    for (const today of ['2026-03-01', '2026-03-06']) expect(await listMarked(today)).toEqual(['S1', 'S2']);
    for (const rules of ['other', null]) expect(await listMarked('2026-03-02', rules)).toEqual(['S1', 'S2']);
    await tx((t) => t.assessments.expire({ study: 'st', subject: 'S1' }));
    expect(await listMarked('2026-03-02')).toEqual(['S1', 'S2']);
  });

  test('a mark that is set during a re-evaluation survives it', async () => {
    const subject = {
      study: 'st',
      subject: 'S1',
      site: 's',
      enrolledOn: '2026-01-01',
      consentedOn: '2026-01-01',
    };
    await tx((t) => t.subjects.put({ ...subject, status: 'on-study' }));
    await tx((t) => t.subjects.markForAssessment('st', 'S1'));
    expect(await tx((t) => t.subjects.listDueForAssessment(10))).toEqual([
      { study: 'st', subject: 'S1', site: 's' },
    ]);
    const mark = (await tx((t) => t.subjects.claimForAssessment('st', 'S1'))) ?? 0;
    await tx((t) => t.subjects.markForAssessment('st', 'S1'));
    await tx((t) => t.subjects.clearAssessmentMark('st', 'S1', mark));
    expect(await tx((t) => t.subjects.claimForAssessment('st', 'S1'))).toBe(mark + 1);
    await tx((t) => t.subjects.clearAssessmentMark('st', 'S1', mark + 1));
    expect(await tx((t) => t.subjects.listDueForAssessment(10))).toEqual([]);
    expect(await tx((t) => t.subjects.claimForAssessment('st', 'S1'))).toBeNull();
  });

  test('only the latest content is handed out, and equal content is not new', async () => {
    await tx((t) => t.outbox.enqueue(buildEntry('i|1', 'a'), NOW));
    await tx((t) => t.outbox.enqueue(buildEntry('i|1', 'a'), NOW));
    await tx((t) => t.outbox.enqueue(buildEntry('i|1', 'b'), NOW));
    expect(await tx((t) => t.outbox.takeDue(LATER, ['s'], 9))).toMatchObject([
      { resource: 'b', generation: 2 },
    ]);
  });

  test('the delivery of older content does not hide newer content', async () => {
    await tx((t) => t.outbox.enqueue(buildEntry('i|1', 'a'), NOW));
    const [sent] = await tx((t) => t.outbox.takeDue(LATER, ['s'], 9));
    if (!sent) throw new Error('nothing due');
    await tx((t) => t.outbox.enqueue(buildEntry('i|1', 'b'), NOW));
    await tx((t) => t.outbox.markDelivered(sent, 'Observation/9/_history/1'));
    expect(await tx((t) => t.outbox.get('s', 'i|1'))).toMatchObject({
      state: 'pending',
      location: 'Observation/9/_history/1',
    });
  });

  test('nothing is handed out for a paused site, new entries included, until it is resumed', async () => {
    expect(await tx((t) => t.outbox.changeState('pending', 'paused', 's', NOW))).toBe(0);
    await tx((t) => t.outbox.enqueue(buildEntry('i|1', 'a'), NOW));
    await tx((t) => t.outbox.enqueue({ ...buildEntry('i|1', 'a'), site: 'other' }, NOW));
    expect(await tx((t) => t.outbox.hasDue(NOW, ['s']))).toBe(false);
    expect(await tx((t) => t.outbox.takeDue(NOW, ['s'], 9))).toEqual([]);
    expect(await tx((t) => t.outbox.hasDue(NOW, ['other']))).toBe(true);
    expect(await tx((t) => t.outbox.list({ state: 'paused' }))).toMatchObject([
      { site: 's', state: 'paused' },
    ]);
    expect(await tx((t) => t.outbox.changeState('paused', 'pending', 's', NOW))).toBe(1);
    expect(await tx((t) => t.outbox.hasDue(NOW, ['s']))).toBe(true);
  });

  test('when all sites are paused and one is resumed, the others stay paused', async () => {
    await tx((t) => t.outbox.enqueue(buildEntry('i|1', 'a'), NOW));
    await tx((t) => t.outbox.enqueue({ ...buildEntry('i|1', 'a'), site: 'other' }, NOW));
    await tx((t) => t.outbox.changeState('pending', 'paused', null, NOW));
    expect(await tx((t) => t.outbox.hasDue(NOW, ['s', 'other']))).toBe(false);
    await tx((t) => t.outbox.changeState('paused', 'pending', 's', NOW));
    expect(await tx((t) => t.outbox.hasDue(NOW, ['s']))).toBe(true);
    expect(await tx((t) => t.outbox.hasDue(NOW, ['other']))).toBe(false);
  });

  test('an entry that was never handed out can be removed, others cannot', async () => {
    await tx((t) => t.outbox.enqueue(buildEntry('i|1', 'a'), NOW));
    expect(await tx((t) => t.outbox.removeUnsent('s', 'i|1'))).toBe(true);
    expect(await tx((t) => t.outbox.get('s', 'i|1'))).toBeUndefined();
    await tx((t) => t.outbox.enqueue(buildEntry('i|1', 'a'), NOW));
    expect(await tx((t) => t.outbox.takeDue(NOW, ['s'], 9))).toMatchObject([{ generation: 1, handedOut: 0 }]);
    await tx((t) => t.outbox.enqueue(buildEntry('i|1', 'b'), NOW));
    expect(await tx((t) => t.outbox.removeUnsent('s', 'i|1'))).toBe(false);
    expect(await tx((t) => t.outbox.takeDue(NOW, ['s'], 9))).toMatchObject([{ generation: 2, handedOut: 1 }]);
    expect(await tx((t) => t.outbox.get('s', 'i|1'))).toMatchObject({ generation: 2, handedOut: 2 });
  });

  test('a failed entry is due at its next attempt; dead and paused entries are not due', async () => {
    await tx((t) => t.outbox.enqueue(buildEntry('i|1', 'a'), NOW));
    const [entry] = await tx((t) => t.outbox.takeDue(NOW, ['s'], 9));
    if (!entry) throw new Error('nothing due');
    await tx((t) => t.outbox.recordFailure(entry, buildFailure({ at: LATER })));
    expect(await tx((t) => t.outbox.takeDue(NOW, ['s'], 9))).toEqual([]);
    expect(await tx((t) => t.outbox.takeDue(LATER, ['s'], 9))).toMatchObject([
      { attempts: 1, lastError: 'HTTP 503', failureCode: 'unavailable', failingSince: NOW },
    ]);
    expect(await tx((t) => t.outbox.takeDue(LATER, ['other'], 9))).toEqual([]);
    await tx((t) => t.outbox.recordFailure(entry, buildFailure('dead')));
    expect(await tx((t) => t.outbox.takeDue(LATER, ['s'], 9))).toEqual([]);
    expect(await tx((t) => t.outbox.changeState('dead', 'pending', 's', NOW))).toBe(1);
    expect(await tx((t) => t.outbox.get('s', 'i|1'))).toMatchObject({
      attempts: 0,
      lastError: 'HTTP 503',
      failureCode: 'unavailable',
      failingSince: null,
    });
    expect(await tx((t) => t.outbox.changeState('pending', 'paused', null, NOW))).toBe(1);
    await tx((t) => t.outbox.enqueue(buildEntry('i|1', 'b'), NOW));
    expect(await tx((t) => t.outbox.takeDue(LATER, ['s'], 9))).toEqual([]);
  });

  test('the outbox keeps what the EHR may hold: the last content delivered, and all handed out since', async () => {
    const listSaid = async () => (await tx((t) => t.outbox.get('s', 'i|1')))?.said;
    const takeOne = async () => {
      const [entry] = await tx((t) => t.outbox.takeDue(LATER, ['s'], 9));
      if (!entry) throw new Error('nothing due');
      return entry;
    };
    await tx((t) => t.outbox.enqueue(buildEntry('i|1', 'a'), NOW));
    expect(await takeOne()).toMatchObject({ said: [] });
    const again = await takeOne();
    await tx((t) => t.outbox.recordFailure(again, buildFailure({ at: LATER })));
    expect(await listSaid()).toEqual(['a']);
    await tx((t) => t.outbox.enqueue(buildEntry('i|1', 'b'), NOW));
    expect(await takeOne()).toMatchObject({ said: ['a'] });
    await tx((t) => t.outbox.enqueue(buildEntry('i|1', 'c'), NOW));
    const last = await takeOne();
    expect(await listSaid()).toEqual(['a', 'b', 'c']);
    await tx((t) => t.outbox.markDelivered(last, 'Observation/1/_history/1'));
    expect(await listSaid()).toEqual(['c']);
  });

  test.each([
    ['Observation/1/_history/4', 'Observation/1/_history/4'],
    [null, null],
  ])(
    'what somebody else left in the EHR (%s) is replaced only when an operator decides so',
    async (conflictLocation, location) => {
      await tx((t) => t.outbox.enqueue(buildEntry('i|1', 'a'), NOW));
      const [entry] = await tx((t) => t.outbox.takeDue(NOW, ['s'], 9));
      if (!entry) throw new Error('nothing due');
      await tx((t) => t.outbox.markDelivered(entry, 'Observation/1/_history/1'));
      await tx((t) => t.outbox.enqueue(buildEntry('i|1', 'b'), NOW));
      const [next] = await tx((t) => t.outbox.takeDue(NOW, ['s'], 9));
      if (!next) throw new Error('nothing due');
      expect(await tx((t) => t.outbox.overwrite('s', 'i|1', LATER))).toBe(false);
      await tx((t) => t.outbox.recordFailure(next, buildFailure('dead'), conflictLocation));
      expect(await tx((t) => t.outbox.get('s', 'i|1'))).toMatchObject({
        location: 'Observation/1/_history/1',
      });
      expect(await tx((t) => t.outbox.overwrite('s', 'i|1', LATER))).toBe(true);
      expect(await tx((t) => t.outbox.get('s', 'i|1'))).toMatchObject({ state: 'pending', location });
    },
  );

  test('sealed payloads are taken once, by any of the patient’s identifiers, or destroyed in time', async () => {
    const payload = (resourceHash: string, destroyAfter: string) => ({
      site: 's',
      patientHashes: ['p1', 'p2'],
      resourceHash,
      contentHash: 'c',
      ciphertext: Buffer.from('x'),
      wrappedKey: Buffer.from('key'),
      receivedAt: NOW,
      destroyAfter,
    });
    expect(await tx((t) => t.sealedPayloads.put(payload('r1', LATER)))).toBe(true);
    expect(await tx((t) => t.sealedPayloads.put(payload('r1', LATER)))).toBe(false);
    expect(await tx((t) => t.sealedPayloads.put(payload('r2', '2027-01-01T00:00:00.000Z')))).toBe(true);
    expect(await tx((t) => t.sealedPayloads.destroyDue(LATER))).toEqual([{ site: 's', resourceHash: 'r1' }]);
    expect((await tx((t) => t.sealedPayloads.take('s', ['p2']))).map((p) => p.resourceHash)).toEqual(['r2']);
    expect(await tx((t) => t.sealedPayloads.take('s', ['p1']))).toEqual([]);
    expect(await tx((t) => t.sealedPayloads.count())).toBe(0);
  });
});
