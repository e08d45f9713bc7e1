import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type Sqlite from 'better-sqlite3-multiple-ciphers';
import fc from 'fast-check';
import { createNameHash } from '../../src/audit/name-hash.ts';
import { verifyTrail } from '../../src/audit/verify-trail.ts';
import { Failure } from '../../src/errors.ts';
import { destroyDuePayloads } from '../../src/pipeline/receive/sealing.ts';
import { createAuditedStore } from '../../src/store/audited/audited-store.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { withFolder } from '../support/with-folder.ts';
import { connectSqlite } from '../support/with-sqlite.ts';
import { type PipelineSandbox, runInSandbox, SANDBOX_SITE } from './pipeline-sandbox.ts';
import { buildSentEnrolment, type VersionHistory, withVersionId } from './sent-resources.ts';
import {
  generateDeletions,
  generateEvents,
  generateHistories,
  HISTORY_COUNT,
  type StoryEvent,
} from './story-arbitraries.ts';

/**
 * Whatever a transaction changes has an entry in the audit trail. Triggers in the database itself see each change of a table;
 * after each step of a random history the entries that it appended must account for all of them. A write that somebody adds
 * past the wrapper, or a table that nobody has thought of, is found here.
 */

/** A change of a table, with the actions of which one must be among the entries of the same transaction. */
interface WatchedChange {
  readonly table: string;
  readonly operation: 'INSERT' | 'DELETE' | 'UPDATE' | `UPDATE OF ${string}`;
  /** SQL: the rows whose change counts. */
  readonly when?: string;
  readonly actions: RegExp;
  /** Whether each changed row has an entry of its own. */
  readonly isEach?: boolean;
}

const ANY_ACTION = /./;

const CHANGES: readonly WatchedChange[] = [
  {
    ...{ table: 'resource_version', operation: 'INSERT', isEach: true },
    actions: /^resource\.(created|updated|kept|deleted|withheld)$|^adjudication\./,
  },
  { table: 'resource_version', operation: 'UPDATE', actions: ANY_ACTION },
  { table: 'resource_version', operation: 'DELETE', actions: /^subject\.erased$/ },
  { table: 'erasure', operation: 'INSERT', actions: /^subject\.erased$/, isEach: true },
  ...[
    'resource_identifier',
    'resource_reference',
    'patient_name',
    'subject_patient',
    'contested_identifier',
  ].flatMap((table) => [
    { table, operation: 'INSERT', actions: ANY_ACTION } as const,
    { table, operation: 'DELETE', actions: ANY_ACTION } as const,
  ]),
  { table: 'statement', operation: 'INSERT', actions: /^(resource|adjudication|facts|work-item)\./ },
  { table: 'statement', operation: 'DELETE', actions: /^(resource|adjudication|facts|work-item)\./ },
  { table: 'subject', operation: 'INSERT', actions: /^subject\.enrolled$/, isEach: true },
  {
    ...{ table: 'subject', operation: 'UPDATE OF site, enrolled_on, consented_on, status' },
    ...{ actions: /^subject\./, when: 'NEW.status <> OLD.status OR NEW.enrolled_on <> OLD.enrolled_on' },
  },
  { table: 'judgement', operation: 'INSERT', actions: /^assessment\.made$/, isEach: true },
  {
    ...{ table: 'judgement', operation: 'UPDATE OF judgement', when: 'NEW.judgement <> OLD.judgement' },
    ...{ actions: /^assessment\.changed$/, isEach: true },
  },
  { table: 'work_decision', operation: 'INSERT', actions: /^work-item\./, isEach: true },
  { table: 'subject_key', operation: 'UPDATE', actions: /^(subject\.erased|retention\.applied)$/ },
  { table: 'sealed', operation: 'INSERT', actions: /^payload\.sealed$/, isEach: true },
  { table: 'sealed', operation: 'DELETE', actions: /^payload\.(unsealed|destroyed)$/, isEach: true },
  { table: 'outbox', operation: 'INSERT', actions: /^write-back\.queued$/ },
  { table: 'outbox', operation: 'DELETE', actions: /^write-back\.queued$/ },
  {
    ...{
      table: 'outbox',
      operation: 'UPDATE OF state',
      when: `NEW.state <> OLD.state AND NEW.state = 'delivered'`,
    },
    ...{ actions: /^write-back\.delivered$/, isEach: true },
  },
  {
    ...{
      table: 'outbox',
      operation: 'UPDATE OF state',
      when: `NEW.state <> OLD.state AND NEW.state <> 'delivered'`,
    },
    actions: /^write-back\.(queued|dead|moved|overwrite)$/,
  },
  { table: 'decision_log', operation: 'INSERT', actions: /^decision\.made$/, isEach: true },
  { table: 'person_session', operation: 'INSERT', actions: /^person\.signed-in$/, isEach: true },
  { table: 'person_session', operation: 'DELETE', actions: /^person\.signed-out$/ },
  { table: 'paused_site', operation: 'INSERT', actions: /^write-back\.moved$/ },
  { table: 'paused_site', operation: 'DELETE', actions: /^write-back\.moved$/ },
];

/**
 * What has no entry. What is remembered of erased persons comes with the record of the erasure. Numbers, heartbeats and what waits are no data; a key is made for content that has an entry; that a version
 * arrived again changes nothing. That a work item was opened or closed follows from data and decisions, which have entries; of
 * the shared values, test/store/audited has the rule.
 */
const UNWATCHED = [
  ...[
    'resource',
    'heartbeat',
    'postponed',
    'used_assertion',
    'repeated_version',
    'subject_key',
    'sealed_key',
  ],
  ...['erased_person', 'erased_work_item'],
  ...['work_item', 'work_waiting', 'sealed_patient', 'note', 'audit_entry', 'audit_head'],
];

const nameTrigger = (index: number): string => `watched_${index}`;

/** Adds the triggers to the database: each notes which change was made. */
function addTriggers(database: Sqlite.Database): void {
  database.exec('CREATE TABLE watched (change INTEGER NOT NULL)');
  for (const [index, { table, operation, when }] of CHANGES.entries()) {
    database.exec(`CREATE TRIGGER ${nameTrigger(index)} AFTER ${operation} ON ${table}
      ${when === undefined ? '' : `WHEN ${when}`} BEGIN INSERT INTO watched VALUES (${index}); END`);
  }
}

/** Lists the changes of the last step that no entry accounts for, and forgets the step. */
function listUnaccounted(database: Sqlite.Database, entriesBefore: number): readonly string[] {
  const changed = database
    .prepare<[], { change: number; rows: number }>(
      'SELECT change, count(*) AS rows FROM watched GROUP BY change',
    )
    .all();
  database.exec('DELETE FROM watched');
  const entries = database
    .prepare<[number], { action: string; count: number }>(
      `SELECT entry ->> '$.action' AS action, coalesce(entry ->> '$.count', 1) AS count
       FROM audit_entry WHERE seq > ?`,
    )
    .all(entriesBefore);
  return changed.flatMap(({ change, rows }) => {
    const watched = CHANGES[change];
    if (!watched) return [];
    const found = entries.filter(({ action }) => watched.actions.test(action));
    const accounted = found.reduce((sum, { count }) => sum + count, 0);
    const isAccounted = watched.isEach ? accounted >= rows : found.length > 0;
    const actions = entries.map(({ action }) => action).join(' ') || 'none';
    return isAccounted ? [] : [`${watched.operation} ${watched.table} × ${rows}, entries: ${actions}`];
  });
}

const countEntries = (database: Sqlite.Database): number =>
  database.prepare<[], number>('SELECT count(*) FROM audit_entry').pluck().get() ?? 0;

type StepEvent =
  | StoryEvent
  | { readonly kind: 'enrol'; readonly patient: number }
  | { readonly kind: 'status'; readonly patient: number; readonly status: string; readonly version: number }
  | { readonly kind: 'destroy' | 'reject' | 'pause' | 'resume' | 'fail' };

interface Story {
  readonly said: readonly VersionHistory[];
  readonly events: readonly StepEvent[];
}

const stories: fc.Arbitrary<Story> = fc
  .record({
    said: generateHistories(fc.constantFrom('id', 'mrn')),
    gone: generateDeletions(HISTORY_COUNT, 4),
    statuses: fc.array(
      fc.record({
        kind: fc.constant('status' as const),
        patient: fc.constantFrom(0, 1, 2, 3),
        status: fc.constantFrom('on-study', 'off-study', 'withdrawn', 'withdrawn'),
        version: fc.integer({ min: 1, max: 9 }),
      }),
      { maxLength: 6 },
    ),
    enrolled: fc.subarray([0, 1, 2, 3]),
  })
  .chain(({ said, gone, statuses, enrolled }) => {
    const enrolments = enrolled.map((patient) => ({ kind: 'enrol', patient }) as const);
    const operations = (['destroy', 'reject', 'pause', 'resume', 'fail'] as const).map((kind) => ({ kind }));
    const more: readonly StepEvent[] = [...gone, ...statuses, ...enrolments, ...operations, ...operations];
    return generateEvents<StepEvent>(said, more).map((events) => ({ said, events }));
  });

const FAILURE = { code: 'refused', message: 'HTTP 422', failingSince: '2026-06-01T12:00:00.000Z' };

async function failDue({ tx }: PipelineSandbox): Promise<void> {
  for (const entry of await tx.outbox.takeDue('2026-06-01T12:00:00.000Z', [SANDBOX_SITE], 1))
    await tx.outbox.recordFailure(entry, { ...FAILURE, next: 'dead' });
}

async function rejectItem({ tx }: PipelineSandbox): Promise<void> {
  const [item] = await tx.workItems.list('open');
  const decision = {
    verdict: 'rejected',
    target: null,
    by: 'M. Li',
    at: FAILURE.failingSince,
    why: null,
  } as const;
  if (!item) return;
  if (item.subject === null) await tx.workItems.reject(item.id, decision);
  else await tx.workItems.settle(item.id, decision);
}

const AT = '2026-06-01T12:00:00.000Z';

/** What each event does that is not a version. */
const STEPS: Readonly<Record<string, (sandbox: PipelineSandbox) => Promise<unknown>>> = {
  judge: (sandbox) => sandbox.assessDirty(),
  deliver: (sandbox) => sandbox.deliverAll(),
  destroy: ({ tx }) => destroyDuePayloads(tx, '2027-01-01T00:00:00.000Z'),
  reject: rejectItem,
  fail: failDue,
  pause: ({ tx }) => tx.outbox.changeState('pending', 'paused', SANDBOX_SITE, AT),
  resume: ({ tx }) => tx.outbox.changeState('paused', 'pending', SANDBOX_SITE, AT),
};

async function runStep(sandbox: PipelineSandbox, { said }: Story, event: StepEvent): Promise<void> {
  if (event.kind === 'version') {
    const sent = said[event.key]?.versions[event.version];
    if (sent) await sandbox.send(withVersionId(sent, event.version + 1));
  } else if (event.kind === 'delete') {
    const { resourceType = '', id = '' } = said[event.key] ?? {};
    await sandbox.deleteResource(resourceType, id);
  } else if (event.kind === 'enrol') await sandbox.enrol(`S${event.patient}`, `Patient/p${event.patient}`);
  else if (event.kind === 'status')
    await sandbox.send(withVersionId(buildSentEnrolment(event.patient, event.status), event.version));
  else await STEPS[event.kind]?.(sandbox);
}

/** Plays a story, each event in a transaction of its own; returns what no entry accounts for. */
async function listGaps(store: Store, database: Sqlite.Database, story: Story): Promise<readonly string[]> {
  const gaps: string[] = [];
  for (const event of story.events) {
    const before = countEntries(database);
    try {
      await runInSandbox(store, (sandbox) => runStep(sandbox, story, event));
    } catch (cause) {
      // An enrolment may be refused; then nothing was stored.
      if (!(cause instanceof Failure)) throw cause;
    }
    gaps.push(...listUnaccounted(database, before).map((gap) => `${event.kind}: ${gap}`));
  }
  return gaps;
}

const settings = { hashes: createNameHash(Buffer.alloc(32, 7)), now: () => new Date(AT) };

/** Runs the work on a new store, `wrap`ped, whose changes are watched. */
const withWatchedStore = <T>(
  wrap: (store: Store) => Store,
  work: (store: Store, database: Sqlite.Database) => Promise<T>,
): Promise<T> =>
  withFolder(async ({ path }) => {
    const file = join(path, 'store.db');
    const raw = openSqliteStore(file);
    const database = connectSqlite(file);
    try {
      addTriggers(database);
      return await work(wrap(raw), database);
    } finally {
      database.close();
      await raw.close();
    }
  });

const RUNS = Number(process.env.AUDIT_RUNS ?? 15);

test('every change of a random history has an entry, and the chain holds', async () => {
  let entries = 0;
  await fc.assert(
    fc.asyncProperty(stories, (story) =>
      withWatchedStore(
        (store) => createAuditedStore(store, settings),
        async (store, database) => {
          expect(await listGaps(store, database, story)).toEqual([]);
          const report = await store.read((tx) => verifyTrail(tx.audit, { keys: null, copy: null }));
          expect(report.findings).toEqual([]);
          entries += report.entries;
        },
      ),
    ),
    { numRuns: RUNS },
  );
  expect(entries).toBeGreaterThan(RUNS * 5);
});

test('the control: without the wrapper, and with a write past it, gaps are found', async () => {
  const [story] = fc.sample(stories, { numRuns: 1, seed: 3 });
  if (!story) throw new Error('There is no story.');
  const withoutTrail = (store: Store) => store;
  const gaps = await withWatchedStore(withoutTrail, (store, database) => listGaps(store, database, story));
  expect(gaps.length).toBeGreaterThan(3);

  /** A store whose inbox is that below the wrapper. */
  const pastWrapper = (store: Store): Store => {
    const audited = createAuditedStore(store, settings);
    return {
      ...audited,
      transaction: (work, scope) =>
        store.transaction(
          (raw) =>
            createAuditedStore({ ...store, transaction: (inner) => inner(raw) }, settings).transaction((tx) =>
              work({ ...tx, inbox: raw.inbox }),
            ),
          scope,
        ),
    };
  };
  const missed = await withWatchedStore(pastWrapper, (store, database) => listGaps(store, database, story));
  expect(missed.some((gap) => gap.includes('INSERT resource_version'))).toBe(true);
});

test('every table is watched, or named as one that needs no entry', async () => {
  await withWatchedStore(
    (store) => store,
    async (_store, database) => {
      const tables = database
        .prepare<[], string>(
          `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'watched'`,
        )
        .pluck()
        .all();
      const known = [...CHANGES.map(({ table }) => table), ...UNWATCHED];
      expect(tables.filter((table) => !known.includes(table))).toEqual([]);
    },
  );
});
