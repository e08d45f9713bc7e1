import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { createTestFolder, type FolderOptions, type TestFolder } from './with-folder.ts';

/** Something that a test opens and closes. Both may be called again. */
export interface Lifecycle {
  /** Opens it. What was opened before a failure is closed by `close`. */
  open(): Promise<void>;
  /** Closes in reverse order what is open; does nothing where nothing is. */
  close(): Promise<void>;
}

/** Whether all tests of the file share it, or each test has a new one. */
export type Scope = 'file' | 'test';

/**
 * Opens it before the tests and closes it after them. Jest runs the hook that closes also where the one that opens has
 * failed, so that a start-up that fails half way leaves nothing behind.
 */
export function useLifecycle(per: Scope, { open, close }: Lifecycle): void {
  if (per === 'file') {
    beforeAll(open);
    afterAll(close);
  } else {
    beforeEach(open);
    afterEach(close);
  }
}

/** Returns the value, or throws where the test reads it before it is open. */
export function requireOpen<T>(value: T | null, name: string): T {
  if (value === null) throw new Error(`${name} is not open: read it in a test or a hook.`);
  return value;
}

/** Creates one folder for all tests of the file; it is removed after the last. */
export function useFolder(options: FolderOptions = {}): TestFolder {
  const folder = createTestFolder(options);
  afterAll(() => folder.remove());
  return folder;
}
