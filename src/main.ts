#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Compiling TypeScript takes a third of the time of a short command, so compiled code is cached next to the packages. If
// the folder cannot be written, the source is compiled again.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/compile'));

const { main } = await import('./cli/run.ts');
process.exitCode = await main(process.argv.slice(2));
