import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type TestFolder, withFolder } from '../support/with-folder.ts';

/** Traces the system calls of a process that saves a decision; null where the machine cannot. */
function traceSaving(folder: TestFolder): readonly string[] | null {
  const log = join(folder.path, 'trace.log');
  const saver = join(import.meta.dirname, 'save-decision-process.ts');
  const traced = ['-f', '-y', '-e', 'trace=fsync,rename,openat', '-o', log];
  const { status } = spawnSync('strace', [...traced, process.execPath, saver, join(folder.path, 'data')]);
  return status === 0 ? readFileSync(log, 'utf8').split('\n') : null;
}

test('a decision, its history and the folders of both are on disk when it has been saved', () =>
  withFolder(
    (folder) => {
      const calls = traceSaving(folder);
      if (calls === null) return;
      const site = join(folder.path, 'data/decisions/site-t');
      const find = (from: number, ...parts: readonly string[]) =>
        calls.findIndex((call, index) => index > from && parts.every((part) => call.includes(part)));
      for (const [file, entry] of [
        [`${site}/history.ndjson`, `<${site}>`],
        [`${site}/units/accepted-platelets.json.new`, `<${site}/units>`],
      ] as const) {
        const opened = find(-1, 'openat(', file);
        const synced = find(opened, 'fsync(', `<${file}`);
        expect([opened, synced]).not.toContain(-1);
        const named = file.endsWith('.new') ? find(synced, 'rename(', file) : synced;
        expect(named).toBeGreaterThan(-1);
        expect(find(named, 'fsync(', entry)).toBeGreaterThan(-1);
      }
      for (const above of [join(folder.path, 'data'), join(folder.path, 'data/decisions'), folder.path])
        expect(find(-1, 'fsync(', `<${above}>`)).toBeGreaterThan(-1);
    },
    { onDisk: true },
  ));
