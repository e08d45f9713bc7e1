import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Fact, LabFact } from '../../src/trial/facts.ts';
import { STORE_KINDS } from '../support/store-kinds.ts';
import { useStore, withStore } from '../support/with-store.ts';

const RUNS = Number(process.env.FACT_LIST_RUNS ?? 25);

class Undone extends Error {}

function buildFact(id: string, day: number, key: string, value: number): LabFact {
  const text = `2026-03-0${day}`;
  return {
    kind: 'lab',
    key,
    subject: 'S1',
    at: { text, earliestDay: text, latestDay: text, instant: null },
    sources: [{ site: 's', resourceType: 'Observation', id, version: null, element: 'Observation' }],
    analyte: 'platelets',
    measured: { value: String(value), comparator: null },
    absentReason: null,
    method: 'automated',
    status: 'final',
    original: { code: 'x', value: String(value), unit: 'u', conversion: null },
  };
}

/** Facts that one resource states: some share day and key with those of others, and keys sort otherwise in UTF-16. */
const changes = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd'),
  subject: fc.constantFrom('S1', 'S1', 'S1', 'S2'),
  facts: fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom('k', '\u{1f489}', '\uffee')), {
    maxLength: 3,
  }),
  isUndone: fc.boolean(),
  isRead: fc.boolean(),
});

describe.each(STORE_KINDS)('%s', (_name, prepare) => {
  const testStore = useStore('test', prepare());

  test('after any changes, undone ones too, the facts of a subject are those that another connection reads', () => {
    const { store } = testStore;
    return fc.assert(
      fc.asyncProperty(fc.array(changes, { minLength: 2, maxLength: 12 }), async (sequence) => {
        for (const { id, subject, facts, isUndone, isRead } of sequence) {
          const stated: Fact[] = facts.map(([day, key], value) => buildFact(id, day, key, value));
          const key = { site: 's', resourceType: 'Observation', id };
          const work = store.transaction(async (tx) => {
            await tx.facts.replaceForResource(key, 'st', subject, stated);
            if (isRead) await tx.facts.listForSubject('st', subject);
            if (isUndone) throw new Undone();
          });
          await work.catch((cause: unknown) => expect(cause).toBeInstanceOf(Undone));
          const list = await store.transaction((tx) => tx.facts.listForSubject('st', subject));
          expect(list).toEqual(await store.read((tx) => tx.facts.listForSubject('st', subject)));
        }
      }),
      { numRuns: RUNS },
    );
  });
});

test('a fact that has not changed stays the same object; what another process wrote is read', () =>
  withStore({}, async ({ store }) => {
    const write = (id: string, value: number) =>
      store.transaction((tx) =>
        tx.facts.replaceForResource({ site: 's', resourceType: 'Observation', id }, 'st', 'S1', [
          buildFact(id, 1, id, value),
        ]),
      );
    const list = () => store.transaction((tx) => tx.facts.listForSubject('st', 'S1'));
    await write('a', 1);
    const [first] = await list();
    await write('b', 2);
    const [same, added] = await list();
    expect(same).toBe(first);
    expect(added).toMatchObject({ measured: { value: '2' } });
  }));
