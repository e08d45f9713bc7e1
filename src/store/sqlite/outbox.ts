import type { Outbox, OutboxEntry, OutboxFailure, OutboxState } from '../outbox.ts';
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
  WHERE state = 'pending' AND next_attempt_at <= ? AND NOT ${IS_PAUSED}
    AND site IN (SELECT value FROM json_each(?))
  ORDER BY next_attempt_at, owed_at LIMIT 1`;

const LIST_DUE_OF_SUBJECT = `SELECT * FROM outbox
  WHERE state = 'pending' AND next_attempt_at <= ? AND site = ? AND study = ? AND subject = ?
  ORDER BY identifier LIMIT ?`;

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

const LIST = `SELECT * FROM (SELECT *, ${SHOWN_STATE} AS shown FROM outbox)
  WHERE (? IS NULL OR shown = ?) AND (? IS NULL OR site = ?) AND (? IS NULL OR subject = ?)
  ORDER BY site, identifier`;

const COUNT = `SELECT count(*) AS n FROM outbox WHERE ${SHOWN_STATE} = ? AND (? IS NULL OR site = ?)`;

const MOVE = `UPDATE outbox SET state = ?, next_attempt_at = ?, attempts = 0, failing_since = NULL
  WHERE state = ? AND (? IS NULL OR site = ?)`;

/** Before one site is resumed while all sites are paused (`*`), every other site is paused individually. */
const PAUSE_OTHER_SITES = `INSERT OR IGNORE INTO paused_site (site) SELECT DISTINCT o.site FROM outbox o
  WHERE o.site <> ? AND EXISTS (SELECT 1 FROM paused_site WHERE site = '*')`;

function prepareStatements(db: Database) {
  return {
    enqueue: db.prepare(ENQUEUE),
    get: db.prepare<[string, string], OutboxRow>('SELECT * FROM outbox WHERE site = ? AND identifier = ?'),
    findFirstDue: db.prepare<[string, string], OutboxRow>(FIND_FIRST_DUE),
    listDueOfSubject: db.prepare<[string, string, string, string, number], OutboxRow>(LIST_DUE_OF_SUBJECT),
    handOut: db.prepare(HAND_OUT),
    removeUnsent: db.prepare('DELETE FROM outbox WHERE site = ? AND identifier = ? AND handed_out = 0'),
    markDelivered: db.prepare(MARK_DELIVERED),
    recordFailure: db.prepare(RECORD_FAILURE),
    overwrite: db.prepare(OVERWRITE),
    list: db.prepare<(string | null)[], ListedOutboxRow>(LIST),
    count: db.prepare<[string, string | null, string | null], { n: number }>(COUNT),
    move: db.prepare(MOVE),
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

function takeDue(
  statements: Statements,
  now: string,
  sites: readonly string[],
  limit: number,
): readonly OutboxEntry[] {
  const first = statements.findFirstDue.get(now, JSON.stringify(sites));
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

function list(
  statements: Statements,
  { state = null, site = null, subject = null }: { [filter in 'state' | 'site' | 'subject']?: string | null },
): readonly OutboxEntry[] {
  const rows = statements.list.all(state, state, site, site, subject, subject);
  return rows.map((row) => toOutboxEntry({ ...row, state: row.shown }));
}

function changeState(
  statements: Statements,
  from: OutboxState,
  to: OutboxState,
  site: string | null,
  now: string,
): number {
  const affected = statements.count.get(from, site, site)?.n ?? 0;
  if (to === 'paused') statements.pause.run(site ?? '*');
  else if (from === 'paused') {
    if (site !== null) statements.pauseOtherSites.run(site);
    statements.resume.run(site, site);
  } else statements.move.run(to, now, from, site, site);
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
    hasDue: async (now, sites) => statements.findFirstDue.get(now, JSON.stringify(sites)) !== undefined,
    takeDue: async (now, sites, limit) => takeDue(statements, now, sites, limit),
    async markDelivered({ resource, generation, site, identifier }, location) {
      statements.markDelivered.run(location, resource, generation, site, identifier);
    },
    recordFailure: async (entry, failure, conflictLocation) =>
      recordFailure(statements, entry, failure, conflictLocation),
    overwrite: async (site, identifier, now) => statements.overwrite.run(now, site, identifier).changes > 0,
    list: async (filter) => list(statements, filter),
    changeState: async (from, to, site, now) => changeState(statements, from, to, site, now),
  };
}
