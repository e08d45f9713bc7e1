import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const BUNDLED_MAPPINGS = join(import.meta.dirname, '../../mappings');

/** Copies the bundled mapping library into a folder, applies the edit to the copy, and returns the path. */
export function copyMappings(target: string, edit: (mappings: string) => void = () => {}): string {
  cpSync(BUNDLED_MAPPINGS, target, { recursive: true });
  edit(target);
  return target;
}

/** Replaces the first occurrence of the text. Throws where there is none, as the test would then test nothing. */
export function replaceInFile(file: string, text: string, replacement: string): void {
  const before = readFileSync(file, 'utf8');
  if (!before.includes(text)) throw new Error(`${file} does not contain ${text}`);
  writeFileSync(
    file,
    before.replace(text, () => replacement),
  );
}
