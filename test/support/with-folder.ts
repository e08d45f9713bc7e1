import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder that is removed after the test: a store, and any files that the test writes. */
export interface TestFolder {
  readonly path: string;
  /** Writes a file, creating the folders above it, and returns its path. */
  writeFile(name: string, content: string | Uint8Array): string;
  /** Writes a value as JSON, and returns the path of the file. */
  writeJson(name: string, value: unknown): string;
  remove(): void;
}

export interface FolderOptions {
  /**
   * By default the folder is in memory where the system has /dev/shm, so that no test waits for a disk. A test about
   * disks, or about what remains after a crash, needs a real one.
   */
  readonly onDisk?: boolean;
}

const MEMORY_FILE_SYSTEM = '/dev/shm';

export function createTestFolder({ onDisk = false }: FolderOptions = {}): TestFolder {
  const isInMemory = !onDisk && existsSync(MEMORY_FILE_SYSTEM);
  const path = mkdtempSync(join(isInMemory ? MEMORY_FILE_SYSTEM : tmpdir(), 'trial-adapter-'));
  const folder: TestFolder = {
    path,
    writeFile(name, content) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      return file;
    },
    writeJson: (name, value) => folder.writeFile(name, JSON.stringify(value)),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
  return folder;
}

/** Runs the work with a folder of its own, and removes the folder even when the work fails. */
export async function withFolder<T>(
  work: (folder: TestFolder) => T | Promise<T>,
  options: FolderOptions = {},
): Promise<T> {
  const folder = createTestFolder(options);
  try {
    return await work(folder);
  } finally {
    folder.remove();
  }
}
