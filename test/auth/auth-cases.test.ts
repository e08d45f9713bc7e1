import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Lifecycle, requireOpen, useLifecycle } from '../support/use-lifecycle.ts';
import { type AccessSandbox, openAccessSandbox } from './sandbox/access-sandbox.ts';
import { type AuthCase, runAuthCase } from './sandbox/run-case.ts';

const CASES = join(import.meta.dirname, '../cases/auth');
const readCases = (name: string): readonly AuthCase[] =>
  (JSON.parse(readFileSync(join(CASES, `${name}.json`), 'utf8')) as { cases: readonly AuthCase[] }).cases;

let sandbox: AccessSandbox | null = null;
const lifecycle: Lifecycle = {
  async open() {
    sandbox = await openAccessSandbox();
  },
  async close() {
    await sandbox?.close();
  },
};

describe.each(['token-endpoint', 'resource-server', 'other-methods'])('%s', (name) => {
  useLifecycle('file', lifecycle);
  test.each(readCases(name).map((authCase) => [authCase.id, authCase] as const))(
    '%s',
    async (_id, authCase) => {
      expect(await runAuthCase(requireOpen(sandbox, 'The sandbox'), authCase)).toEqual([]);
    },
  );
});
