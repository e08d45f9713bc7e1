import { parseJson } from '../../fhir/lossless-json.ts';
import { inferInteraction } from '../../fhir/parse-interaction.ts';
import type { Service } from '../../service.ts';
import type { BenchRun } from '../bench-run.ts';
import { drawBloodCounts } from '../data/blood-count-lines.ts';
import { measureCpu, measureInRounds, type Spread, summariseRounds } from '../spread.ts';
import { submitTogether } from '../workspace.ts';

/** A subject who is assessed again after one further result. */
export interface JudgeFigures {
  readonly results: number;
  readonly ms: Spread;
  /** CPU microseconds for each result of the subject. */
  readonly cpuPerResult: Spread;
}

/** The same, by the number of resources in the store; the subject has the same number of results in each. */
export interface RecomputeFigures {
  readonly resultsOfSubject: number;
  readonly byStored: readonly { readonly stored: number; readonly ms: Spread; readonly cpuMs: Spread }[];
}

const RECOMPUTED_RESULTS = 100;
const SEED = 4;

/** Creates a source of further results of one subject. */
function createResultSource(service: Service, subject: number): (count: number) => Promise<void> {
  const lines = drawBloodCounts({ seed: SEED + subject, subjects: [subject], form: 'assessed' });
  return (count) =>
    submitTogether(
      service,
      Array.from({ length: count }, () => inferInteraction(parseJson(String(lines.next().value)))),
    );
}

interface Assessed {
  readonly ms: number;
  readonly cpuMicros: number;
}

/** Adds one result, and measures the assessment that it makes due. */
async function assessFurtherResult(
  service: Service,
  addResults: (count: number) => Promise<void>,
): Promise<Assessed> {
  await addResults(1);
  const begun = performance.now();
  let assessed = 0;
  const cpuMicros = await measureCpu(async () => {
    assessed = await service.assessDueSubjects();
  });
  const ms = performance.now() - begun;
  if (assessed !== 1) throw new Error(`One subject is due after one result, and ${assessed} were assessed.`);
  return { ms, cpuMicros };
}

/** Gives a subject so many results, and assesses them; returns the source of further ones. */
async function prepareSubject(service: Service, subject: number, results: number) {
  const addResults = createResultSource(service, subject);
  await addResults(results);
  await service.assessDueSubjects();
  return addResults;
}

/** Measures the assessment of subjects with few and many results, in turn, in this process. */
export async function measureJudge(run: BenchRun): Promise<readonly JudgeFigures[]> {
  const { judgeSizes, rounds, warmUp } = run.settings;
  const service = await run.workspace.openService(run.workspace.copyPrepared());
  run.opened.defer(() => service.close());
  const variants: Record<number, () => Promise<Assessed>> = {};
  for (const [index, results] of judgeSizes.entries()) {
    run.report(`subject with ${results} results`);
    const addResults = await prepareSubject(service, run.subjects.singledOut[index] ?? 0, results);
    variants[results] = () => assessFurtherResult(service, addResults);
  }
  const measured = await measureInRounds<Record<number, Assessed>>(rounds, warmUp, variants);
  return judgeSizes.map((results) => ({
    results,
    ms: summariseRounds((measured[results] ?? []).map(({ ms }) => ms)),
    cpuPerResult: summariseRounds((measured[results] ?? []).map(({ cpuMicros }) => cpuMicros / results)),
  }));
}

/** Measures the same subject in stores of several sizes, in turn. */
export async function measureRecompute(run: BenchRun): Promise<RecomputeFigures> {
  const { recomputeSizes, rounds, warmUp } = run.settings;
  const sizes = recomputeSizes.filter((size) => run.stores.has(size));
  for (const size of recomputeSizes.filter((each) => !run.stores.has(each)))
    run.leaveOut(`recompute with ${size} stored resources`, 'there is no store of this size: see bulk');
  const variants: Record<number, () => Promise<Assessed>> = {};
  for (const size of sizes) {
    run.report(`recompute with ${size} stored resources`);
    const service = await run.workspace.openService(run.stores.get(size) ?? '');
    run.opened.defer(() => service.close());
    const subject = run.subjects.singledOut.at(-1) ?? 0;
    const addResults = await prepareSubject(service, subject, RECOMPUTED_RESULTS);
    variants[size] = () => assessFurtherResult(service, addResults);
  }
  const measured = await measureInRounds<Record<number, Assessed>>(rounds, warmUp, variants);
  return {
    resultsOfSubject: RECOMPUTED_RESULTS,
    byStored: sizes.map((stored) => ({
      stored,
      ms: summariseRounds((measured[stored] ?? []).map(({ ms }) => ms)),
      cpuMs: summariseRounds((measured[stored] ?? []).map(({ cpuMicros }) => cpuMicros / 1_000)),
    })),
  };
}
