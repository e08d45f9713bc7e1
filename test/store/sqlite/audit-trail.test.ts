import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { buildAuditEntry } from '../../../src/audit/audit-entry.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { withFolder } from '../../support/with-folder.ts';
import { connectSqlite } from '../../support/with-sqlite.ts';

const appendEntries = async (file: string, count: number): Promise<void> => {
  const store = openSqliteStore(file);
  try {
    for (let number = 1; number <= count; number++)
      await store.transaction(async (tx) => {
        await tx.audit.append(buildAuditEntry({ action: 'data.read' }, new Date('2026-03-01T00:00:00Z')));
        await tx.audit.addHead({ number, head: '{}' });
      });
  } finally {
    await store.close();
  }
};

const CHANGES = [
  `UPDATE audit_entry SET entry = '{}' WHERE seq = 1`,
  'DELETE FROM audit_entry WHERE seq = 2',
  `INSERT INTO audit_entry SELECT 5, chain, entry, link FROM audit_entry WHERE seq = 1`,
  `INSERT OR REPLACE INTO audit_entry SELECT 2, chain, '{}', link FROM audit_entry WHERE seq = 1`,
  `UPDATE audit_head SET head = 'x' WHERE number = 1`,
  'DELETE FROM audit_head',
  `INSERT INTO audit_head VALUES (9, '{}')`,
  `INSERT OR REPLACE INTO audit_head VALUES (1, 'x')`,
];

test('the trail of a SQLite file is only appended, whoever writes to the file', async () => {
  await withFolder(async ({ path }) => {
    const file = join(path, 'store.db');
    await appendEntries(file, 3);
    const database = connectSqlite(file);
    try {
      for (const change of CHANGES) expect(() => database.exec(change)).toThrow(/audit entry|signed head/);
      // The control: without the triggers, each of them is done.
      const triggers = database
        .prepare<[], string>(`SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'`)
        .pluck()
        .all();
      for (const name of triggers) database.exec(`DROP TRIGGER ${name}`);
      for (const change of CHANGES) expect(() => database.exec(change)).not.toThrow();
    } finally {
      database.close();
    }
  });
});
