/**
 * Conformance runs over public suites and samples that are not part of this repository. They are looked for in the
 * folder that TRIAL_ADAPTER_SHARED names, else in ../shared; where it is absent, the run is skipped with a notice.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { adverseEventSuite } from './adverse-event-examples.ts';
import type { ConformanceSuite } from './case-result.ts';
import { cdiscSuite } from './cdisc-schemas.ts';
import { hostileInputSuite } from './hostile-input.ts';
import { jsonParsingSuite } from './json-parsing.ts';
import { publicSamplesSuite } from './public-samples.ts';
import { registrySuite } from './registry-schemas.ts';
import { viewDefinitionSuite } from './sql-on-fhir.ts';

const SUITES: readonly ConformanceSuite[] = [
  viewDefinitionSuite,
  jsonParsingSuite,
  adverseEventSuite,
  publicSamplesSuite,
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
  passedCount += good.length;
  failedCount += bad.length;
}
console.log(`${passedCount} passed, ${failedCount} failed`);
process.exitCode = failedCount > 0 ? 1 : 0;
