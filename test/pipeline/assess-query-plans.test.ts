import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readLibrary } from '../../src/library.ts';
import {
  type AssessmentDependencies,
  assessAndQueueWriteBack,
} from '../../src/pipeline/assess/assess-and-write-back.ts';
import { findStudyRules } from '../../src/service/study-rules.ts';
import { TRUST_WITHOUT_PEOPLE } from '../../src/signatures/check-decision.ts';
import { createConnectionStores } from '../../src/store/sqlite/connection-stores.ts';
import { prepareDatabaseFile } from '../../src/store/sqlite/database.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { StoreTransaction } from '../../src/store/store.ts';
import type { Fact, LabFact, Moment } from '../../src/trial/facts.ts';
import { withFolder } from '../support/with-folder.ts';
import { connectSqlite } from '../support/with-sqlite.ts';

const MAPPINGS = join(import.meta.dirname, '../../mappings');
const STUDY = 'msc-aa';
const SITE = 's';

const toMoment = (day: string): Moment => ({ text: day, earliestDay: day, latestDay: day, instant: null });

const buildBase = (subject: string, id: string, day: string) => ({
  key: `${subject}|${id}`,
  subject,
  at: toMoment(day),
  sources: [{ site: SITE, resourceType: 'Observation', id, version: '1', element: 'Observation' }] as const,
});

/** An infusion, and a platelet count of each of two visits and of the baseline. */
const listFacts = (subject: string): readonly Fact[] => [
  {
    ...buildBase(subject, `${subject}-i`, '2026-01-10'),
    kind: 'infusion',
    product: 'bm-msc',
    status: 'completed',
    dose: null,
    original: { code: 'x', value: '', unit: '', conversion: null },
  },
  ...['2026-01-05', '2026-01-24', '2026-02-09'].map(
    (day): LabFact => ({
      ...buildBase(subject, `${subject}-${day}`, day),
      kind: 'lab',
      analyte: 'platelets',
      measured: { value: '24', comparator: null },
      absentReason: null,
      method: 'automated',
      status: 'final',
      original: { code: '777-3', value: '24', unit: '10*9/L', conversion: null },
    }),
  ),
];

async function enrol(tx: StoreTransaction, subject: string): Promise<void> {
  const day = '2026-01-01';
  await tx.subjects.put({
    ...{ study: STUDY, subject, site: SITE, enrolledOn: day, consentedOn: day, status: 'on-study' },
  });
  const identifier = `Patient/${subject}`;
  await tx.subjects.replaceIdentifierLinks(
    SITE,
    [identifier],
    [{ identifier, study: STUDY, subject, isCurrent: true, isReplaced: false }],
  );
  for (const fact of listFacts(subject))
    await tx.facts.replaceForResource(fact.sources[0], STUDY, subject, [fact]);
  await tx.subjects.markForAssessment(STUDY, subject);
}

function createDependencies(): AssessmentDependencies {
  const library = readLibrary({ mappingsDir: MAPPINGS, studiesDir: join(MAPPINGS, 'studies') });
  return {
    softwareVersion: '0',
    trust: TRUST_WITHOUT_PEOPLE,
    getStudyRules: (study) => findStudyRules(library, study),
    getTimeZone: () => 'Europe/Berlin',
    now: () => new Date('2026-06-01T12:00:00Z'),
    onAssessmentFailed: (_subject, cause) => {
      throw cause;
    },
  };
}

/** Assesses two subjects and reads what is due; returns each statement that ran. */
async function recordStatements(file: string): Promise<readonly string[]> {
  await openSqliteStore(file).close();
  const statements = new Set<string>();
  const db = connectSqlite(file, { verbose: (sql) => statements.add(String(sql)) });
  try {
    const tx = createConnectionStores(db, prepareDatabaseFile(file)).stores;
    for (const subject of ['S1', 'S2']) await enrol(tx, subject);
    statements.clear();
    const dependencies = createDependencies();
    for (const { study, subject } of await tx.subjects.listDueForAssessment(10)) {
      const mark = await tx.subjects.claimForAssessment(study, subject);
      if (mark !== null) await assessAndQueueWriteBack(tx, dependencies, { study, subject, mark });
    }
    await tx.outbox.takeDue('2026-06-02T00:00:00.000Z', [SITE], 50);
    await tx.outbox.list({ state: 'dead' });
    await tx.outbox.list({ subject: 'S1' });
    return [...statements];
  } finally {
    db.close();
  }
}

/**
 * A step that reads every row of a table, or of a site. `p` is the table of paused sites; `subject_due` has only the subjects
 * due.
 */
const READS_ALL =
  /^SCAN (?!json_each|p\b|subject USING (COVERING )?INDEX subject_due)|^SEARCH (?!paused_site|p\b).* \(site=\?\)/;

/** Lists the steps of each statement's plan. */
function listPlanSteps(file: string, statements: readonly string[]): readonly string[] {
  const db = connectSqlite(file);
  try {
    return statements.flatMap((sql) =>
      db
        .prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => `${detail}: ${sql}`),
    );
  } finally {
    db.close();
  }
}

test('assessing a subject reads rows by index alone, however many the store has of others', () =>
  withFolder(async (folder) => {
    const file = join(folder.path, 'store.db');
    const statements = await recordStatements(file);
    expect(statements.join('\n')).toContain('INSERT INTO outbox');
    for (const step of listPlanSteps(file, statements)) expect(step).not.toMatch(READS_ALL);
  }));
