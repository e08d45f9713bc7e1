import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { InteractionResult } from '../../fhir/interaction.ts';
import { parseJson, stringifyJson } from '../../fhir/lossless-json.ts';
import { inferInteraction } from '../../fhir/parse-interaction.ts';
import type { Resource } from '../../fhir/resource.ts';
import { buildOutcomeReply } from '../../http/reply.ts';
import { readLibrary } from '../../library.ts';
import { type CompiledView, compileView } from '../../mapping/view/compile-view.ts';
import type { Service } from '../../service.ts';
import type { BenchRun } from '../bench-run.ts';
import { BENCH_SITE, BENCH_STUDY } from '../data/bench-subjects.ts';
import { type BloodCountForm, drawBloodCounts } from '../data/blood-count-lines.ts';
import { type Comparison, compareRounds, measureCpu, measureInRounds } from '../spread.ts';
import { compileReferenceView, type ReferenceView } from './fhirpath-view.ts';

/** CPU microseconds a resource of each step by itself, next to JSON.parse of the same resources. */
export interface StepFigures {
  readonly resources: number;
  readonly parse: Comparison;
  readonly validate: Comparison;
  readonly map: Comparison;
  /** All that happens between the tree and the commit, the steps above included. */
  readonly accept: Comparison;
  /** `accept` without validation and mapping: identity, versions, statements of the database, commit. */
  readonly store: Comparison;
  /** Assessment of the subjects who got the resources. */
  readonly judge: Comparison;
  readonly answer: Comparison;
  readonly views: Readonly<Record<'single' | 'panel', ViewFigures>>;
}

/** The view of blood counts on resources of one form. */
interface ViewFigures {
  readonly rows: Comparison;
  /** fhirpath.js next to our runner, which is the floor here, with the same rows; null without the package. */
  readonly fhirpath: Comparison | null;
}

const UNIT = 'µs';
const VIEW_FILE = 'views/observation-measurement.json';
const SEED = 3;
const TOGETHER = 100;
/** JSON.parse is repeated: it takes too little time to be measured once. */
const FLOOR_REPEATS = 5;
/** fhirpath.js takes long enough with fewer resources. */
const MOST_FOR_REFERENCE = 100;

const parseTrees = (lines: readonly string[]): readonly Resource[] =>
  lines.map((line) => parseJson(line) as Resource);

function parseRepeatedly(lines: readonly string[]): void {
  for (let repeat = 0; repeat < FLOOR_REPEATS; repeat++) for (const line of lines) JSON.parse(line);
}

const measureFloor = async (lines: readonly string[]): Promise<number> =>
  (await measureCpu(() => parseRepeatedly(lines))) / (lines.length * FLOOR_REPEATS);

/** Yields lists of so many lines, none of which comes twice. */
function createLineSource({ subjects, settings }: BenchRun, form: BloodCountForm): () => readonly string[] {
  const lines = drawBloodCounts({ seed: SEED, subjects: subjects.spread, form });
  return () => Array.from({ length: settings.stepResources }, () => String(lines.next().value));
}

type StepCosts = Record<Exclude<keyof StepFigures, 'resources' | 'views'> | 'floor', number>;

interface Steps {
  readonly service: Service;
  validate(resource: Resource): unknown;
  map(resource: Resource): unknown;
}

async function acceptTogether(service: Service, trees: readonly Resource[]): Promise<InteractionResult[]> {
  const results: InteractionResult[] = [];
  for (let from = 0; from < trees.length; from += TOGETHER) {
    const interactions = trees.slice(from, from + TOGETHER).map((tree) => inferInteraction(tree));
    results.push(...(await service.accept(BENCH_SITE, interactions, 'each', 'bench')));
  }
  return results;
}

/** Takes the same resources through every step, and returns what each costs a resource. */
async function measureStepsOnce(
  { service, validate: validateOne, map }: Steps,
  lines: readonly string[],
): Promise<StepCosts> {
  const measure = async (work: () => unknown) => (await measureCpu(work)) / lines.length;
  let trees: readonly Resource[] = [];
  let results: readonly InteractionResult[] = [];
  const floor = await measureFloor(lines);
  const parse = await measure(() => {
    trees = parseTrees(lines);
  });
  const validate = await measure(() => {
    for (const tree of trees) validateOne(tree);
  });
  const mapped = await measure(() => {
    for (const tree of trees) map(tree);
  });
  // New trees: what a step remembers of a tree must not help the next one.
  const unseen = parseTrees(lines);
  const accept = await measure(async () => {
    results = await acceptTogether(service, unseen);
  });
  const judge = await measure(() => service.assessDueSubjects());
  const answer = await measure(() => {
    for (const { status, issues } of results) stringifyJson(buildOutcomeReply(status, issues).body);
  });
  const refused = results.find(({ status }) => status !== 201);
  if (refused) throw new Error(`A resource was not created: ${JSON.stringify(refused)}`);
  return { floor, parse, validate, map: mapped, accept, store: accept - validate - mapped, judge, answer };
}

function createSteps(run: BenchRun, service: Service, data: string): Steps {
  const { mapper, protocols, validate } = readLibrary(run.workspace.loadConfig(data));
  const context = {
    visits: protocols.get(BENCH_STUDY)?.visits.map(({ id }) => id) ?? null,
    subject: 'BENCH-0',
    site: BENCH_SITE,
    study: BENCH_STUDY,
    timeZone: 'Asia/Shanghai',
    fhirVersion: '4.0' as const,
    inheritedFrom: [],
    resolve: () => undefined,
    isSamePatient: () => true,
  };
  return { service, validate, map: (resource) => mapper.map(resource, context) };
}

/** Throws where fhirpath.js yields other rows: a faster answer that is another one is no answer. */
function requireSameRows(
  view: CompiledView,
  readReference: (resource: Resource) => unknown,
  line: string,
): void {
  const ours = view.listRows(parseJson(line) as Resource).map(({ values }) => values);
  const plain: unknown = JSON.parse(stringifyJson(ours));
  const reference: unknown = JSON.parse(JSON.stringify(readReference(JSON.parse(line))));
  if (!isDeepStrictEqual(plain, reference))
    throw new Error(
      `Our view and fhirpath.js yield other rows:\n${stringifyJson(plain)}\n${stringifyJson(reference)}`,
    );
}

async function measureView(
  run: BenchRun,
  definition: unknown,
  form: 'single' | 'panel',
): Promise<ViewFigures> {
  const view = compileView(definition);
  const readReference = await compileReferenceView(definition as ReferenceView);
  const drawLines = createLineSource(run, form);
  for (const line of drawLines().slice(0, MOST_FOR_REFERENCE))
    if (readReference) requireSameRows(view, readReference, line);
  let lines = drawLines();
  const { floor, ours, reference } = await measureInRounds<Record<'floor' | 'ours' | 'reference', number>>(
    run.settings.rounds,
    run.settings.warmUp,
    {
      floor: () => {
        lines = drawLines();
        return measureFloor(lines);
      },
      ours: async () => {
        const trees = parseTrees(lines);
        const cpu = await measureCpu(() => {
          for (const tree of trees) view.listRows(tree);
        });
        return cpu / trees.length;
      },
      reference: async () => {
        const trees = lines.slice(0, MOST_FOR_REFERENCE).map((line) => JSON.parse(line) as Resource);
        const cpu = await measureCpu(() => {
          for (const tree of trees) readReference?.(tree);
        });
        return cpu / trees.length;
      },
    },
  );
  return {
    rows: compareRounds(UNIT, ours, floor),
    fhirpath: readReference ? compareRounds(UNIT, reference, ours) : null,
  };
}

/** Measures each step by itself, in this process, through the functions by which the service calls it. */
export async function measureSteps(run: BenchRun): Promise<StepFigures> {
  const { rounds, warmUp, stepResources } = run.settings;
  const data = run.workspace.copyPrepared();
  const service = await run.workspace.openService(data);
  run.opened.defer(() => service.close());
  const steps = createSteps(run, service, data);
  const drawLines = createLineSource(run, 'both');
  const { costs } = await measureInRounds<{ costs: StepCosts }>(rounds, warmUp, {
    costs: (round) => {
      run.report(`steps: round ${round + 1}`);
      return measureStepsOnce(steps, drawLines());
    },
  });
  const compare = (step: keyof StepCosts) =>
    compareRounds(
      UNIT,
      costs.map((cost) => cost[step]),
      costs.map((cost) => cost.floor),
    );
  const definition: unknown = JSON.parse(
    readFileSync(join(run.workspace.loadConfig(data).mappingsDir, VIEW_FILE), 'utf8'),
  );
  run.report('view of blood counts');
  return {
    resources: stepResources,
    parse: compare('parse'),
    validate: compare('validate'),
    map: compare('map'),
    accept: compare('accept'),
    store: compare('store'),
    judge: compare('judge'),
    answer: compare('answer'),
    views: {
      single: await measureView(run, definition, 'single'),
      panel: await measureView(run, definition, 'panel'),
    },
  };
}
