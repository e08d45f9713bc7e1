import type { Outbox, OutboxEntry } from '../store.ts';
import type { Database } from './database.ts';

interface OutboxEntryRow {
  site: string;
  identifier: string;
  study: string;
  subject: string;
  type: string;
  resource: string;
  provenance: string | null;
  generation: number;
  state: OutboxEntry['state'];
  attempts: number;
  next_attempt_at: string;
  last_error: string | null;
  location: string | null;
  handed_out: number;
  said: string;
  /** In a listing: the state as an operator sees it. */
  shown?: OutboxEntry['state'];
}

function toOutboxEntry(row: OutboxEntryRow): OutboxEntry {
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
    location: row.location,
    handedOut: row.handed_out,
    said: JSON.parse(row.said) as string[],
  };
}

export function createSqliteOutbox(db: Database): Outbox {
  // A newer content takes the place of an undelivered one.
  const owe = db.prepare(`INSERT INTO outbox
    (site, identifier, study, subject, type, resource, provenance, generation, state, attempts, next_attempt_at, owed_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, 1, 'pending', 0, ?, ?)
    ON CONFLICT (site, identifier) DO UPDATE SET
      study = excluded.study, subject = excluded.subject, resource = excluded.resource,
      provenance = excluded.provenance, generation = generation + 1,
      state = 'pending',
      attempts = 0, next_attempt_at = excluded.next_attempt_at, last_error = NULL, owed_at = excluded.owed_at,
      seen = NULL
    WHERE resource <> excluded.resource`);
  const get = db.prepare<[string, string], OutboxEntryRow>(
    'SELECT * FROM outbox WHERE site = ? AND identifier = ?',
  );
  const paused = "EXISTS (SELECT 1 FROM paused_site p WHERE p.site IN (outbox.site, '*'))";
  const due = db.prepare<[string, string], OutboxEntryRow>(
    `SELECT * FROM outbox WHERE state = 'pending' AND next_attempt_at <= ? AND NOT ${paused}
     AND site IN (SELECT value FROM json_each(?)) ORDER BY next_attempt_at, owed_at LIMIT 1`,
  );
  const dueOf = db.prepare<[string, string, string, string, number], OutboxEntryRow>(
    `SELECT * FROM outbox WHERE state = 'pending' AND next_attempt_at <= ? AND site = ? AND study = ? AND subject = ?
     ORDER BY identifier LIMIT ?`,
  );
  const handOut = db.prepare(`UPDATE outbox SET
      said = CASE WHEN handed_out = generation THEN said ELSE json_insert(said, '$[#]', resource) END,
      handed_out = generation
    WHERE site = ? AND identifier = ?`);
  const forget = db.prepare('DELETE FROM outbox WHERE site = ? AND identifier = ? AND handed_out = 0');
  const delivered =
    db.prepare(`UPDATE outbox SET location = coalesce(?, location), last_error = NULL, said = json_array(?),
      state = CASE WHEN generation = ? AND state = 'pending' THEN 'delivered' ELSE state END
    WHERE site = ? AND identifier = ?`);
  const failed =
    db.prepare(`UPDATE outbox SET state = ?, attempts = attempts + 1, next_attempt_at = ?, last_error = ?, seen = ?
    WHERE site = ? AND identifier = ? AND generation = ? AND state = 'pending'`);
  // What is pending at a paused site is shown as paused; nothing is kept about it but the site.
  const shown = `CASE WHEN state = 'pending' AND ${paused} THEN 'paused' ELSE state END`;
  const list = db.prepare<(string | null)[], OutboxEntryRow>(
    `SELECT * FROM (SELECT *, ${shown} AS shown FROM outbox)
     WHERE (? IS NULL OR shown = ?) AND (? IS NULL OR site = ?) AND (? IS NULL OR subject = ?)
     ORDER BY site, identifier`,
  );
  const overwrite = db.prepare(`UPDATE outbox SET state = 'pending', next_attempt_at = ?, attempts = 0,
      location = nullif(seen, ''), seen = NULL
    WHERE site = ? AND identifier = ? AND state = 'dead' AND seen IS NOT NULL`);
  const move = db.prepare(`UPDATE outbox SET state = ?, next_attempt_at = ?, attempts = 0
    WHERE state = ? AND (? IS NULL OR site = ?)`);
  const count = db.prepare<[string, string | null, string | null], { n: number }>(
    `SELECT count(*) AS n FROM outbox WHERE ${shown} = ? AND (? IS NULL OR site = ?)`,
  );
  const pause = db.prepare('INSERT OR IGNORE INTO paused_site (site) VALUES (?)');
  const pauseOthers =
    db.prepare(`INSERT OR IGNORE INTO paused_site (site) SELECT DISTINCT o.site FROM outbox o
    WHERE o.site <> ? AND EXISTS (SELECT 1 FROM paused_site WHERE site = '*')`);
  const resume = db.prepare("DELETE FROM paused_site WHERE ? IS NULL OR site IN (?, '*')");
  return {
    async enqueue(entry, now) {
      owe.run(
        entry.site,
        entry.identifier,
        entry.study,
        entry.subject,
        entry.resourceType,
        entry.resource,
        entry.provenance,
        now,
        now,
      );
    },
    async get(site, identifier) {
      const row = get.get(site, identifier);
      return row && toOutboxEntry(row);
    },
    async removeUnsent(site, identifier) {
      return forget.run(site, identifier).changes > 0;
    },
    async hasDue(now, sites) {
      return due.get(now, JSON.stringify(sites)) !== undefined;
    },
    async takeDue(now, sites, limit) {
      const first = due.get(now, JSON.stringify(sites));
      const rows = first ? dueOf.all(now, first.site, first.study, first.subject, limit) : [];
      for (const row of rows) handOut.run(row.site, row.identifier);
      return rows.map(toOutboxEntry);
    },
    async markDelivered(entry, location) {
      delivered.run(location, entry.resource, entry.generation, entry.site, entry.identifier);
    },
    async recordFailure(entry, error, next, _now, seen) {
      const [state, at] = next === 'dead' ? ['dead', entry.nextAttemptAt] : ['pending', next.at];
      const place = seen === undefined ? null : (seen ?? '');
      failed.run(state, at, error, place, entry.site, entry.identifier, entry.generation);
    },
    async overwrite(site, identifier, now) {
      return overwrite.run(now, site, identifier).changes > 0;
    },
    async list({
      state = null,
      site = null,
      subject = null,
    }: {
      state?: string | null;
      site?: string | null;
      subject?: string | null;
    }) {
      const rows = list.all(state, state, site, site, subject, subject);
      return rows.map((row) => toOutboxEntry({ ...row, state: row.shown ?? row.state }));
    },
    async changeState(from, to, site, now) {
      const affected = count.get(from, site, site)?.n ?? 0;
      if (to === 'paused') pause.run(site ?? '*');
      else if (from === 'paused') {
        if (site !== null) pauseOthers.run(site);
        resume.run(site, site);
      } else move.run(to, now, from, site, site);
      return affected;
    },
  };
}
