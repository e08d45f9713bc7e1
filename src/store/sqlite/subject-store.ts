import type { Subject } from '../../trial/facts.ts';
import type { SubjectStore } from '../subject-store.ts';
import type { Database } from './database.ts';

interface SubjectTableRow {
  study: string;
  subject: string;
  site: string;
  enrolled_on: string;
  consented_on: string;
  status: Subject['status'];
}

interface EnrolmentIdentifierRow {
  name: string;
  study: string;
  subject: string;
}

interface IdentifierLinkRow extends EnrolmentIdentifierRow {
  is_his: number;
  is_retired: number;
}

function toSubject(row: SubjectTableRow): Subject {
  return {
    study: row.study,
    subject: row.subject,
    site: row.site,
    enrolledOn: row.enrolled_on,
    consentedOn: row.consented_on,
    status: row.status,
  };
}

export function createSqliteSubjectStore(db: Database): SubjectStore {
  const put = db.prepare(`INSERT INTO subject (study, subject, site, enrolled_on, consented_on, status)
    VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (study, subject) DO UPDATE SET site = excluded.site, enrolled_on = excluded.enrolled_on,
      consented_on = excluded.consented_on, status = excluded.status`);
  const get = db.prepare<[string, string], SubjectTableRow>(
    'SELECT * FROM subject WHERE study = ? AND subject = ?',
  );
  const list = db.prepare<[string], SubjectTableRow>(
    'SELECT * FROM subject WHERE study = ? ORDER BY subject',
  );
  const anyAt = db.prepare<[string], unknown>('SELECT 1 FROM subject WHERE site = ? LIMIT 1');
  const link = db.prepare(
    'INSERT OR IGNORE INTO subject_patient (site, patient, study, subject, source) VALUES (?, ?, ?, ?, ?)',
  );
  const enrolledAt = db.prepare<[string], EnrolmentIdentifierRow>(
    `SELECT DISTINCT patient AS name, study, subject FROM subject_patient
     WHERE site = ? ORDER BY patient, study, subject`,
  );
  const enrolledBy = db.prepare<[string, string], EnrolmentIdentifierRow>(
    `SELECT DISTINCT patient AS name, study, subject FROM subject_patient
     WHERE site = ? AND patient = ? ORDER BY study, subject`,
  );
  const enrolledAs = db.prepare<[string, string], { patient: string }>(
    'SELECT DISTINCT patient FROM subject_patient WHERE study = ? AND subject = ? ORDER BY patient',
  );
  const forget = db.prepare('DELETE FROM patient_name WHERE site = ? AND name = ?');
  const mean = db.prepare(
    'INSERT INTO patient_name (site, name, study, subject, is_his, is_retired) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const meanings = db.prepare<[string, string], IdentifierLinkRow>(
    'SELECT name, study, subject, is_his, is_retired FROM patient_name WHERE site = ? AND name = ? ORDER BY study, subject',
  );
  const byPatient = db.prepare<[string, string], SubjectTableRow>(
    `SELECT s.* FROM patient_name p JOIN subject s ON s.study = p.study AND s.subject = p.subject
     WHERE p.site = ? AND p.name = ? AND p.is_his = 1`,
  );
  const patients = db.prepare<[string, string], { name: string }>(
    `SELECT name FROM patient_name WHERE study = ? AND subject = ?
     ORDER BY name LIKE 'Patient/%' DESC, is_retired, name`,
  );
  const mark = db.prepare('UPDATE subject SET mark = mark + 1 WHERE study = ? AND subject = ?');
  const dirty = db.prepare<[number], { study: string; subject: string; mark: number }>(
    'SELECT study, subject, mark FROM subject WHERE mark > judged_mark ORDER BY study, subject LIMIT ?',
  );
  const clear = db.prepare(
    'UPDATE subject SET judged_mark = max(judged_mark, ?) WHERE study = ? AND subject = ?',
  );
  return {
    async put(s) {
      put.run(s.study, s.subject, s.site, s.enrolledOn, s.consentedOn, s.status);
    },
    async get(study, subject) {
      const row = get.get(study, subject);
      return row && toSubject(row);
    },
    async list(study) {
      return list.all(study).map(toSubject);
    },
    async hasSubjectAt(site) {
      return anyAt.get(site) !== undefined;
    },
    async addEnrolmentIdentifier(site, patient, study, subject, source) {
      link.run(site, patient, study, subject, source);
    },
    async listEnrolmentIdentifiers(site, names) {
      return names ? names.flatMap((name) => enrolledBy.all(site, name)) : enrolledAt.all(site);
    },
    async listEnrolmentIdentifiersFor(study, subject) {
      return enrolledAs.all(study, subject).map((row) => row.patient);
    },
    async replaceIdentifierLinks(site, names, all) {
      for (const name of names) forget.run(site, name);
      for (const { name, study, subject, isHis, isRetired } of all)
        mean.run(site, name, study, subject, Number(isHis), Number(isRetired));
    },
    async meanings(site, names) {
      const rows = names.toSorted().flatMap((name) => meanings.all(site, name));
      return rows.map(({ is_his, is_retired, ...rest }) => ({
        ...rest,
        isHis: is_his === 1,
        isRetired: is_retired === 1,
      }));
    },
    async findByIdentifiers(site, names) {
      const found = names.flatMap((name) => byPatient.all(site, name)).map(toSubject);
      return [...new Map(found.map((s) => [`${s.study}|${s.subject}`, s])).values()];
    },
    async patients(study, subject) {
      return patients.all(study, subject).map((row) => row.name);
    },
    async markForAssessment(study, subject) {
      mark.run(study, subject);
    },
    async listDueForAssessment(limit) {
      return dirty.all(limit);
    },
    async clearAssessmentMark(study, subject, judged) {
      clear.run(judged, study, subject);
    },
  };
}
