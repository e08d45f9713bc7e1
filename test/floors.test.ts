import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseSync } from '@swc/core';
import { listImportsOnUse } from './ratchets/source-tree.ts';

/**
 * The allowed imports between the folders of src, each called a floor. A floor imports itself and the floors on its line;
 * a line names only lines above it, so there are no cycles. `service`, `bench` and `cli` are on top.
 */
const STAGES = ['intake', 'mapping', 'writeback'];
const FLOORS: Record<string, readonly string[]> = {
  errors: [],
  'csv-row': [],
  'config-variables': [],
  'durable-folders': [],
  audit: [],
  config: ['errors'],
  statistics: [],
  capacity: [],
  'library/formats': [],
  trial: ['statistics', 'library/formats'],
  fhir: ['errors'],
  signatures: ['trial', 'fhir'],
  observe: ['errors', 'config'],
  auth: ['errors', 'durable-folders', 'config', 'audit', 'fhir', 'signatures', 'observe'],
  store: ['errors', 'durable-folders', 'audit', 'trial', 'signatures', 'observe'],
  ehr: ['errors', 'fhir', 'observe', 'auth'],
  intake: ['errors', 'fhir', 'store', 'ehr'],
  mapping: ['errors', 'trial', 'fhir'],
  writeback: ['errors', 'trial', 'fhir', 'store', 'ehr'],
  exports: ['errors', 'csv-row', 'trial', 'fhir'],
  library: [
    'errors',
    'durable-folders',
    'config',
    'library/formats',
    'trial',
    'fhir',
    'signatures',
    'mapping',
    'exports',
  ],
  pipeline: [
    'errors',
    'audit',
    'trial',
    'fhir',
    'signatures',
    'observe',
    'store',
    ...STAGES,
    'exports',
    'library',
  ],
  http: [
    'errors',
    'audit',
    'trial',
    'fhir',
    'signatures',
    'observe',
    'auth',
    'store',
    'intake',
    'exports',
    'pipeline',
  ],
};
FLOORS.service = Object.keys(FLOORS);
FLOORS.bench = Object.keys(FLOORS);
FLOORS.cli = [
  'errors',
  'audit',
  'csv-row',
  'config-variables',
  'config',
  'trial',
  'fhir',
  'signatures',
  'capacity',
  'service',
  'bench',
];
FLOORS.main = ['cli'];

/** The packages that the trial's rules may use: arithmetic only, nothing that reads a clock, a file or a network. */
const TRIAL_PACKAGES = ['decimal.js'];

/** Reads the specifications of datasets and codelists, which are part of the program. No other pure file reads one. */
const SPECIFICATION_READER = 'exports/tabulation/specification-file.ts';

const SRC = resolve(import.meta.dirname, '../src');

function listSourceFiles(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.[jt]s$/.test(file))
    .map((file) => join(SRC, file));
}

interface ModuleImport {
  readonly name: string;
  readonly isTypeOnly: boolean;
}

function listModuleImports(file: string): ModuleImport[] {
  const module = parseSync(readFileSync(file, 'utf8'), { syntax: 'typescript' });
  const atOnce = module.body.flatMap((item) =>
    (item.type === 'ImportDeclaration' ||
      item.type === 'ExportNamedDeclaration' ||
      item.type === 'ExportAllDeclaration') &&
    item.source
      ? [{ name: item.source.value, isTypeOnly: 'typeOnly' in item && item.typeOnly === true }]
      : [],
  );
  return [...atOnce, ...listImportsOnUse(module).map((name) => ({ name, isTypeOnly: false }))];
}

const listImports = (file: string): string[] => listModuleImports(file).map(({ name }) => name);

/** A folder inside a floor that is a floor of its own. */
const SUB_FLOORS = Object.keys(FLOORS).filter((floor) => floor.includes('/'));

function findFloor(file: string): string {
  const path = relative(SRC, file);
  const subFloor = SUB_FLOORS.find((floor) => path.startsWith(`${floor}/`));
  return subFloor ?? (path.split('/')[0] ?? '').replace(/\.[jt]s$/, '');
}

test('every folder and file of src is a floor', () => {
  expect([...new Set(listSourceFiles().map(findFloor))].filter((floor) => !(floor in FLOORS))).toEqual([]);
});

test('a floor imports only itself and the floors on its line', () => {
  const forbidden = listSourceFiles().flatMap((file) =>
    listImports(file)
      .filter((name) => name.startsWith('.'))
      .map((name) => findFloor(resolve(dirname(file), name)))
      .filter((to) => to !== findFloor(file) && !FLOORS[findFloor(file)]?.includes(to))
      .map((to) => `${relative(SRC, file)} → ${to}`),
  );
  expect(forbidden).toEqual([]);
});

test('trial and statistics use no package but arithmetic', () => {
  const packages = listSourceFiles()
    .filter((file) => findFloor(file) === 'trial' || findFloor(file) === 'statistics')
    .flatMap(listImports)
    .filter((name) => !name.startsWith('.'));
  expect([...new Set(packages)].filter((name) => !TRIAL_PACKAGES.includes(name))).toEqual([]);
});

test('the trial takes types from the file formats, and nothing at run time', () => {
  const wrong = listSourceFiles()
    .filter((file) => findFloor(file) === 'trial')
    .flatMap((file) =>
      listModuleImports(file)
        .filter(({ name }) => name.startsWith('.'))
        .filter(({ name }) => findFloor(resolve(dirname(file), name)) === 'library/formats')
        .filter(({ isTypeOnly }) => !isTypeOnly)
        .map(({ name }) => `${relative(SRC, file)} → ${name}`),
    );
  expect(wrong).toEqual([]);
});

test('the file formats use zod and nothing else', () => {
  const packages = listSourceFiles()
    .filter((file) => findFloor(file) === 'library/formats')
    .flatMap(listImports)
    .filter((name) => !name.startsWith('.'));
  expect([...new Set(packages)]).toEqual(['zod']);
});

test('the pure floors read no clock, chance, process or network', () => {
  const impure =
    /\bDate\.now\(|\bnew Date\(\)|Math\.random\(|\bprocess\.|\bfetch\(|from 'node:(fs|http|https|net|child_process)|random(Bytes|UUID|Int)\b/;
  const wrong = listSourceFiles()
    .filter((file) =>
      [
        'audit',
        'statistics',
        'capacity',
        'library/formats',
        'trial',
        'fhir',
        'signatures',
        'mapping',
        'exports',
      ].includes(findFloor(file)),
    )
    .filter((file) => relative(SRC, file) !== SPECIFICATION_READER)
    .filter((file) => impure.test(readFileSync(file, 'utf8')));
  expect(wrong.map((file) => relative(SRC, file))).toEqual([]);
});
