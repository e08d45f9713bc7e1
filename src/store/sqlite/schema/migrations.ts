import { AUDIT_TRAIL } from './audit-trail.ts';
import { ERASE_DECISIONS } from './erased-decisions.ts';
import { ADD_ERASURES } from './erasures.ts';
import { NUMBER_RESOURCES } from './integer-resource-keys.ts';
import { ADD_PEOPLE } from './people.ts';
import { COUNT_REPEATS_AND_POSTPONE } from './repeats-and-postponed.ts';
import { ADD_SUBJECT_KEYS } from './subject-keys.ts';
import { SQLITE_USED_ASSERTIONS } from './used-assertions.ts';

/** The schema of the database, one step for each version. A released step is never changed: a new schema is a new step. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE resource_version (
    seq INTEGER PRIMARY KEY,
    site TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL,
    version INTEGER NOT NULL,
    sender_version TEXT, sender_updated TEXT,
    received_at TEXT NOT NULL, door TEXT NOT NULL,
    body TEXT, digest TEXT NOT NULL,
    disposition TEXT NOT NULL,
    subject TEXT,
    in_force INTEGER NOT NULL,
    UNIQUE (site, type, id, version)
  );
  CREATE INDEX resource_in_force ON resource_version (site, type, id) WHERE in_force = 1;
  CREATE INDEX resource_of_subject ON resource_version (site, subject) WHERE in_force = 1;
  CREATE INDEX resource_sender_version ON resource_version (site, type, id, sender_version);

  CREATE TABLE resource_identifier (
    site TEXT NOT NULL, type TEXT NOT NULL, identifier TEXT NOT NULL, id TEXT NOT NULL,
    PRIMARY KEY (site, type, identifier, id)
  ) WITHOUT ROWID;
  CREATE INDEX resource_identifier_owner ON resource_identifier (site, type, id);

  CREATE TABLE resource_reference (
    site TEXT NOT NULL, target TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL,
    PRIMARY KEY (site, target, type, id)
  ) WITHOUT ROWID;
  CREATE INDEX resource_reference_owner ON resource_reference (site, type, id);

  CREATE TABLE statement (
    site TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL, position INTEGER NOT NULL,
    study TEXT NOT NULL, subject TEXT NOT NULL,
    fact_key TEXT NOT NULL, day TEXT NOT NULL, fact TEXT NOT NULL,
    PRIMARY KEY (site, type, id, study, subject, position)
  ) WITHOUT ROWID;
  CREATE INDEX statement_of_subject ON statement (study, subject, day, fact_key);

  CREATE TABLE work_item (
    id TEXT PRIMARY KEY,
    site TEXT NOT NULL, reason TEXT NOT NULL, topic TEXT NOT NULL,
    element TEXT NOT NULL, detail TEXT NOT NULL, fix TEXT NOT NULL, waits_for TEXT,
    status TEXT NOT NULL, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL,
    UNIQUE (site, reason, topic)
  );
  CREATE TABLE work_waiting (
    item TEXT NOT NULL REFERENCES work_item (id),
    site TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL,
    PRIMARY KEY (item, site, type, id)
  ) WITHOUT ROWID;
  CREATE INDEX work_waiting_resource ON work_waiting (site, type, id);

  CREATE TABLE subject (
    study TEXT NOT NULL, subject TEXT NOT NULL, site TEXT NOT NULL,
    enrolled_on TEXT NOT NULL, consented_on TEXT NOT NULL, status TEXT NOT NULL,
    mark INTEGER NOT NULL DEFAULT 0, judged_mark INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (study, subject)
  ) WITHOUT ROWID;
  CREATE INDEX subject_dirty ON subject (mark) WHERE mark > judged_mark;
  CREATE TABLE subject_patient (
    site TEXT NOT NULL, patient TEXT NOT NULL, study TEXT NOT NULL, subject TEXT NOT NULL, source TEXT NOT NULL,
    PRIMARY KEY (site, patient, study, subject, source)
  ) WITHOUT ROWID;
  CREATE INDEX subject_patient_subject ON subject_patient (study, subject);

  CREATE TABLE judgement (
    study TEXT NOT NULL, subject TEXT NOT NULL, made_at TEXT NOT NULL, judgement TEXT NOT NULL,
    PRIMARY KEY (study, subject)
  );

  CREATE TABLE outbox (
    site TEXT NOT NULL, identifier TEXT NOT NULL,
    study TEXT NOT NULL, subject TEXT NOT NULL,
    type TEXT NOT NULL, resource TEXT NOT NULL, provenance TEXT,
    generation INTEGER NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL, next_attempt_at TEXT NOT NULL,
    last_error TEXT, location TEXT, owed_at TEXT NOT NULL, handed_out INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (site, identifier)
  );
  CREATE TABLE paused_site (site TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE heartbeat (only INTEGER PRIMARY KEY CHECK (only = 1), at TEXT NOT NULL);
  CREATE INDEX outbox_due ON outbox (state, next_attempt_at);

  CREATE TABLE sealed (
    seq INTEGER PRIMARY KEY,
    site TEXT NOT NULL, resource_hash TEXT NOT NULL, content_hash TEXT NOT NULL,
    ciphertext BLOB NOT NULL, received_at TEXT NOT NULL, destroy_after TEXT NOT NULL
  );
  CREATE UNIQUE INDEX sealed_resource ON sealed (site, resource_hash, content_hash);
  CREATE INDEX sealed_due ON sealed (destroy_after);
  CREATE TABLE sealed_patient (
    site TEXT NOT NULL, patient_hash TEXT NOT NULL, seq INTEGER NOT NULL REFERENCES sealed (seq) ON DELETE CASCADE,
    PRIMARY KEY (site, patient_hash, seq)
  ) WITHOUT ROWID;
  CREATE INDEX sealed_patient_seq ON sealed_patient (seq);
  `,
  `
  ALTER TABLE work_item ADD COLUMN about TEXT;
  ALTER TABLE work_item ADD COLUMN decision TEXT;
  CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  `,
  // Resources stored before this step are R4.
  `ALTER TABLE resource_version ADD COLUMN fhir_version TEXT NOT NULL DEFAULT '4.0';`,
  // Before this step the sent contents were not stored: the pending content is taken as sent, where it was handed out.
  `
  ALTER TABLE outbox ADD COLUMN said TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE outbox ADD COLUMN seen TEXT;
  UPDATE outbox SET said = json_array(resource) WHERE handed_out > 0;
  `,
  // The links of a patient identifier (`name`) have a table of their own: they follow from enrolments and the current
  // Patients. Until an identifier is linked again, its links stay. Current resources are indexed by the identifiers that
  // they use.
  `
  CREATE TABLE patient_name (
    site TEXT NOT NULL, name TEXT NOT NULL, study TEXT NOT NULL, subject TEXT NOT NULL,
    is_his INTEGER NOT NULL, is_retired INTEGER NOT NULL,
    PRIMARY KEY (site, name, study, subject)
  ) WITHOUT ROWID;
  CREATE INDEX patient_name_subject ON patient_name (study, subject);
  INSERT INTO patient_name SELECT DISTINCT site, patient, study, subject, 1, 0 FROM subject_patient;
  DELETE FROM subject_patient WHERE source LIKE 'Patient/%';

  CREATE TEMP VIEW stored AS SELECT * FROM resource_version
    WHERE in_force = 1 AND body IS NOT NULL AND json_valid(body);
  CREATE TEMP VIEW named AS
    SELECT site, type, id, json_extract(body, '$.subject') AS who FROM stored
    UNION ALL SELECT site, type, id, json_extract(body, '$.individual') FROM stored;
  CREATE TEMP VIEW referring AS
    SELECT site, type, id, json_extract(who, '$.reference') AS reference FROM named WHERE json_type(who) = 'object'
    UNION ALL SELECT s.site, s.type, s.id, json_extract(l.value, '$.other.reference')
      FROM stored s JOIN json_each(s.body, '$.link') l
      WHERE s.type = 'Patient' AND json_extract(l.value, '$.type') IN ('replaced-by', 'replaces');
  CREATE TEMP VIEW targets AS
    SELECT site, type, id, CASE WHEN reference LIKE 'urn:uuid:%' THEN substr(reference, 10)
      WHEN instr(reference, '/_history/') > 0 THEN substr(reference, 1, instr(reference, '/_history/') - 1)
      ELSE reference END AS path FROM referring WHERE reference IS NOT NULL;
  CREATE TEMP VIEW numbers AS
    SELECT site, type, id, json_extract(who, '$.identifier') AS identifier FROM named WHERE json_type(who) = 'object'
    UNION ALL SELECT s.site, s.type, s.id, i.value FROM stored s
      JOIN json_each(s.body, '$.contained') c JOIN json_each(c.value, '$.identifier') i WHERE i.type = 'object';

  INSERT OR IGNORE INTO resource_reference (site, target, type, id)
    SELECT site, 'Patient/' || replace(path, rtrim(path, replace(path, '/', '')), ''), type, id FROM targets;
  INSERT OR IGNORE INTO resource_reference (site, target, type, id)
    SELECT site, coalesce(json_extract(identifier, '$.system'), '') || '|' || json_extract(identifier, '$.value'), type, id
    FROM numbers WHERE json_extract(identifier, '$.value') IS NOT NULL;
  INSERT OR IGNORE INTO resource_reference (site, target, type, id)
    SELECT site, 'Patient/' || id, type, id FROM stored WHERE type = 'Patient';
  INSERT OR IGNORE INTO resource_reference (site, target, type, id)
    SELECT site, identifier, type, id FROM resource_identifier WHERE type = 'Patient';
  DROP VIEW numbers;
  DROP VIEW targets;
  DROP VIEW referring;
  DROP VIEW named;
  DROP VIEW stored;
  `,
  // The text of a failure used to end in "; failing since <instant>", possibly followed by ": given up after a week". The
  // instant now has a column. When attempts are counted from 0 again, so is the instant, as before.
  `
  ALTER TABLE outbox ADD COLUMN failure_code TEXT;
  ALTER TABLE outbox ADD COLUMN failing_since TEXT;
  UPDATE outbox SET
    failing_since = CASE WHEN attempts > 0
      THEN substr(last_error, instr(last_error, '; failing since ') + length('; failing since '), 24) END,
    last_error = substr(last_error, 1, instr(last_error, '; failing since ') - 1)
      || substr(last_error, instr(last_error, '; failing since ') + length('; failing since ') + 24)
    WHERE instr(last_error, '; failing since ') > 0;
  `,
  // The retention of a version has a column of its own; before this step, words in place of the digest stated it. A digest
  // is kept only where content is kept, or was kept until its deletion.
  `
  ALTER TABLE resource_version RENAME COLUMN digest TO digest_or_word;
  ALTER TABLE resource_version ADD COLUMN digest TEXT;
  ALTER TABLE resource_version ADD COLUMN retention TEXT NOT NULL DEFAULT 'kept';
  UPDATE resource_version SET
    digest = CASE WHEN digest_or_word IN ('', 'away', 'withheld', 'noted', 'noted-deletion') THEN NULL ELSE digest_or_word END,
    retention = CASE digest_or_word WHEN 'away' THEN 'not-enrolled' WHEN 'withheld' THEN 'withheld'
      WHEN 'noted' THEN 'marker' WHEN 'noted-deletion' THEN 'deletion-marker' ELSE 'kept' END;
  ALTER TABLE resource_version DROP COLUMN digest_or_word;
  `,
  // The effect of a work item on the figures has a column. Before this step only Patient.deceased[x] had such an effect.
  `
  ALTER TABLE work_item ADD COLUMN concerns TEXT;
  UPDATE work_item SET concerns = 'death-without-day' WHERE element LIKE 'deceased%' OR element LIKE '%.deceased%';
  `,
  // Identifiers that people who differ carry; the Patients of people who are not enrolled are known by hash only.
  `
  CREATE TABLE contested_identifier (
    site TEXT NOT NULL, identifier TEXT NOT NULL, patient_hash TEXT NOT NULL, is_sealed INTEGER NOT NULL,
    PRIMARY KEY (site, identifier, patient_hash)
  ) WITHOUT ROWID;
  CREATE INDEX contested_identifier_patient ON contested_identifier (site, patient_hash);
  `,
  // Work items that the facts of one subject raise together. `basis` and `settled_basis` are digests of what the facts
  // state: now, and when a person answered.
  `
  ALTER TABLE work_item ADD COLUMN study TEXT;
  ALTER TABLE work_item ADD COLUMN subject TEXT;
  ALTER TABLE work_item ADD COLUMN kind TEXT;
  ALTER TABLE work_item ADD COLUMN sources TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE work_item ADD COLUMN choices TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE work_item ADD COLUMN basis TEXT;
  ALTER TABLE work_item ADD COLUMN settled_basis TEXT;
  CREATE INDEX work_item_of_subject ON work_item (study, subject) WHERE subject IS NOT NULL;
  `,
  // Every decision on a work item is kept: before this step a new one took the place of the last. The triggers keep the
  // record as it is, whoever writes to the file.
  `
  CREATE TABLE work_decision (
    seq INTEGER PRIMARY KEY,
    item TEXT NOT NULL REFERENCES work_item (id), decision TEXT NOT NULL
  );
  CREATE INDEX work_decision_item ON work_decision (item, seq);
  INSERT INTO work_decision (item, decision)
    SELECT id, decision FROM work_item WHERE decision IS NOT NULL ORDER BY json_extract(decision, '$.at'), id;
  ALTER TABLE work_item DROP COLUMN decision;
  CREATE TRIGGER work_decision_unchanged BEFORE UPDATE ON work_decision
    BEGIN SELECT RAISE(ABORT, 'a decision is never changed'); END;
  CREATE TRIGGER work_decision_kept BEFORE DELETE ON work_decision
    BEGIN SELECT RAISE(ABORT, 'a decision is never removed'); END;
  `,
  // The outbox is read by subject, and by state and site: what is due first, and what operators list. The subjects that are
  // due for assessment are read in their order from an index that has no others.
  `
  CREATE INDEX outbox_of_subject ON outbox (subject, site, study, identifier);
  DROP INDEX outbox_due;
  CREATE INDEX outbox_of_state ON outbox (state, site, next_attempt_at, owed_at);
  DROP INDEX subject_dirty;
  CREATE INDEX subject_due ON subject (study, subject, mark) WHERE mark > judged_mark;
  `,
  NUMBER_RESOURCES,
  // By which rules, as of which day and until which day an assessment holds. One that was stored before this step holds on no
  // day, so that it is made again.
  `
  ALTER TABLE judgement ADD COLUMN rules TEXT;
  ALTER TABLE judgement ADD COLUMN as_of TEXT;
  ALTER TABLE judgement ADD COLUMN unchanged_until TEXT;
  `,
  SQLITE_USED_ASSERTIONS,
  ADD_SUBJECT_KEYS,
  COUNT_REPEATS_AND_POSTPONE,
  ADD_ERASURES,
  AUDIT_TRAIL,
  ADD_PEOPLE,
  ERASE_DECISIONS,
];
