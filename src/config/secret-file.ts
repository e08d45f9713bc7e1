import { readFileSync, statSync } from 'node:fs';
import { Failure } from '../errors.ts';

/** Reads a text file. Throws `config/invalid` where it cannot be read; `at` is the place that names it. */
export function readTextFile(file: string, at: string, fix: string): string {
  try {
    if (statSync(file).isCharacterDevice()) throw new Error('A device may have no end.');
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Failure('config/invalid', `The file ${file} cannot be read.`, { at, fix }, { cause });
  }
}

/** Reads a token or secret from its file, without the line break at its end. Throws `config/invalid`. */
export function readSecretFile(path: string, at = path): string {
  return readTextFile(path, at, 'Write the token or secret into this file.').trim();
}
