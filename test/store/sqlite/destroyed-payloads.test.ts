import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createSeal } from '../../../src/intake/seal.ts';
import type { SealedPayload } from '../../../src/store/sealed-payload-store.ts';
import { prepareDatabaseFile } from '../../../src/store/sqlite/database.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { readCarvedPages } from '../../support/carve-pages.ts';
import { withFolder } from '../../support/with-folder.ts';
import { connectSqlite } from '../../support/with-sqlite.ts';

const NUMBER = 200;
const DUE = '2026-01-10T00:00:00.000Z';
const seal = createSeal(Buffer.alloc(32, 5));

const buildPayload = (index: number): SealedPayload => ({
  site: 's',
  patientHashes: [`patient ${index}`],
  resourceHash: `resource ${index}`,
  contentHash: `content ${index}`,
  ...seal.close(`Zhang San ${index} `.repeat(40 + (index % 50))),
  receivedAt: '2026-01-01T00:00:00.000Z',
  destroyAfter: index % 4 === 3 ? '2027-01-01T00:00:00.000Z' : DUE,
});

const PAYLOADS = Array.from({ length: NUMBER }, (_, index) => buildPayload(index));
const DESTROYED = PAYLOADS.filter(({ destroyAfter }) => destroyAfter === DUE);

async function sealAll(file: string): Promise<void> {
  const store = openSqliteStore(file);
  for (const payload of PAYLOADS) await store.transaction((tx) => tx.sealedPayloads.put(payload));
  await store.close();
}

/** Counts the payloads that can be read with every key in hand: their bytes and those of their key are still in the files. */
function countRecovered(file: string): number {
  const pages = readCarvedPages(file, prepareDatabaseFile(file).database);
  const isThere = (bytes: Uint8Array | null) => pages.includes(Buffer.from(bytes ?? []));
  return DESTROYED.filter(
    ({ ciphertext, wrappedKey }) => isThere(wrappedKey) && isThere(ciphertext.subarray(-40)),
  ).length;
}

test('what was destroyed cannot be read from any page of the files, with every key in hand', () =>
  withFolder(async (folder) => {
    const file = join(folder.path, 'store.db');
    await sealAll(file);
    expect(countRecovered(file)).toBe(DESTROYED.length);
    const store = openSqliteStore(file);
    try {
      expect(await store.transaction((tx) => tx.sealedPayloads.destroyDue(DUE))).toHaveLength(
        DESTROYED.length,
      );
      expect(await store.purgeDeleted()).toBe(true);
      expect(countRecovered(file)).toBe(0);
      const others = await store.read((tx) =>
        tx.sealedPayloads.listForPatient('s', ['patient 3', 'patient 7']),
      );
      expect(others.map((payload) => seal.open(payload).slice(0, 11))).toEqual([
        'Zhang San 3',
        'Zhang San 7',
      ]);
      // Their places are taken by new ones.
      for (const payload of DESTROYED) await store.transaction((tx) => tx.sealedPayloads.put(payload));
      const [again] = await store.read((tx) => tx.sealedPayloads.listForPatient('s', ['patient 1']));
      expect(again && seal.open(again)).toContain('Zhang San 1 ');
    } finally {
      await store.close();
    }
  }));

test('control: without overwriting, the same attack reads them', () =>
  withFolder(async (folder) => {
    const file = join(folder.path, 'store.db');
    await sealAll(file);
    const db = connectSqlite(file);
    db.pragma('secure_delete = OFF');
    db.exec(`DELETE FROM sealed WHERE destroy_after <= '${DUE}'`);
    db.exec('DELETE FROM sealed_key WHERE id NOT IN (SELECT sealed_key FROM sealed)');
    db.close();
    expect(countRecovered(file)).toBeGreaterThan(10);
  }));
