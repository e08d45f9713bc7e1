#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Reading TypeScript is a third of a short command: what was read once is kept beside the packages. A folder that
// cannot be written is no harm: then it is read again.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/compile'));

const { main } = await import('./cli/run.ts');
process.exitCode = await main(process.argv.slice(2));
