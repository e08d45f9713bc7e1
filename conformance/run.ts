/**
 * Conformance runs over public suites and samples that are not part of this repository. They are looked for in the
 * folder that TRIAL_ADAPTER_SHARED names, else in ../shared; where it is absent, the run is skipped with a notice.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as adverseEvents from './adverse-events.ts';
import type { CaseResult } from './case.ts';
import * as cdisc from './cdisc.ts';
import * as ctgov from './ctgov.ts';
import * as hostile from './hostile.ts';
import * as jsonParsing from './json-parsing.ts';
import * as samples from './samples.ts';
import * as viewDefinitions from './sql-on-fhir.ts';

interface Suite {
  readonly name: string;
  /** Below the shared folder. */
  readonly folder: string;
  run(folder: string): Promise<readonly CaseResult[]>;
}

const SUITES: readonly Suite[] = [
  viewDefinitions,
  jsonParsing,
  adverseEvents,
  samples,
  ctgov,
  cdisc,
  hostile,
];

const shared = resolve(process.env.TRIAL_ADAPTER_SHARED ?? join(import.meta.dirname, '../../shared'));

let passed = 0;
let failed = 0;
for (const suite of SUITES) {
  const folder = join(shared, suite.folder);
  if (!existsSync(folder)) {
    console.log(`${suite.name}: skipped, there is no ${suite.folder} folder beside the repository`);
    continue;
  }
  const results = await suite.run(folder);
  const good = results.filter((result) => result.passed);
  const missed = results.filter((result) => !result.passed && result.knownMiss);
  const bad = results.filter((result) => !result.passed && !result.knownMiss);
  console.log(`${suite.name}: ${good.length} of ${results.length}, ${missed.length} known misses`);
  for (const { name, note } of [...missed, ...bad]) console.log(`  missed: ${name}: ${note ?? ''}`);
  for (const { name, note } of good) if (note) console.log(`  ${name}: ${note}`);
  passed += good.length;
  failed += bad.length;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
