import { POSTGRES_AUDIT_TRAIL } from './audit-trail.ts';
import { ERASE_POSTGRES_DECISIONS } from './erased-decisions.ts';
import { ADD_POSTGRES_ERASURES } from './erasures.ts';
import { ADD_PEOPLE_TABLES } from './people.ts';
import { POSTGRES_COUNT_REPEATS } from './repeats-and-postponed.ts';
import { ADD_POSTGRES_SUBJECT_KEYS } from './subject-keys.ts';
import { POSTGRES_USED_ASSERTIONS } from './used-assertions.ts';

/**
 * The schema of the database, one step for each version. A released step is never changed: a new schema is a new step.
 *
 * Text compares by bytes (`COLLATE "C"`), as in every other store, whatever the locale of the database: exports depend on the
 * order. Identifiers may be longer than an index entry, so they are found by a hash. The sites that a transaction may use are
 * in the setting `trial_adapter.site`: one site, or `*`; without the setting no row is visible.
 */

const TEXT = 'text COLLATE "C" NOT NULL';
const NULLABLE_TEXT = 'text COLLATE "C"';

/** The column `name` of an identifier, and the hash by which it is found. */
const buildHashedColumn = (name: string): string =>
  `${name} ${TEXT}, ${name}_hash bigint NOT NULL GENERATED ALWAYS AS (hashtextextended(${name}, 0)) STORED`;

const IS_ALLOWED_SITE = `(current_setting('trial_adapter.site', true) = '*' OR site = current_setting('trial_adapter.site', true))`;

/** Limits every use of a table to the allowed sites; also for the role that owns it. */
const limitToSites = (table: string, condition = IS_ALLOWED_SITE): string => `
  ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
  ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
  CREATE POLICY allowed_sites ON ${table} USING (${condition});`;

/** The tables whose rows belong to a site that a column names. */
const TABLES_OF_SITES = [
  ...['resource_version', 'resource_identifier', 'resource_reference', 'fact', 'work_item', 'work_waiting'],
  ...[
    'enrolment_identifier',
    'identifier_link',
    'contested_identifier',
    'outbox',
    'sealed',
    'sealed_patient',
  ],
];

/**
 * How many parts the inbox has: few, since a statement locks all of them. It is divided by site: a resource belongs to one
 * site, and may concern several studies.
 */
const INBOX_PARTITIONS = 4;

const INBOX_PARTITION_STATEMENTS = Array.from(
  { length: INBOX_PARTITIONS },
  (_, part) => `CREATE TABLE resource_version_${part} PARTITION OF resource_version
    FOR VALUES WITH (MODULUS ${INBOX_PARTITIONS}, REMAINDER ${part});`,
).join('\n');

export const POSTGRES_MIGRATIONS: readonly string[] = [
  `
  CREATE SEQUENCE resource_version_seq AS bigint;
  CREATE TABLE resource_version (
    seq bigint NOT NULL DEFAULT nextval('resource_version_seq'),
    site ${TEXT}, type ${TEXT}, id ${TEXT}, version integer NOT NULL,
    sender_version ${NULLABLE_TEXT}, sender_updated ${NULLABLE_TEXT},
    received_at ${TEXT}, door ${TEXT}, fhir_version ${TEXT},
    body ${NULLABLE_TEXT}, digest ${NULLABLE_TEXT}, retention ${TEXT}, disposition ${TEXT},
    is_current boolean NOT NULL,
    PRIMARY KEY (site, type, id, version)
  ) PARTITION BY HASH (site);
  ${INBOX_PARTITION_STATEMENTS}
  CREATE UNIQUE INDEX resource_version_current ON resource_version (site, type, id) WHERE is_current;
  CREATE INDEX resource_version_content ON resource_version (seq) WHERE is_current AND body IS NOT NULL;
  CREATE INDEX resource_version_of_site ON resource_version (site, seq);

  CREATE TABLE resource_identifier (
    site ${TEXT}, type ${TEXT}, ${buildHashedColumn('identifier')}, id ${TEXT}
  );
  CREATE INDEX resource_identifier_found ON resource_identifier (site, identifier_hash, type);
  CREATE INDEX resource_identifier_owner ON resource_identifier (site, type, id);
  CREATE TABLE resource_reference (
    site ${TEXT}, ${buildHashedColumn('target')}, type ${TEXT}, id ${TEXT}
  );
  CREATE INDEX resource_reference_found ON resource_reference (site, target_hash);
  CREATE INDEX resource_reference_owner ON resource_reference (site, type, id);

  CREATE TABLE fact (
    site ${TEXT}, type ${TEXT}, id ${TEXT}, position integer NOT NULL,
    study ${TEXT}, subject ${TEXT}, fact_key ${TEXT}, day ${TEXT}, fact ${TEXT},
    PRIMARY KEY (site, type, id, study, subject, position)
  ) PARTITION BY LIST (study);
  CREATE TABLE fact_other PARTITION OF fact DEFAULT;
  CREATE INDEX fact_of_subject ON fact (study, subject, day);

  CREATE TABLE work_item (
    id ${TEXT} PRIMARY KEY, site ${TEXT}, reason ${TEXT}, topic ${TEXT}, element ${TEXT}, detail ${TEXT}, fix ${TEXT},
    waits_for ${NULLABLE_TEXT}, status ${TEXT}, first_seen ${TEXT}, last_seen ${TEXT},
    about ${NULLABLE_TEXT}, concerns ${NULLABLE_TEXT},
    study ${NULLABLE_TEXT}, subject ${NULLABLE_TEXT}, kind ${NULLABLE_TEXT},
    sources ${TEXT} DEFAULT '[]', choices ${TEXT} DEFAULT '[]',
    basis ${NULLABLE_TEXT}, settled_basis ${NULLABLE_TEXT}
  );
  CREATE INDEX work_item_of_subject ON work_item (study, subject) WHERE subject IS NOT NULL;
  CREATE TABLE work_waiting (
    item ${TEXT} REFERENCES work_item (id), site ${TEXT}, type ${TEXT}, id ${TEXT},
    PRIMARY KEY (item, site, type, id)
  );
  CREATE INDEX work_waiting_resource ON work_waiting (site, type, id);
  CREATE TABLE work_decision (
    seq bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    item ${TEXT} REFERENCES work_item (id), decision ${TEXT}
  );
  CREATE INDEX work_decision_item ON work_decision (item, seq);
  CREATE FUNCTION refuse_decision_change() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'a decision is never changed or removed'; END $$;
  CREATE TRIGGER work_decision_kept BEFORE UPDATE OR DELETE ON work_decision
    FOR EACH ROW EXECUTE FUNCTION refuse_decision_change();

  CREATE TABLE subject (
    study ${TEXT}, subject ${TEXT}, site ${TEXT}, enrolled_on ${TEXT}, consented_on ${TEXT}, status ${TEXT},
    mark integer NOT NULL DEFAULT 0, assessed_mark integer NOT NULL DEFAULT 0,
    PRIMARY KEY (study, subject)
  );
  CREATE INDEX subject_due ON subject (study, subject) WHERE mark > assessed_mark;
  CREATE TABLE enrolment_identifier (
    site ${TEXT}, ${buildHashedColumn('identifier')}, study ${TEXT}, subject ${TEXT}, source ${TEXT}
  );
  CREATE INDEX enrolment_identifier_found ON enrolment_identifier (site, identifier_hash);
  CREATE INDEX enrolment_identifier_subject ON enrolment_identifier (study, subject);
  CREATE TABLE identifier_link (
    site ${TEXT}, ${buildHashedColumn('identifier')}, study ${TEXT}, subject ${TEXT},
    is_current boolean NOT NULL, is_replaced boolean NOT NULL
  );
  CREATE INDEX identifier_link_found ON identifier_link (site, identifier_hash);
  CREATE INDEX identifier_link_subject ON identifier_link (study, subject);
  CREATE TABLE contested_identifier (
    site ${TEXT}, ${buildHashedColumn('identifier')}, patient_hash ${TEXT}, is_sealed boolean NOT NULL
  );
  CREATE INDEX contested_identifier_found ON contested_identifier (site, identifier_hash);
  CREATE INDEX contested_identifier_patient ON contested_identifier (site, patient_hash);

  CREATE TABLE assessment (
    study ${TEXT}, subject ${TEXT}, made_at ${TEXT}, assessment ${TEXT},
    rules ${NULLABLE_TEXT}, as_of ${NULLABLE_TEXT}, unchanged_until ${NULLABLE_TEXT},
    PRIMARY KEY (study, subject)
  );

  CREATE TABLE outbox (
    site ${TEXT}, identifier ${TEXT}, study ${TEXT}, subject ${TEXT}, type ${TEXT}, resource ${TEXT},
    provenance ${NULLABLE_TEXT}, generation integer NOT NULL, state ${TEXT}, attempts integer NOT NULL,
    next_attempt_at ${TEXT}, last_error ${NULLABLE_TEXT}, failure_code ${NULLABLE_TEXT}, failing_since ${NULLABLE_TEXT},
    location ${NULLABLE_TEXT}, seen ${NULLABLE_TEXT}, owed_at ${TEXT}, handed_out integer NOT NULL DEFAULT 0,
    said text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (site, identifier)
  );
  CREATE INDEX outbox_due ON outbox (site, next_attempt_at, owed_at) WHERE state = 'pending';
  CREATE INDEX outbox_of_subject ON outbox (site, study, subject);
  CREATE TABLE paused_site (site ${TEXT} PRIMARY KEY);
  CREATE TABLE delivery_claim (site ${TEXT} PRIMARY KEY, claimed_at timestamptz NOT NULL, is_released boolean NOT NULL);
  CREATE TABLE heartbeat (beat integer PRIMARY KEY CHECK (beat = 1), at ${TEXT});

  CREATE TABLE sealed (
    seq bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    site ${TEXT}, resource_hash ${TEXT}, content_hash ${TEXT}, ciphertext bytea NOT NULL,
    received_at ${TEXT}, destroy_after ${TEXT},
    UNIQUE (site, resource_hash, content_hash)
  );
  CREATE INDEX sealed_due ON sealed (destroy_after);
  CREATE TABLE sealed_patient (
    site ${TEXT}, patient_hash ${TEXT}, seq bigint NOT NULL REFERENCES sealed (seq) ON DELETE CASCADE,
    PRIMARY KEY (site, patient_hash, seq)
  );
  CREATE INDEX sealed_patient_seq ON sealed_patient (seq);

  CREATE TABLE shared_value (name ${TEXT} PRIMARY KEY, value ${TEXT});
  ${TABLES_OF_SITES.map((table) => limitToSites(table)).join('\n')}
  ${limitToSites('work_decision', 'EXISTS (SELECT 1 FROM work_item i WHERE i.id = item)')}
  ${limitToSites('assessment', `EXISTS (SELECT 1 FROM subject s WHERE s.study = assessment.study AND s.subject = assessment.subject AND ${IS_ALLOWED_SITE})`)}

  -- A number is unique in its study: every site must see which are taken, and may change only its own.
  ${limitToSites('subject')}
  CREATE POLICY taken_numbers ON subject FOR SELECT USING (current_setting('trial_adapter.site', true) <> '');
  `,
  POSTGRES_USED_ASSERTIONS,
  ADD_POSTGRES_SUBJECT_KEYS,
  POSTGRES_COUNT_REPEATS,
  ADD_POSTGRES_ERASURES,
  POSTGRES_AUDIT_TRAIL,
  ADD_PEOPLE_TABLES,
  ERASE_POSTGRES_DECISIONS,
];
