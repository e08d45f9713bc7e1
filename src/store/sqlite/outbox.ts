import type { Statement } from 'better-sqlite3-multiple-ciphers';
import type { LastContent, Outbox, OutboxEntry, OutboxFailure, OutboxState } from '../outbox.ts';
import type { Database } from './database.ts';

interface OutboxRow {
  site: string;
  identifier: string;
  study: string;
  subject: string;
  type: string;
  resource: string;
  provenance: string | null;
  generation: number;
  state: OutboxState;
  attempts: number;
  next_attempt_at: string;
  owed_at: string;
  last_error: string | null;
  failure_code: string | null;
  failing_since: string | null;
  location: string | null;
  handed_out: number;
  said: string;
}

interface ListedOutboxRow extends OutboxRow {
  /** The state that operators see: pending entries of a paused site are paused. */
  shown: OutboxState;
}

function toOutboxEntry(row: OutboxRow): OutboxEntry {
  return {
    site: row.site,
    study: row.study,
    subject: row.subject,
    identifier: row.identifier,
    resourceType: row.type,
    resource: row.resource,
    provenance: row.provenance,
    generation: row.generation,
    state: row.state,
    attempts: row.attempts,
    nextAttemptAt: row.next_attempt_at,
    lastError: row.last_error,
    failureCode: row.failure_code,
    failingSince: row.failing_since,
    location: row.location,
    handedOut: row.handed_out,
    said: JSON.parse(row.said) as string[],
  };
}

/** Newer content replaces content that was not delivered, and starts without failures. */
const ENQUEUE = `INSERT INTO outbox
    (site, identifier, study, subject, type, resource, provenance, generation, state, attempts, next_attempt_at, owed_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, 1, 'pending', 0, ?, ?)
  ON CONFLICT (site, identifier) DO UPDATE SET
    study = excluded.study, subject = excluded.subject, resource = excluded.resource,
    provenance = excluded.provenance, generation = generation + 1, state = 'pending',
    attempts = 0, next_attempt_at = excluded.next_attempt_at, owed_at = excluded.owed_at,
    last_error = NULL, failure_code = NULL, failing_since = NULL, seen = NULL
  WHERE resource <> excluded.resource`;

const IS_PAUSED = "EXISTS (SELECT 1 FROM paused_site p WHERE p.site IN (outbox.site, '*'))";

/** Pending entries of a paused site are shown as paused; only the site is stored as paused. */
const SHOWN_STATE = `CASE WHEN state = 'pending' AND ${IS_PAUSED} THEN 'paused' ELSE state END`;

const FIND_FIRST_DUE = `SELECT * FROM outbox
  WHERE state = 'pending' AND site = ? AND next_attempt_at <= ?
  ORDER BY next_attempt_at, owed_at LIMIT 1`;

const LIST_DUE_OF_SUBJECT = `SELECT * FROM outbox
  WHERE state = 'pending' AND next_attempt_at <= ? AND site = ? AND study = ? AND subject = ?
  ORDER BY identifier LIMIT ?`;

const LIST_LAST_CONTENTS = `SELECT identifier, resource, handed_out AS handedOut FROM outbox
  WHERE site = ? AND study = ? AND subject = ? ORDER BY identifier`;

const HAND_OUT = `UPDATE outbox SET
    said = CASE WHEN handed_out = generation THEN said ELSE json_insert(said, '$[#]', resource) END,
    handed_out = generation
  WHERE site = ? AND identifier = ?`;

const MARK_DELIVERED = `UPDATE outbox SET
    location = coalesce(?, location), said = json_array(?),
    last_error = NULL, failure_code = NULL, failing_since = NULL,
    state = CASE WHEN generation = ? AND state = 'pending' THEN 'delivered' ELSE state END
  WHERE site = ? AND identifier = ?`;

const RECORD_FAILURE = `UPDATE outbox SET
    state = ?, attempts = attempts + 1, next_attempt_at = ?,
    last_error = ?, failure_code = ?, failing_since = ?, seen = ?
  WHERE site = ? AND identifier = ? AND generation = ? AND state = 'pending'`;

/** `seen` is the version that somebody else changed in the EHR; empty where the resource was deleted there. */
const OVERWRITE = `UPDATE outbox SET
    state = 'pending', next_attempt_at = ?, attempts = 0, failing_since = NULL,
    location = nullif(seen, ''), seen = NULL
  WHERE site = ? AND identifier = ? AND state = 'dead' AND seen IS NOT NULL`;

type OutboxFilter = Parameters<Outbox['list']>[0];

/** The conditions of each shown state; a state that is stored as it is shown has its own name. */
const STATE_CONDITIONS: Readonly<Record<OutboxState, string>> = {
  pending: `state = 'pending' AND NOT ${IS_PAUSED}`,
  paused: `state = 'pending' AND ${IS_PAUSED}`,
  delivered: "state = 'delivered'",
  dead: "state = 'dead'",
};

/** Builds the condition of a filter from what it names, so that each combination is a query of its own with its own index. */
function buildCondition({ state, site, subject }: OutboxFilter): string {
  const conditions = [
    ...(state === undefined ? [] : [STATE_CONDITIONS[state]]),
    ...(site === undefined ? [] : ['site = @site']),
    ...(subject === undefined ? [] : ['subject = @subject']),
  ];
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
}

/** Before one site is resumed while all sites are paused (`*`), every other site is paused individually. */
const PAUSE_OTHER_SITES = `INSERT OR IGNORE INTO paused_site (site) SELECT DISTINCT o.site FROM outbox o
  WHERE o.site <> ? AND EXISTS (SELECT 1 FROM paused_site WHERE site = '*')`;

/** Returns the statement of a filter; each combination of what filters name is prepared when it is first used. */
function prepareFiltered<Row>(db: Database, buildSql: (condition: string) => string) {
  const prepared = new Map<string, Statement<[Readonly<Record<string, unknown>>], Row>>();
  return (filter: OutboxFilter): Statement<[Readonly<Record<string, unknown>>], Row> => {
    const sql = buildSql(buildCondition(filter));
    const statement = prepared.get(sql) ?? db.prepare<[Readonly<Record<string, unknown>>], Row>(sql);
    prepared.set(sql, statement);
    return statement;
  };
}

function prepareStatements(db: Database) {
  return {
    enqueue: db.prepare(ENQUEUE),
    get: db.prepare<[string, string], OutboxRow>('SELECT * FROM outbox WHERE site = ? AND identifier = ?'),
    isPaused: db.prepare<[string], 1>("SELECT 1 FROM paused_site WHERE site IN (?, '*')"),
    findFirstDue: db.prepare<[string, string], OutboxRow>(FIND_FIRST_DUE),
    listDueOfSubject: db.prepare<[string, string, string, string, number], OutboxRow>(LIST_DUE_OF_SUBJECT),
    handOut: db.prepare(HAND_OUT),
    removeUnsent: db.prepare('DELETE FROM outbox WHERE site = ? AND identifier = ? AND handed_out = 0'),
    markDelivered: db.prepare(MARK_DELIVERED),
    recordFailure: db.prepare(RECORD_FAILURE),
    overwrite: db.prepare(OVERWRITE),
    listLastContents: db.prepare<[string, string, string], LastContent>(LIST_LAST_CONTENTS),
    list: prepareFiltered<ListedOutboxRow>(
      db,
      (condition) => `SELECT *, ${SHOWN_STATE} AS shown FROM outbox ${condition} ORDER BY site, identifier`,
    ),
    count: prepareFiltered<{ n: number }>(db, (condition) => `SELECT count(*) AS n FROM outbox ${condition}`),
    move: prepareFiltered(
      db,
      (
        condition,
      ) => `UPDATE outbox SET state = @to, next_attempt_at = @now, attempts = 0, failing_since = NULL
        ${condition}`,
    ),
    pause: db.prepare('INSERT OR IGNORE INTO paused_site (site) VALUES (?)'),
    pauseOtherSites: db.prepare(PAUSE_OTHER_SITES),
    resume: db.prepare("DELETE FROM paused_site WHERE ? IS NULL OR site IN (?, '*')"),
  };
}

type Statements = ReturnType<typeof prepareStatements>;

function enqueue(statements: Statements, entry: Parameters<Outbox['enqueue']>[0], now: string): void {
  const { site, identifier, study, subject, resourceType, resource, provenance } = entry;
  statements.enqueue.run(site, identifier, study, subject, resourceType, resource, provenance, now, now);
}

/** Finds the entry that has waited longest at any of the sites that are not paused. */
function findFirstDue(statements: Statements, now: string, sites: readonly string[]): OutboxRow | undefined {
  const first = sites
    .filter((site) => statements.isPaused.get(site) === undefined)
    .flatMap((site) => statements.findFirstDue.get(site, now) ?? []);
  return first.sort(compareWaiting)[0];
}

function compareWaiting(a: OutboxRow, b: OutboxRow): number {
  const [first, second] = [a, b].map((row) => `${row.next_attempt_at} ${row.owed_at}`);
  return (first ?? '') < (second ?? '') ? -1 : 1;
}

function takeDue(
  statements: Statements,
  now: string,
  sites: readonly string[],
  limit: number,
): readonly OutboxEntry[] {
  const first = findFirstDue(statements, now, sites);
  if (!first) return [];
  const rows = statements.listDueOfSubject.all(now, first.site, first.study, first.subject, limit);
  for (const row of rows) statements.handOut.run(row.site, row.identifier);
  return rows.map(toOutboxEntry);
}

function recordFailure(
  statements: Statements,
  entry: OutboxEntry,
  failure: OutboxFailure,
  conflictLocation: string | null | undefined,
): void {
  const { code, message, failingSince, next } = failure;
  const [state, nextAttemptAt] = next === 'dead' ? ['dead', entry.nextAttemptAt] : ['pending', next.at];
  const seen = conflictLocation === undefined ? null : (conflictLocation ?? '');
  const key = [entry.site, entry.identifier, entry.generation];
  statements.recordFailure.run(state, nextAttemptAt, message, code, failingSince, seen, ...key);
}

function list(statements: Statements, filter: OutboxFilter): readonly OutboxEntry[] {
  const rows = statements.list(filter).all({ ...filter });
  return rows.map((row) => toOutboxEntry({ ...row, state: row.shown }));
}

function changeState(
  statements: Statements,
  from: OutboxState,
  to: OutboxState,
  site: string | null,
  now: string,
): number {
  const filter = { state: from, ...(site === null ? {} : { site }) };
  const affected = statements.count(filter).get(filter)?.n ?? 0;
  if (to === 'paused') statements.pause.run(site ?? '*');
  else if (from === 'paused') {
    if (site !== null) statements.pauseOtherSites.run(site);
    statements.resume.run(site, site);
  } else statements.move(filter).run({ ...filter, to, now });
  return affected;
}

/** Creates the outbox on the tables `outbox` and `paused_site`. */
export function createSqliteOutbox(db: Database): Outbox {
  const statements = prepareStatements(db);
  return {
    enqueue: async (entry, now) => enqueue(statements, entry, now),
    async get(site, identifier) {
      const row = statements.get.get(site, identifier);
      return row && toOutboxEntry(row);
    },
    removeUnsent: async (site, identifier) => statements.removeUnsent.run(site, identifier).changes > 0,
    hasDue: async (now, sites) => findFirstDue(statements, now, sites) !== undefined,
    takeDue: async (now, sites, limit) => takeDue(statements, now, sites, limit),
    async markDelivered({ resource, generation, site, identifier }, location) {
      statements.markDelivered.run(location, resource, generation, site, identifier);
    },
    recordFailure: async (entry, failure, conflictLocation) =>
      recordFailure(statements, entry, failure, conflictLocation),
    overwrite: async (site, identifier, now) => statements.overwrite.run(now, site, identifier).changes > 0,
    listLastContents: async ({ site, study, subject }) =>
      statements.listLastContents.all(site, study, subject),
    list: async (filter) => list(statements, filter),
    changeState: async (from, to, site, now) => changeState(statements, from, to, site, now),
  };
}
