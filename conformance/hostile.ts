/**
 * Hostile input over the real HTTP doors: every handmade case, raw, with its own content type; requests that are hardly
 * HTTP, over raw sockets; and FHIR that HL7's own validator accepts or refuses. After each the service must be alive, and
 * at the end nothing of what was sent may stand in its log.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CaseResult } from './case.ts';
import { type Case, handmade } from './hostile/handmade.ts';
import { inLog } from './hostile/log.ts';
import { publishedCases } from './hostile/published.ts';
import { crowd, hardlyHttp, slowHead } from './hostile/raw-http.ts';
import { type Running, start, stop } from './hostile/service.ts';

export const name = 'Hostile input';
export const folder = 'corpora/handmade';

async function all(running: Running, path: string): Promise<CaseResult[]> {
  const cases = JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')) as Case[];
  const slow = slowHead(running);
  const results: CaseResult[] = [];
  for (const one of cases) results.push(...(await handmade(running, path, one)));
  results.push(...(await hardlyHttp(running, path)));
  for (const valid of [true, false]) {
    const beside = join(path, `../fhir-${valid ? 'valid' : 'invalid'}-r4`);
    results.push(...(await publishedCases(running, beside, valid)));
  }
  results.push(await slow, await crowd(running));
  const files = cases.map(({ file }) => join(path, file));
  return [...results, ...inLog(running, files)];
}

export async function run(path: string): Promise<CaseResult[]> {
  const work = mkdtempSync(join(tmpdir(), 'hostile-'));
  const running = await start(work);
  try {
    return await all(running, path);
  } finally {
    await stop(running);
    rmSync(work, { recursive: true });
  }
}
