#!/usr/bin/env node
// JavaScript, not TypeScript: Node would load its TypeScript compiler for this one file, which takes as long as starting
// Node itself. Of every other file the compiled code is in the cache that is enabled here, next to the packages. If the
// folder cannot be written, the source is compiled again at each start.
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Whatever this process writes may name a patient: it is for its user alone from the first byte.
process.umask(0o077);
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/compile'));

const { main } = await import('./cli/run.ts');
process.exitCode = await main(process.argv.slice(2));
