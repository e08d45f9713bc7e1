import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { buildAuditEntry } from '../../../src/audit/audit-entry.ts';
import { verifyTrail } from '../../../src/audit/verify-trail.ts';
import { locateAuditKey } from '../../../src/service/audit/audit-key.ts';
import { locateHeadFile, readHeadLines } from '../../../src/service/audit/head-file.ts';
import { keepTrail, type TrailStore } from '../../../src/service/audit/keep-trail.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { withFolder } from '../../support/with-folder.ts';

interface Place {
  readonly keysDir: string;
  readonly dataDir: string;
  readonly auditHeadsDir: string;
}

/** Opens a store with its trail, and closes it after the work; `failures` collects what could not be kept. */
async function useTrail<T>(
  place: Place,
  work: (store: TrailStore) => Promise<T>,
  failures: unknown[] = [],
): Promise<T> {
  const store = await openTrail(place, failures);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

function openTrail({ dataDir, ...place }: Place, failures: unknown[] = []): Promise<TrailStore> {
  const store = openSqliteStore(join(dataDir, 'store.db'), { keysDir: place.keysDir });
  return keepTrail(store, place, (cause) => failures.push(cause)).catch(async (cause) => {
    await store.close();
    throw cause;
  });
}

const append = (store: TrailStore, count = 1): Promise<void> =>
  store.transaction(async (tx) => {
    for (let number = 0; number < count; number++)
      await tx.audit.append(buildAuditEntry({ action: 'data.read' }, new Date()));
  });

const verify = (store: TrailStore, { auditHeadsDir }: Place) =>
  store.read((tx) =>
    verifyTrail(tx.audit, { keys: null, copy: readHeadLines(locateHeadFile(auditHeadsDir)) }),
  );

const withPlace = (work: (place: Place) => Promise<void>): Promise<void> =>
  withFolder(({ path }) =>
    work({
      dataDir: join(path, 'data'),
      keysDir: join(path, 'keys'),
      auditHeadsDir: join(path, 'other disk'),
    }),
  );

test('the first opening makes the key, for its user only, and records it; closing signs', () =>
  withPlace(async (place) => {
    await useTrail(place, async () => {});
    expect(statSync(locateAuditKey(place)).mode & 0o777).toBe(0o600);
    expect(statSync(locateHeadFile(place.auditHeadsDir)).mode & 0o777).toBe(0o600);
    await useTrail(place, async (store) => {
      expect(await verify(store, place)).toMatchObject({
        ...{ valid: true, entries: 1, heads: 1, afterLastHead: 0, isComparedWithCopy: true },
      });
    });
    // Nothing was appended since.
    expect(readHeadLines(locateHeadFile(place.auditHeadsDir))).toHaveLength(1);
  }));

test('a head is signed after a thousand entries, while the store is open', () =>
  withPlace(async (place) => {
    await useTrail(place, async (store) => {
      await append(store, 1_200);
      const countHeads = async () => (await verify(store, place)).heads;
      while ((await countHeads()) === 0) await append(store, 0);
      expect(await verify(store, place)).toMatchObject({ valid: true, heads: 1, afterLastHead: 0 });
    });
  }));

test('another key, and a key that is missing, are refused, and nothing is changed', () =>
  withPlace(async (place) => {
    await useTrail(place, append);
    const key = readFileSync(locateAuditKey(place), 'utf8');
    for (const wrong of [[...key].reverse().join(''), 'x', null]) {
      if (wrong === null) rmSync(locateAuditKey(place));
      else writeFileSync(locateAuditKey(place), wrong);
      await expect(openTrail(place)).rejects.toMatchObject({ code: 'store/unusable' });
    }
    writeFileSync(locateAuditKey(place), key);
    await useTrail(place, async (store) => {
      expect(await verify(store, place)).toMatchObject({ valid: true, entries: 2 });
    });
  }));

test('a copy that could not be written is completed later; a line that was cut off is written anew', () =>
  withPlace(async (place) => {
    const failures: unknown[] = [];
    mkdirSync(locateHeadFile(place.auditHeadsDir), { recursive: true });
    await useTrail(place, append, failures);
    expect(failures).toHaveLength(1);
    rmSync(locateHeadFile(place.auditHeadsDir), { recursive: true });
    await useTrail(place, append);
    expect(readHeadLines(locateHeadFile(place.auditHeadsDir))).toHaveLength(2);
    appendFileSync(locateHeadFile(place.auditHeadsDir), '{"v":1,"numb');
    await useTrail(place, append);
    await useTrail(place, async (store) => {
      expect(await verify(store, place)).toMatchObject({ valid: true, heads: 3, afterLastHead: 0 });
    });
    expect(readFileSync(locateHeadFile(place.auditHeadsDir), 'utf8').split('\n')).toHaveLength(4);
  }));
