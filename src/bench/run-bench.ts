import { type BenchResult, buildBenchResult, type LeftOut } from './bench-result.ts';
import type { BenchRun } from './bench-run.ts';
import type { BenchPart, BenchSettings } from './bench-settings.ts';
import { listBenchSubjects } from './data/bench-subjects.ts';
import { describeMachine } from './machine.ts';
import type { MeasuredParts } from './measured-parts.ts';
import { measureBulk } from './parts/bulk.ts';
import { measureJudge, measureRecompute } from './parts/judge.ts';
import { measureGrowth, measurePush } from './parts/push.ts';
import { measureStart } from './parts/start.ts';
import { measureSteps } from './parts/steps.ts';
import { createWorkspace } from './workspace.ts';

/** Runs one part, and ends what it has started. */
async function measurePart<Figures>(
  run: Omit<BenchRun, 'opened'>,
  work: (run: BenchRun) => Promise<Figures>,
): Promise<Figures> {
  const opened = new AsyncDisposableStack();
  try {
    return await work({ ...run, opened });
  } finally {
    await opened.disposeAsync();
  }
}

async function measureParts(run: Omit<BenchRun, 'opened'>): Promise<MeasuredParts> {
  const { parts } = run.settings;
  const measure = async <Figures>(part: BenchPart, work: (run: BenchRun) => Promise<Figures>) =>
    parts.includes(part) ? await measurePart(run, work) : null;
  // In order: later parts use the stores that bulk has filled.
  const steps = await measure('steps', measureSteps);
  const bulk = await measure('bulk', measureBulk);
  const push = await measure('push', measurePush);
  const recompute = await measure('judge', measureRecompute);
  const growth = await measure('growth', measureGrowth);
  const judge = await measure('judge', measureJudge);
  const start = await measure('start', measureStart);
  return { steps, bulk, push, growth, judge, recompute, start };
}

/**
 * Measures the service and its floors in one run on this machine. `parent` is the folder in which it works, and which it
 * leaves as it was. Everything that it starts has ended when it returns.
 */
export async function runBench(
  settings: BenchSettings,
  parent: string,
  report: (text: string) => void,
): Promise<BenchResult> {
  const at = new Date().toISOString();
  const subjects = listBenchSubjects(settings.subjects);
  const workspace = await createWorkspace(parent, subjects);
  const leftOut: LeftOut[] = [];
  try {
    const leaveOut = (what: string, reason: string) => void leftOut.push({ what, reason });
    const run = { settings, workspace, subjects, stores: new Map<number, string>(), report, leaveOut };
    const described = { at, settings, ...describeMachine(workspace), leftOut };
    return buildBenchResult(await measureParts(run), described);
  } finally {
    workspace.remove();
  }
}
