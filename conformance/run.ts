/**
 * Runs conformance suites and samples that are public and not part of this repository. Their folder is the value of
 * TRIAL_ADAPTER_SHARED, by default ../shared. A suite whose folder is absent is skipped with a notice.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { adverseEventSuite } from './adverse-event-examples.ts';
import type { ConformanceSuite } from './case-result.ts';
import { cdiscSuite } from './cdisc-schemas.ts';
import { compiledViewsSuite } from './compiled-views.ts';
import { fieldCasesSuite } from './field-cases.ts';
import { hostileInputSuite } from './hostile-input.ts';
import { jsonParsingSuite } from './json-parsing.ts';
import { publicSamplesSuite } from './public-samples.ts';
import { registrySuite } from './registry-schemas.ts';
import { viewDefinitionSuite } from './sql-on-fhir.ts';
import { duckDbSuite } from './sql-on-fhir-duckdb.ts';

const SUITES: readonly ConformanceSuite[] = [
  viewDefinitionSuite,
  duckDbSuite,
  compiledViewsSuite,
  jsonParsingSuite,
  adverseEventSuite,
  publicSamplesSuite,
  fieldCasesSuite,
  registrySuite,
  cdiscSuite,
  hostileInputSuite,
];

const sharedFolder = resolve(process.env.TRIAL_ADAPTER_SHARED ?? join(import.meta.dirname, '../../shared'));

let passedCount = 0;
let failedCount = 0;
for (const suite of SUITES) {
  const folder = join(sharedFolder, suite.folder);
  if (!existsSync(folder)) {
    console.log(`${suite.name}: skipped, ${sharedFolder} has no folder ${suite.folder}`);
    continue;
  }
  const results = await suite.run(folder);
  const passed = results.filter((result) => result.passed);
  const missed = results.filter((result) => !result.passed && result.knownMiss);
  const failed = results.filter((result) => !result.passed && !result.knownMiss);
  console.log(`${suite.name}: ${passed.length} of ${results.length}, ${missed.length} known misses`);
  for (const { name, note } of [...missed, ...failed]) console.log(`  missed: ${name}: ${note ?? ''}`);
  for (const { name, note } of passed) if (note) console.log(`  ${name}: ${note}`);
  passedCount += passed.length;
  failedCount += failed.length;
}
console.log(`${passedCount} passed, ${failedCount} failed`);
process.exitCode = failedCount > 0 ? 1 : 0;
