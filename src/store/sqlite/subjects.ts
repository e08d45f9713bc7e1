import type { Subject } from '../../trial/facts.ts';
import type { Subjects } from '../store.ts';
import type { Database } from './database.ts';

interface Row {
  study: string;
  subject: string;
  site: string;
  enrolled_on: string;
  consented_on: string;
  status: Subject['status'];
}

function subjectOf(row: Row): Subject {
  return {
    study: row.study,
    subject: row.subject,
    site: row.site,
    enrolledOn: row.enrolled_on,
    consentedOn: row.consented_on,
    status: row.status,
  };
}

export function sqliteSubjects(db: Database): Subjects {
  const put = db.prepare(`INSERT INTO subject (study, subject, site, enrolled_on, consented_on, status)
    VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (study, subject) DO UPDATE SET site = excluded.site, enrolled_on = excluded.enrolled_on,
      consented_on = excluded.consented_on, status = excluded.status`);
  const get = db.prepare<[string, string], Row>('SELECT * FROM subject WHERE study = ? AND subject = ?');
  const list = db.prepare<[string], Row>('SELECT * FROM subject WHERE study = ? ORDER BY subject');
  const anyAt = db.prepare<[string], unknown>('SELECT 1 FROM subject WHERE site = ? LIMIT 1');
  const link = db.prepare(
    'INSERT OR IGNORE INTO subject_patient (site, patient, study, subject, source) VALUES (?, ?, ?, ?, ?)',
  );
  const byPatient = db.prepare<[string, string], Row>(
    `SELECT s.* FROM subject_patient p JOIN subject s ON s.study = p.study AND s.subject = p.subject
     WHERE p.site = ? AND p.patient = ?`,
  );
  const patients = db.prepare<[string, string], { patient: string }>(
    `SELECT DISTINCT patient FROM subject_patient WHERE study = ? AND subject = ?
     ORDER BY patient LIKE 'Patient/%' DESC, patient`,
  );
  const drop =
    db.prepare(`DELETE FROM subject_patient WHERE site = ? AND source = ? AND study = ? AND subject = ?
    AND patient NOT IN (SELECT value FROM json_each(?))`);
  const enrolledNames = db.prepare<[string], { name: string; study: string; subject: string }>(
    `SELECT DISTINCT patient AS name, study, subject FROM subject_patient
     WHERE site = ? AND source NOT LIKE 'Patient/%' ORDER BY patient, study, subject`,
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
      return row && subjectOf(row);
    },
    async list(study) {
      return list.all(study).map(subjectOf);
    },
    async anyAt(site) {
      return anyAt.get(site) !== undefined;
    },
    async linkPatient(site, patient, study, subject, source) {
      link.run(site, patient, study, subject, source);
    },
    async dropNames(site, source, study, subject, kept) {
      const before = patients.all(study, subject).length;
      drop.run(site, source, study, subject, JSON.stringify(kept));
      return patients.all(study, subject).length < before;
    },
    async byPatient(site, names) {
      const found = names.flatMap((name) => byPatient.all(site, name)).map(subjectOf);
      return [...new Map(found.map((s) => [`${s.study}|${s.subject}`, s])).values()];
    },
    async patients(study, subject) {
      return patients.all(study, subject).map((row) => row.patient);
    },
    async enrolledNames(site) {
      return enrolledNames.all(site);
    },
    async markDirty(study, subject) {
      mark.run(study, subject);
    },
    async dirty(limit) {
      return dirty.all(limit);
    },
    async clearDirty(study, subject, judged) {
      clear.run(judged, study, subject);
    },
  };
}
