import type { Subject } from '../../trial/facts.ts';
import type { ContestedIdentifier, IdentifierLink, SubjectKey, SubjectStore } from '../subject-store.ts';
import type { Session } from './session.ts';
import { prepareSql } from './sql-statement.ts';
import { createTakenNumberConflict } from './store-failure.ts';
import { ASSESSMENT_TOPIC, WORK_CHANNEL } from './work-topics.ts';

const SUBJECT = `s.study, s.subject, s.site, s.enrolled_on AS "enrolledOn", s.consented_on AS "consentedOn", s.status`;

const UPDATE_SUBJECT = prepareSql(`UPDATE subject SET enrolled_on = $4, consented_on = $5, status = $6
  WHERE study = $1 AND subject = $2 AND site = $3`);

const ADD_SUBJECT = prepareSql(`INSERT INTO subject (study, subject, site, enrolled_on, consented_on, status)
  VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (study, subject) DO NOTHING`);

const GET_SUBJECT = prepareSql(`SELECT ${SUBJECT} FROM subject s WHERE study = $1 AND subject = $2`);
const LIST_SUBJECTS = prepareSql(`SELECT ${SUBJECT} FROM subject s WHERE study = $1 ORDER BY subject`);
const LIST_SITES = prepareSql('SELECT DISTINCT site FROM subject ORDER BY site');

const ADD_ENROLMENT_IDENTIFIER = prepareSql(`INSERT INTO enrolment_identifier
    (site, identifier, study, subject, source)
  SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS (SELECT 1 FROM enrolment_identifier e
    WHERE e.site = $1 AND e.identifier_hash = hashtextextended($2, 0) AND e.identifier = $2
      AND e.study = $3 AND e.subject = $4 AND e.source = $5)`);

const LIST_ENROLMENT_IDENTIFIERS = prepareSql(`SELECT DISTINCT identifier, study, subject
  FROM enrolment_identifier WHERE site = $1 ORDER BY identifier, study, subject`);

/** Joins a table with the identifiers that are asked for, by their hash. */
const joinGiven = (table: string): string => `unnest($2::text[]) WITH ORDINALITY AS given (identifier, place)
  JOIN ${table} t ON t.site = $1 AND t.identifier_hash = hashtextextended(given.identifier, 0)
    AND t.identifier = given.identifier`;

const FIND_ENROLMENT_IDENTIFIERS = prepareSql(`SELECT DISTINCT given.place, t.identifier, t.study, t.subject
  FROM ${joinGiven('enrolment_identifier')} ORDER BY given.place, t.study, t.subject`);

const LIST_ENROLMENT_IDENTIFIERS_OF_SUBJECT = prepareSql(`SELECT DISTINCT identifier FROM enrolment_identifier
  WHERE study = $1 AND subject = $2 ORDER BY identifier`);

/** Removes the rows of the identifiers from a table. */
const buildRemoval = (
  table: string,
): string => `DELETE FROM ${table} t USING unnest($2::text[]) AS given (identifier)
  WHERE t.site = $1 AND t.identifier_hash = hashtextextended(given.identifier, 0) AND t.identifier = given.identifier`;

const REMOVE_LINKS = prepareSql(buildRemoval('identifier_link'));

const ADD_LINKS =
  prepareSql(`INSERT INTO identifier_link (site, identifier, study, subject, is_current, is_replaced)
  SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::boolean[], $6::boolean[])`);

const LIST_LINKS = prepareSql(`SELECT t.identifier, t.study, t.subject,
    t.is_current AS "isCurrent", t.is_replaced AS "isReplaced"
  FROM ${joinGiven('identifier_link')} ORDER BY t.identifier, t.study, t.subject`);

const REMOVE_CONTESTED = prepareSql(buildRemoval('contested_identifier'));

const ADD_CONTESTED = prepareSql(`INSERT INTO contested_identifier (site, identifier, patient_hash, is_sealed)
  SELECT $1, * FROM unnest($2::text[], $3::text[], $4::boolean[])`);

const LIST_CONTESTED =
  prepareSql(`SELECT t.identifier, t.patient_hash AS "patientHash", t.is_sealed AS "isSealed"
  FROM ${joinGiven('contested_identifier')} ORDER BY given.place, t.patient_hash`);

const LIST_CONTESTED_BY = prepareSql(`SELECT identifier FROM contested_identifier
  WHERE site = $1 AND patient_hash = $2 ORDER BY identifier`);

const FIND_BY_IDENTIFIERS = prepareSql(`SELECT ${SUBJECT}, min(given.place) AS place
  FROM ${joinGiven('identifier_link')} AND t.is_current
  JOIN subject s ON s.study = t.study AND s.subject = t.subject
  GROUP BY s.study, s.subject ORDER BY place, s.study, s.subject`);

const LIST_IDENTIFIERS_OF_SUBJECT = prepareSql(`SELECT identifier FROM identifier_link
  WHERE study = $1 AND subject = $2 ORDER BY identifier LIKE 'Patient/%' DESC, is_replaced, identifier`);

/** Only the first mark wakes the processes that assess: each notification makes commits wait for each other. */
const MARK = prepareSql(`WITH marked AS (
    UPDATE subject SET mark = mark + 1 WHERE study = $1 AND subject = $2 RETURNING mark - 1 = assessed_mark AS is_first
  )
  SELECT pg_notify('${WORK_CHANNEL}', '${ASSESSMENT_TOPIC}') FROM marked WHERE is_first`);

const MARK_OUTDATED = prepareSql(`UPDATE subject SET mark = mark + 1
  WHERE study = $1 AND site = $2 AND status <> 'withdrawn' AND NOT EXISTS (
    SELECT 1 FROM assessment a WHERE a.study = subject.study AND a.subject = subject.subject
      AND a.rules = $3 AND a.as_of <= $4 AND a.unchanged_until >= $4)`);

/** Each connection has an order of its own, so that processes begin with different subjects. */
const LIST_DUE = prepareSql(`SELECT study, subject, site FROM subject WHERE mark > assessed_mark
  ORDER BY hashtextextended(subject, pg_backend_pid()) LIMIT $1`);

const CLAIM = prepareSql(`SELECT mark FROM subject
  WHERE study = $1 AND subject = $2 AND mark > assessed_mark FOR UPDATE SKIP LOCKED`);

const CLEAR_MARK = prepareSql(`UPDATE subject SET assessed_mark = greatest(assessed_mark, $3)
  WHERE study = $1 AND subject = $2`);

async function putSubject(session: Session, subject: Subject): Promise<void> {
  const { enrolledOn, consentedOn, status } = subject;
  const values = [subject.study, subject.subject, subject.site, enrolledOn, consentedOn, status];
  if ((await session.change(UPDATE_SUBJECT, values)) > 0) return;
  // Another site has enrolled somebody under this number just now: the work sees that when it runs again.
  if ((await session.change(ADD_SUBJECT, values)) === 0) throw createTakenNumberConflict();
}

function replaceIdentifierLinks(
  session: Session,
  site: string,
  identifiers: readonly string[],
  links: readonly IdentifierLink[],
): void {
  if (identifiers.length > 0) session.send(REMOVE_LINKS, [site, identifiers]);
  if (links.length === 0) return;
  const keys = [
    links.map((link) => link.identifier),
    links.map((link) => link.study),
    links.map((link) => link.subject),
  ];
  const states = [links.map((link) => link.isCurrent), links.map((link) => link.isReplaced)];
  session.send(ADD_LINKS, [site, ...keys, ...states]);
}

function replaceContestedIdentifiers(
  session: Session,
  site: string,
  identifiers: readonly string[],
  contested: readonly ContestedIdentifier[],
): void {
  if (identifiers.length > 0) session.send(REMOVE_CONTESTED, [site, identifiers]);
  if (contested.length === 0) return;
  const columns = [
    contested.map(({ identifier }) => identifier),
    contested.map(({ patientHash }) => patientHash),
    contested.map(({ isSealed }) => isSealed),
  ];
  session.send(ADD_CONTESTED, [site, ...columns]);
}

type EnrolmentIdentifier = { readonly identifier: string } & SubjectKey;

async function listEnrolmentIdentifiers(session: Session, site: string, identifiers?: readonly string[]) {
  if (!identifiers) return session.query<EnrolmentIdentifier>(LIST_ENROLMENT_IDENTIFIERS, [site]);
  if (identifiers.length === 0) return [];
  const rows = await session.query<EnrolmentIdentifier>(FIND_ENROLMENT_IDENTIFIERS, [site, identifiers]);
  return rows.map(({ identifier, study, subject }) => ({ identifier, study, subject }));
}

async function findByIdentifiers(session: Session, site: string, identifiers: readonly string[]) {
  if (identifiers.length === 0) return [];
  const rows = await session.query<Subject & { place: string }>(FIND_BY_IDENTIFIERS, [site, identifiers]);
  return rows.map(({ place: _, ...subject }): Subject => subject);
}

/** The part of the store about identifiers. */
function createIdentifierStore(session: Session) {
  const readIdentifiers = async (rows: Promise<readonly { identifier: string }[]>) =>
    (await rows).map(({ identifier }) => identifier);
  return {
    async addEnrolmentIdentifier(site, identifier, study, subject, source) {
      session.send(ADD_ENROLMENT_IDENTIFIER, [site, identifier, study, subject, source]);
    },
    listEnrolmentIdentifiers: (site, identifiers) => listEnrolmentIdentifiers(session, site, identifiers),
    listEnrolmentIdentifiersFor: (study, subject) =>
      readIdentifiers(session.query(LIST_ENROLMENT_IDENTIFIERS_OF_SUBJECT, [study, subject])),
    replaceIdentifierLinks: async (site, identifiers, links) =>
      replaceIdentifierLinks(session, site, identifiers, links),
    listIdentifierLinks: async (site, identifiers) =>
      identifiers.length === 0 ? [] : session.query<IdentifierLink>(LIST_LINKS, [site, identifiers]),
    replaceContestedIdentifiers: async (site, identifiers, contested) =>
      replaceContestedIdentifiers(session, site, identifiers, contested),
    listContestedIdentifiers: async (site, identifiers) =>
      identifiers.length === 0 ? [] : session.query<ContestedIdentifier>(LIST_CONTESTED, [site, identifiers]),
    listIdentifiersContestedBy: (site, patientHash) =>
      readIdentifiers(session.query(LIST_CONTESTED_BY, [site, patientHash])),
    findByIdentifiers: (site, identifiers) => findByIdentifiers(session, site, identifiers),
    listPatientIdentifiers: (study, subject) =>
      readIdentifiers(session.query(LIST_IDENTIFIERS_OF_SUBJECT, [study, subject])),
  } satisfies Partial<SubjectStore>;
}

/** Creates the subject store on the tables `subject`, `enrolment_identifier`, `identifier_link`, `contested_identifier`. */
export function createPostgresSubjectStore(session: Session): SubjectStore {
  return {
    ...createIdentifierStore(session),
    put: (subject) => putSubject(session, subject),
    get: async (study, subject) => (await session.query<Subject>(GET_SUBJECT, [study, subject]))[0],
    list: (study) => session.query<Subject>(LIST_SUBJECTS, [study]),
    listSites: async () => (await session.query<{ site: string }>(LIST_SITES)).map(({ site }) => site),
    markForAssessment: async (study, subject) => session.send(MARK, [study, subject]),
    markOutdated: ({ study, site, rules, today }) =>
      session.change(MARK_OUTDATED, [study, site, rules, today]),
    listDueForAssessment: (limit) => session.query<SubjectKey & { site: string }>(LIST_DUE, [limit]),
    claimForAssessment: async (study, subject) =>
      (await session.query<{ mark: number }>(CLAIM, [study, subject]))[0]?.mark ?? null,
    clearAssessmentMark: async (study, subject, mark) => session.send(CLEAR_MARK, [study, subject, mark]),
  };
}
