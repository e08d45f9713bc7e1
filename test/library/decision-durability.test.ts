import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { traceCalls } from '../support/trace-calls.ts';
import { withFolder } from '../support/with-folder.ts';

const SAVER = join(import.meta.dirname, 'save-decision-process.ts');

test('a decision, its history and the folders of both are on disk when it has been saved', () =>
  withFolder(
    (folder) => {
      const calls = traceCalls(folder, ['fsync', 'rename', 'openat'], SAVER, join(folder.path, 'data'));
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
