import type { LastContent, Outbox, OutboxEntry, OutboxFailure, OutboxState } from '../outbox.ts';
import type { Session } from './session.ts';
import { prepareSql } from './sql-statement.ts';
import { DELIVERY_PREFIX, WORK_CHANNEL } from './work-topics.ts';

/** The columns of an entry, under the names of its properties; `state` is selected before it. */
const ENTRY = `site, study, subject, identifier, type AS "resourceType", resource, provenance, generation, attempts,
  next_attempt_at AS "nextAttemptAt", last_error AS "lastError", failure_code AS "failureCode",
  failing_since AS "failingSince", location, handed_out AS "handedOut", said`;

/** Newer content replaces content that was not delivered, and starts without failures. */
const ENQUEUE = prepareSql(`WITH queued AS (INSERT INTO outbox AS o
    (site, identifier, study, subject, type, resource, provenance, generation, state, attempts, next_attempt_at, owed_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 'pending', 0, $8, $8)
  ON CONFLICT (site, identifier) DO UPDATE SET
    study = excluded.study, subject = excluded.subject, resource = excluded.resource,
    provenance = excluded.provenance, generation = o.generation + 1, state = 'pending',
    attempts = 0, next_attempt_at = excluded.next_attempt_at, owed_at = excluded.owed_at,
    last_error = NULL, failure_code = NULL, failing_since = NULL, seen = NULL
  WHERE o.resource <> excluded.resource RETURNING o.site)
  SELECT pg_notify('${WORK_CHANNEL}', '${DELIVERY_PREFIX}' || site) FROM queued`);

const GET = prepareSql(`SELECT state, ${ENTRY} FROM outbox WHERE site = $1 AND identifier = $2`);

const IS_PAUSED = "EXISTS (SELECT 1 FROM paused_site p WHERE p.site IN (outbox.site, '*'))";

/** Pending entries of a paused site are shown as paused; only the site is stored as paused. */
const SHOWN_STATE = `CASE WHEN state = 'pending' AND ${IS_PAUSED} THEN 'paused' ELSE state END`;

const FIND_FIRST_DUE = prepareSql(`SELECT site, study, subject FROM outbox
  WHERE state = 'pending' AND next_attempt_at <= $1 AND NOT ${IS_PAUSED} AND site = ANY ($2::text[])
  ORDER BY next_attempt_at, owed_at LIMIT 1`);

/** Returns the entries as they were before they were handed out. */
const HAND_OUT = prepareSql(`WITH due AS (
    SELECT state, ${ENTRY} FROM outbox
    WHERE state = 'pending' AND next_attempt_at <= $1 AND site = $2 AND study = $3 AND subject = $4
    ORDER BY identifier LIMIT $5 FOR UPDATE
  ), handed AS (
    UPDATE outbox o SET
      said = CASE WHEN o.handed_out = o.generation THEN o.said ELSE o.said || o.resource END,
      handed_out = o.generation
    FROM due WHERE o.site = due.site AND o.identifier = due.identifier
  )
  SELECT * FROM due ORDER BY identifier`);

const REMOVE_UNSENT = prepareSql('DELETE FROM outbox WHERE site = $1 AND identifier = $2 AND handed_out = 0');

const MARK_DELIVERED = prepareSql(`UPDATE outbox SET
    location = coalesce($3, location), said = ARRAY[$4],
    last_error = NULL, failure_code = NULL, failing_since = NULL,
    state = CASE WHEN generation = $5 AND state = 'pending' THEN 'delivered' ELSE state END
  WHERE site = $1 AND identifier = $2`);

const RECORD_FAILURE = prepareSql(`UPDATE outbox SET
    state = $4, attempts = attempts + 1, next_attempt_at = $5,
    last_error = $6, failure_code = $7, failing_since = $8, seen = $9
  WHERE site = $1 AND identifier = $2 AND generation = $3 AND state = 'pending'`);

/** `seen` is the version that somebody else changed in the EHR; empty where the resource was deleted there. */
const OVERWRITE = prepareSql(`UPDATE outbox SET
    state = 'pending', next_attempt_at = $3, attempts = 0, failing_since = NULL,
    location = nullif(seen, ''), seen = NULL
  WHERE site = $1 AND identifier = $2 AND state = 'dead' AND seen IS NOT NULL`);

const LIST = prepareSql(`SELECT * FROM (SELECT ${SHOWN_STATE} AS state, ${ENTRY} FROM outbox
    WHERE ($2::text IS NULL OR site = $2) AND ($3::text IS NULL OR subject = $3)) AS entry
  WHERE $1::text IS NULL OR state = $1 ORDER BY site, identifier`);

const LIST_LAST_CONTENTS = prepareSql(`SELECT identifier, resource, handed_out AS "handedOut" FROM outbox
  WHERE site = $1 AND study = $2 AND subject = $3 ORDER BY identifier`);

const COUNT = prepareSql(`SELECT count(*)::integer AS n FROM outbox
  WHERE ${SHOWN_STATE} = $1 AND ($2::text IS NULL OR site = $2)`);

const MOVE =
  prepareSql(`UPDATE outbox SET state = $1, next_attempt_at = $2, attempts = 0, failing_since = NULL
  WHERE state = $3 AND ($4::text IS NULL OR site = $4)`);

const PAUSE = prepareSql('INSERT INTO paused_site (site) VALUES ($1) ON CONFLICT DO NOTHING');

/** Before one site is resumed while all sites are paused (`*`), every other site is paused individually. */
const PAUSE_OTHER_SITES = prepareSql(`INSERT INTO paused_site (site) SELECT DISTINCT o.site FROM outbox o
  WHERE o.site <> $1 AND EXISTS (SELECT 1 FROM paused_site WHERE site = '*') ON CONFLICT DO NOTHING`);

const RESUME = prepareSql(`DELETE FROM paused_site WHERE $1::text IS NULL OR site IN ($1, '*')`);

type DueSubject = Pick<OutboxEntry, 'site' | 'study' | 'subject'>;

async function findFirstDue(
  session: Session,
  now: string,
  sites: readonly string[],
): Promise<DueSubject | undefined> {
  return (await session.query<DueSubject>(FIND_FIRST_DUE, [now, sites]))[0];
}

function recordFailure(
  session: Session,
  entry: OutboxEntry,
  failure: OutboxFailure,
  conflictLocation: string | null | undefined,
): void {
  const { code, message, failingSince, next } = failure;
  const [state, nextAttemptAt] = next === 'dead' ? ['dead', entry.nextAttemptAt] : ['pending', next.at];
  const seen = conflictLocation === undefined ? null : (conflictLocation ?? '');
  const key = [entry.site, entry.identifier, entry.generation];
  session.send(RECORD_FAILURE, [...key, state, nextAttemptAt, message, code, failingSince, seen]);
}

async function changeState(
  session: Session,
  from: OutboxState,
  to: OutboxState,
  site: string | null,
  now: string,
): Promise<number> {
  const affected = (await session.query<{ n: number }>(COUNT, [from, site]))[0]?.n ?? 0;
  if (to === 'paused') session.send(PAUSE, [site ?? '*']);
  else if (from === 'paused') {
    if (site !== null) session.send(PAUSE_OTHER_SITES, [site]);
    session.send(RESUME, [site]);
  } else session.send(MOVE, [to, now, from, site]);
  return affected;
}

/** Creates the outbox on the tables `outbox` and `paused_site`. */
export function createPostgresOutbox(session: Session): Outbox {
  return {
    async enqueue({ site, identifier, study, subject, resourceType, resource, provenance }, now) {
      session.send(ENQUEUE, [site, identifier, study, subject, resourceType, resource, provenance, now]);
    },
    get: async (site, identifier) => (await session.query<OutboxEntry>(GET, [site, identifier]))[0],
    removeUnsent: async (site, identifier) => (await session.change(REMOVE_UNSENT, [site, identifier])) > 0,
    hasDue: async (now, sites) => (await findFirstDue(session, now, sites)) !== undefined,
    async takeDue(now, sites, limit) {
      const first = await findFirstDue(session, now, sites);
      if (!first) return [];
      return session.query<OutboxEntry>(HAND_OUT, [now, first.site, first.study, first.subject, limit]);
    },
    async markDelivered({ resource, generation, site, identifier }, location) {
      session.send(MARK_DELIVERED, [site, identifier, location, resource, generation]);
    },
    recordFailure: async (entry, failure, conflictLocation) =>
      recordFailure(session, entry, failure, conflictLocation),
    overwrite: async (site, identifier, now) =>
      (await session.change(OVERWRITE, [site, identifier, now])) > 0,
    listLastContents: ({ site, study, subject }) =>
      session.query<LastContent>(LIST_LAST_CONTENTS, [site, study, subject]),
    list: ({ state = null, site = null, subject = null }) =>
      session.query<OutboxEntry>(LIST, [state, site, subject]),
    changeState: (from, to, site, now) => changeState(session, from, to, site, now),
  };
}
