import { describe, expect, test } from '@jest/globals';
import type { DecisionFilter, LoggedDecision } from '../../src/store/decision-log.ts';
import type { PersonSession, SessionSelection } from '../../src/store/person-sessions.ts';
import { STORE_KINDS } from '../support/store-kinds.ts';
import { useStore } from '../support/with-store.ts';

const buildDecision = (record: string, site: string | null): Omit<LoggedDecision, 'seq'> => ({
  kind: 'work-item',
  record,
  site,
  study: null,
  subject: null,
  decision: { verdict: 'accepted', target: 'platelets', entry: null },
  by: 'M. Li',
  at: '2026-03-01T00:00:00.000Z',
  why: null,
  systemUser: 'mli',
  signed: null,
});

const buildSession = (idHash: string, subject: string, more: Partial<PersonSession> = {}): PersonSession => ({
  idHash,
  issuer: 'https://id.example',
  subject,
  name: 'Prof. A. Novak',
  roles: ['investigator'],
  sites: ['site-1'],
  authenticatedAt: '2026-03-01T08:00:00.000Z',
  contextClass: null,
  methods: ['pwd', 'otp'],
  issuerSession: null,
  startedAt: '2026-03-01T08:00:00.000Z',
  lastSeenAt: '2026-03-01T08:00:00.000Z',
  expiresAt: '2026-03-01T16:00:00.000Z',
  ...more,
});

describe.each(STORE_KINDS)('people on %s', (_name, prepare) => {
  const testStore = useStore('test', prepare());

  describe('the history of decisions', () => {
    test('is listed in order, by record, by site and in pages', async () => {
      await testStore.store.transaction(async (tx) => {
        await tx.decisions.add(buildDecision('W-1', 's1'));
        await tx.decisions.add(buildDecision('W-2', 's2'));
        await tx.decisions.add({ ...buildDecision('set|1', null), kind: 'criteria-set' });
        await tx.decisions.add({ ...buildDecision('W-1', 's1'), by: 'Dr B. Li' });
      });
      const list = (filter: DecisionFilter) => testStore.store.read((tx) => tx.decisions.list(filter));
      const all = await list({});
      expect(all.map(({ record }) => record)).toEqual(['W-1', 'W-2', 'set|1', 'W-1']);
      expect(all[0]).toEqual({ seq: all[0]?.seq, ...buildDecision('W-1', 's1') });
      expect((await list({ kind: 'work-item', record: 'W-1' })).map(({ by }) => by)).toEqual([
        'M. Li',
        'Dr B. Li',
      ]);
      expect((await list({ sites: ['s2'] })).map(({ record }) => record)).toEqual(['W-2']);
      expect(await list({ after: all[1]?.seq ?? 0, limit: 1 })).toEqual([all[2]]);
    });
  });

  test('a transaction of a site adds to the history of that site, and reads it', async () => {
    const scope = { site: 's1', part: 'site' } as const;
    await testStore.store.transaction(async (tx) => {
      await tx.decisions.add(buildDecision('W-1', 's1'));
      expect(await tx.decisions.list({ kind: 'work-item', record: 'W-1' })).toMatchObject([{ by: 'M. Li' }]);
    }, scope);
    expect((await testStore.store.read((tx) => tx.decisions.list({}))).length).toBe(1);
  });

  describe('sessions', () => {
    const listIds = async () =>
      (await testStore.store.read((tx) => tx.personSessions.list())).map(({ idHash }) => idHash);

    test('are found, used, and ended one by one, by person and by the session at the issuer', async () => {
      await testStore.store.transaction(async (tx) => {
        await tx.personSessions.add(buildSession('a', 'novak'));
        await tx.personSessions.add(buildSession('b', 'novak', { issuerSession: 'x' }));
        await tx.personSessions.add(buildSession('c', 'li', { issuerSession: 'y' }));
        await tx.personSessions.add(buildSession('d', 'li', { issuer: 'https://other.example' }));
        await tx.personSessions.touch('a', '2026-03-01T09:00:00.000Z');
      });
      expect(await testStore.store.read((tx) => tx.personSessions.find('a'))).toEqual(
        buildSession('a', 'novak', { lastSeenAt: '2026-03-01T09:00:00.000Z' }),
      );
      expect(await testStore.store.read((tx) => tx.personSessions.find('z'))).toBeUndefined();
      const issuer = 'https://id.example';
      const end = (selection: SessionSelection) =>
        testStore.store.transaction((tx) => tx.personSessions.end(selection));
      expect(await end({ issuer, issuerSession: 'y' })).toBe(1);
      expect(await end({ issuer, subject: 'novak' })).toBe(2);
      expect(await listIds()).toEqual(['d']);
      expect(await end({ idHash: 'd' })).toBe(1);
      expect(await listIds()).toEqual([]);
    });

    test('are removed when they have expired or were not used', async () => {
      await testStore.store.transaction(async (tx) => {
        await tx.personSessions.add(buildSession('used', 'novak'));
        await tx.personSessions.add(
          buildSession('idle', 'novak', { lastSeenAt: '2026-03-01T07:00:00.000Z' }),
        );
        await tx.personSessions.add(buildSession('old', 'novak', { expiresAt: '2026-03-01T08:30:00.000Z' }));
        await tx.personSessions.removeExpired('2026-03-01T08:30:00.000Z', '2026-03-01T07:30:00.000Z');
      });
      expect(await listIds()).toEqual(['used']);
    });
  });
});
