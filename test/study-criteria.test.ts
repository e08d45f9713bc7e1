import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { inspectLibrary, readLibrary, selectCriteriaSets } from '../src/library.ts';

let mappingsDir: string;
beforeAll(() => {
  mappingsDir = mkdtempSync(join(tmpdir(), 'library-'));
  cpSync(join(import.meta.dirname, '../mappings'), mappingsDir, { recursive: true });
});
afterAll(() => rmSync(mappingsDir, { recursive: true }));

const buildDirs = () => ({ mappingsDir, studiesDir: join(mappingsDir, 'studies') });

describe('a study with a criteria set of its own', () => {
  test('is assessed by it, and no other study is', () => {
    const folder = join(mappingsDir, 'studies/msc-aa/criteria');
    const before = readLibrary(buildDirs()).digests.rules;
    mkdirSync(folder);
    const general = JSON.parse(readFileSync(join(mappingsDir, 'criteria/bsh-saa.json'), 'utf8'));
    writeFileSync(join(folder, 'bsh-saa.json'), JSON.stringify({ ...general, version: '9.0.0' }));
    const library = readLibrary(buildDirs());
    expect(selectCriteriaSets(library, 'msc-aa').get('bsh-saa')?.version).toBe('9.0.0');
    expect(selectCriteriaSets(library, 'msc-aa').get('bsh-nsaa')?.version).toBe('2.0.0');
    expect(selectCriteriaSets(library, 'another').get('bsh-saa')?.version).toBe('2.0.0');
    // Other rules: a service that restarts on its store re-evaluates all subjects.
    expect(library.digests.rules).not.toBe(before);
  });

  test('has its errors reported by file', () => {
    const file = 'studies/msc-aa/criteria/bsh-saa.json';
    writeFileSync(join(mappingsDir, file), JSON.stringify({ id: 'bsh-saa', status: 'defined' }));
    expect(() => readLibrary(buildDirs())).toThrow(file);
    const { problems } = inspectLibrary(buildDirs());
    expect([...new Set(problems.map((problem) => problem.file))]).toEqual([file]);
  });
});
