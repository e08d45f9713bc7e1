/**
 * Tries the promises of SECURITY.md at scale, each with a control that must fail. `npm run torture` runs the whole;
 * `--share 0.1` a tenth, as CI does; `--only R1,S2` some of them; `--seed N` other random choices.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bar, BarResult } from './bar.ts';
import { signaturesBar } from './P2-signatures.ts';

const BARS: readonly Bar[] = [signaturesBar];

const { values } = parseArgs({
  options: {
    share: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
  },
});
const names = values.only.split(',').filter((name) => name !== '');
const unknown = names.filter((name) => !BARS.some(({ id }) => id === name));
if (unknown.length > 0) throw new Error(`There is no bar ${unknown.join(', ')}.`);

const context = {
  share: Number(values.share),
  seed: Number(values.seed),
  sharedFolder: resolve(process.env.TRIAL_ADAPTER_SHARED ?? join(import.meta.dirname, '../../shared')),
};

/** Prints a result; returns whether the bar is held and its control failed. */
function printResult(bar: Bar, { counts, breaches, control }: BarResult): boolean {
  const isHeld = breaches.length === 0 && control.found > 0;
  const figures = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  console.log(`${bar.id} ${bar.name}: ${isHeld ? 'held' : 'FAILED'}: ${figures.join(', ')}`);
  console.log(`  control (${control.name}): found ${control.found}`);
  for (const breach of breaches.slice(0, 20)) console.log(`  ${breach}`);
  if (breaches.length > 20) console.log(`  and ${breaches.length - 20} more`);
  return isHeld;
}

let heldCount = 0;
let failedCount = 0;
for (const bar of BARS.filter(({ id }) => names.length === 0 || names.includes(id))) {
  const result = await bar.run(context);
  if ('notRun' in result) console.log(`${bar.id} ${bar.name}: not run: ${result.notRun}`);
  else if (printResult(bar, result)) heldCount += 1;
  else failedCount += 1;
}
console.log(`${heldCount} passed, ${failedCount} failed`);
process.exitCode = failedCount > 0 ? 1 : 0;
