import type { Subject } from '../../trial/facts.ts';
import type { ContestedIdentifier, IdentifierLink, SubjectKey, SubjectStore } from '../subject-store.ts';
import type { Database } from './database.ts';

interface SubjectRow {
  study: string;
  subject: string;
  site: string;
  enrolled_on: string;
  consented_on: string;
  status: Subject['status'];
}

interface EnrolmentIdentifierRow extends SubjectKey {
  identifier: string;
}

interface IdentifierLinkRow extends SubjectKey {
  identifier: string;
  isCurrent: number;
  isReplaced: number;
}

function toSubject(row: SubjectRow): Subject {
  return {
    study: row.study,
    subject: row.subject,
    site: row.site,
    enrolledOn: row.enrolled_on,
    consentedOn: row.consented_on,
    status: row.status,
  };
}

const toIdentifierLink = (row: IdentifierLinkRow): IdentifierLink => ({
  ...row,
  isCurrent: row.isCurrent === 1,
  isReplaced: row.isReplaced === 1,
});

const PUT_SUBJECT = `INSERT INTO subject (study, subject, site, enrolled_on, consented_on, status)
  VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (study, subject) DO UPDATE SET site = excluded.site, enrolled_on = excluded.enrolled_on,
    consented_on = excluded.consented_on, status = excluded.status`;

const ADD_ENROLMENT_IDENTIFIER =
  'INSERT OR IGNORE INTO subject_patient (site, patient, study, subject, source) VALUES (?, ?, ?, ?, ?)';

const LIST_ENROLMENT_IDENTIFIERS = `SELECT DISTINCT patient AS identifier, study, subject FROM subject_patient
  WHERE site = ? ORDER BY patient, study, subject`;

const FIND_ENROLMENTS_OF_IDENTIFIER = `SELECT DISTINCT patient AS identifier, study, subject FROM subject_patient
  WHERE site = ? AND patient = ? ORDER BY study, subject`;

const LIST_ENROLMENT_IDENTIFIERS_OF_SUBJECT =
  'SELECT DISTINCT patient FROM subject_patient WHERE study = ? AND subject = ? ORDER BY patient';

const ADD_LINK =
  'INSERT INTO patient_name (site, name, study, subject, is_his, is_retired) VALUES (?, ?, ?, ?, ?, ?)';

const LIST_LINKS_OF_IDENTIFIER = `SELECT name AS identifier, study, subject,
    is_his AS isCurrent, is_retired AS isReplaced
  FROM patient_name WHERE site = ? AND name = ? ORDER BY study, subject`;

const FIND_SUBJECTS_OF_IDENTIFIER = `SELECT s.*
  FROM patient_name p JOIN subject s ON s.study = p.study AND s.subject = p.subject
  WHERE p.site = ? AND p.name = ? AND p.is_his = 1`;

const LIST_IDENTIFIERS_OF_SUBJECT = `SELECT name AS identifier FROM patient_name WHERE study = ? AND subject = ?
  ORDER BY name LIKE 'Patient/%' DESC, is_retired, name`;

const LIST_CONTESTED = `SELECT identifier, patient_hash AS patientHash, is_sealed AS isSealed
  FROM contested_identifier WHERE site = ? AND identifier = ? ORDER BY patient_hash`;

const LIST_CONTESTED_BY =
  'SELECT identifier FROM contested_identifier WHERE site = ? AND patient_hash = ? ORDER BY identifier';

const LIST_DUE_FOR_ASSESSMENT =
  'SELECT study, subject, site FROM subject WHERE mark > judged_mark ORDER BY study, subject LIMIT ?';

const CLAIM_FOR_ASSESSMENT =
  'SELECT mark FROM subject WHERE study = ? AND subject = ? AND mark > judged_mark';

const MARK_OUTDATED = `UPDATE subject SET mark = mark + 1
  WHERE study = @study AND site = @site AND status <> 'withdrawn' AND NOT EXISTS (
    SELECT 1 FROM judgement j WHERE j.study = subject.study AND j.subject = subject.subject
      AND j.rules = @rules AND j.as_of <= @today AND j.unchanged_until >= @today)`;

function prepareStatements(db: Database) {
  return {
    put: db.prepare(PUT_SUBJECT),
    get: db.prepare<[string, string], SubjectRow>('SELECT * FROM subject WHERE study = ? AND subject = ?'),
    list: db.prepare<[string], SubjectRow>('SELECT * FROM subject WHERE study = ? ORDER BY subject'),
    listSites: db.prepare<[], { site: string }>('SELECT DISTINCT site FROM subject ORDER BY site'),
    addEnrolmentIdentifier: db.prepare(ADD_ENROLMENT_IDENTIFIER),
    listEnrolmentIdentifiers: db.prepare<[string], EnrolmentIdentifierRow>(LIST_ENROLMENT_IDENTIFIERS),
    findEnrolmentsOfIdentifier: db.prepare<[string, string], EnrolmentIdentifierRow>(
      FIND_ENROLMENTS_OF_IDENTIFIER,
    ),
    listEnrolmentIdentifiersOfSubject: db.prepare<[string, string], { patient: string }>(
      LIST_ENROLMENT_IDENTIFIERS_OF_SUBJECT,
    ),
    removeLinks: db.prepare('DELETE FROM patient_name WHERE site = ? AND name = ?'),
    addLink: db.prepare(ADD_LINK),
    listLinksOfIdentifier: db.prepare<[string, string], IdentifierLinkRow>(LIST_LINKS_OF_IDENTIFIER),
    findSubjectsOfIdentifier: db.prepare<[string, string], SubjectRow>(FIND_SUBJECTS_OF_IDENTIFIER),
    listIdentifiersOfSubject: db.prepare<[string, string], { identifier: string }>(
      LIST_IDENTIFIERS_OF_SUBJECT,
    ),
    removeContested: db.prepare('DELETE FROM contested_identifier WHERE site = ? AND identifier = ?'),
    addContested: db.prepare(
      'INSERT INTO contested_identifier (site, identifier, patient_hash, is_sealed) VALUES (?, ?, ?, ?)',
    ),
    listContested: db.prepare<
      [string, string],
      { identifier: string; patientHash: string; isSealed: number }
    >(LIST_CONTESTED),
    listContestedBy: db.prepare<[string, string], { identifier: string }>(LIST_CONTESTED_BY),
    mark: db.prepare('UPDATE subject SET mark = mark + 1 WHERE study = ? AND subject = ?'),
    markOutdated: db.prepare(MARK_OUTDATED),
    listDueForAssessment: db.prepare<[number], SubjectKey & { site: string }>(LIST_DUE_FOR_ASSESSMENT),
    claimForAssessment: db.prepare<[string, string], { mark: number }>(CLAIM_FOR_ASSESSMENT),
    clearMark: db.prepare(
      'UPDATE subject SET judged_mark = max(judged_mark, ?) WHERE study = ? AND subject = ?',
    ),
  };
}

type Statements = ReturnType<typeof prepareStatements>;

function listEnrolmentIdentifiers(statements: Statements, site: string, identifiers?: readonly string[]) {
  if (!identifiers) return statements.listEnrolmentIdentifiers.all(site);
  return identifiers.flatMap((identifier) => statements.findEnrolmentsOfIdentifier.all(site, identifier));
}

function replaceIdentifierLinks(
  statements: Statements,
  site: string,
  identifiers: readonly string[],
  links: readonly IdentifierLink[],
): void {
  for (const identifier of identifiers) statements.removeLinks.run(site, identifier);
  for (const { identifier, study, subject, isCurrent, isReplaced } of links)
    statements.addLink.run(site, identifier, study, subject, Number(isCurrent), Number(isReplaced));
}

function replaceContestedIdentifiers(
  statements: Statements,
  site: string,
  identifiers: readonly string[],
  contested: readonly ContestedIdentifier[],
): void {
  for (const identifier of identifiers) statements.removeContested.run(site, identifier);
  for (const { identifier, patientHash, isSealed } of contested)
    statements.addContested.run(site, identifier, patientHash, Number(isSealed));
}

function findByIdentifiers(statements: Statements, site: string, identifiers: readonly string[]) {
  const rows = identifiers.flatMap((identifier) => statements.findSubjectsOfIdentifier.all(site, identifier));
  return [...new Map(rows.map((row) => [`${row.study}|${row.subject}`, toSubject(row)])).values()];
}

/** The subject store, with what it remembers until another connection commits. */
interface SqliteSubjectStore extends SubjectStore {
  forget(): void;
}

/** The most answers that are remembered: far more than the subjects of a study, far less than the patients of a hospital. */
const MAX_REMEMBERED = 50_000;

/** Answers of look-ups by text. */
function createAnswers<T>() {
  const answers = new Map<string, T>();
  return {
    remember(text: string, find: () => T): T {
      const known = answers.get(text);
      if (known !== undefined) return known;
      const found = find();
      if (answers.size >= MAX_REMEMBERED) answers.clear();
      answers.set(text, found);
      return found;
    },
    forget: () => answers.clear(),
  };
}

const joinKey = (...parts: readonly string[]): string => parts.join('\n');

/**
 * Creates the subject store on the tables `subject`, `subject_patient` (enrolments) and `patient_name` (links). Every resource
 * that arrives asks whose it is, and enrolments and links change rarely: answers are remembered until they may have changed.
 */
export function createSqliteSubjectStore(db: Database): SqliteSubjectStore {
  const statements = prepareStatements(db);
  const subjects = createAnswers<Subject | null>();
  const links = createAnswers<readonly IdentifierLink[]>();
  const identifiersOfSubjects = createAnswers<readonly string[]>();
  const contested = createAnswers<readonly ContestedIdentifier[]>();
  /** Subjects who are due, and whom nobody has claimed since: another mark would change nothing. */
  const marked = new Set<string>();
  const forget = () => {
    for (const answers of [subjects, links, identifiersOfSubjects, contested]) answers.forget();
    marked.clear();
  };

  return {
    forget,
    async put({ study, subject, site, enrolledOn, consentedOn, status }) {
      forget();
      statements.put.run(study, subject, site, enrolledOn, consentedOn, status);
    },
    async get(study, subject) {
      const found = subjects.remember(joinKey(study, subject), () => {
        const row = statements.get.get(study, subject);
        return row ? toSubject(row) : null;
      });
      return found ?? undefined;
    },
    list: async (study) => statements.list.all(study).map(toSubject),
    listSites: async () => statements.listSites.all().map(({ site }) => site),
    async addEnrolmentIdentifier(site, identifier, study, subject, source) {
      statements.addEnrolmentIdentifier.run(site, identifier, study, subject, source);
    },
    listEnrolmentIdentifiers: async (site, identifiers) =>
      listEnrolmentIdentifiers(statements, site, identifiers),
    listEnrolmentIdentifiersFor: async (study, subject) =>
      statements.listEnrolmentIdentifiersOfSubject.all(study, subject).map(({ patient }) => patient),
    async replaceIdentifierLinks(site, identifiers, replacements) {
      forget();
      replaceIdentifierLinks(statements, site, identifiers, replacements);
    },
    listIdentifierLinks: async (site, identifiers) =>
      identifiers
        .toSorted()
        .flatMap((identifier) =>
          links.remember(joinKey(site, identifier), () =>
            statements.listLinksOfIdentifier.all(site, identifier).map(toIdentifierLink),
          ),
        ),
    async replaceContestedIdentifiers(site, identifiers, replacements) {
      forget();
      replaceContestedIdentifiers(statements, site, identifiers, replacements);
    },
    listContestedIdentifiers: async (site, identifiers) =>
      identifiers.flatMap((identifier) =>
        contested.remember(joinKey(site, identifier), () =>
          statements.listContested
            .all(site, identifier)
            .map((row) => ({ ...row, isSealed: row.isSealed === 1 })),
        ),
      ),
    listIdentifiersContestedBy: async (site, patientHash) =>
      statements.listContestedBy.all(site, patientHash).map(({ identifier }) => identifier),
    findByIdentifiers: async (site, identifiers) => findByIdentifiers(statements, site, identifiers),
    listPatientIdentifiers: async (study, subject) =>
      identifiersOfSubjects.remember(joinKey(study, subject), () =>
        statements.listIdentifiersOfSubject.all(study, subject).map(({ identifier }) => identifier),
      ),
    async markForAssessment(study, subject) {
      const key = joinKey(study, subject);
      if (marked.has(key)) return;
      statements.mark.run(study, subject);
      marked.add(key);
    },
    listDueForAssessment: async (limit) => statements.listDueForAssessment.all(limit),
    markOutdated: async ({ study, site, rules, today }) =>
      statements.markOutdated.run({ study, site, rules, today }).changes,
    async claimForAssessment(study, subject) {
      marked.clear();
      return statements.claimForAssessment.get(study, subject)?.mark ?? null;
    },
    async clearAssessmentMark(study, subject, mark) {
      marked.clear();
      statements.clearMark.run(mark, study, subject);
    },
  };
}
