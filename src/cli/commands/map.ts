import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { Failure } from '../../errors.ts';
import { planBundle } from '../../fhir/bundles/plan-bundle.ts';
import { readResultBundle } from '../../fhir/bundles/result-bundles.ts';
import { decodeUtf8 } from '../../fhir/decode-text.ts';
import { replaceLongIds } from '../../fhir/long-ids.ts';
import { parseJson } from '../../fhir/lossless-json.ts';
import type { NdjsonLine } from '../../fhir/ndjson.ts';
import type { OutcomeIssue } from '../../fhir/operation-outcome.ts';
import { isObject, type Resource } from '../../fhir/resource.ts';
import type { MappingResult, MappingTrace, Service } from '../../service.ts';
import {
  type CommandContext,
  resolveStudy,
  type StoreCommandOptions,
  withService,
} from '../command-context.ts';
import { addJsonOption, addStoreOptions, createCommand } from '../command-options.ts';
import { readInput, requireInputFile } from '../files/input-files.ts';
import { requireKnownSite } from '../refuse-unknown.ts';
import { formatTable, type Io, printJson } from '../terminal.ts';
import { formatFact, getConversionText } from '../text/format-fact.ts';
import { printMappingTrace } from '../text/print-mapping-trace.ts';
import { createInboxProgress, printRemapSummary } from '../text/print-remap-summary.ts';

interface MapOptions extends StoreCommandOptions {
  readonly site: string;
  readonly study?: string;
  readonly trace: boolean;
  readonly diff?: string;
  readonly json: boolean;
}

/** The mapping of one resource; an invalid resource has `issues` and no mapping. */
interface MapOutcome {
  readonly resource: string;
  readonly mapped: MappingResult | null;
  readonly issues: readonly OutcomeIssue[];
  /** Only with --trace. */
  readonly trace?: readonly MappingTrace[];
}

function parseNdjsonLine({ number, bytes }: NdjsonLine): unknown {
  try {
    return bytes === null ? undefined : parseJson(decodeUtf8(bytes));
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    throw new Failure(cause.code, cause.message, {
      at: `line ${number}`,
      ...(cause.fix ? { fix: cause.fix } : {}),
    });
  }
}

function expandBundle(tree: unknown): readonly unknown[] {
  if (!isObject(tree) || tree.resourceType !== 'Bundle') return [tree];
  const { planned, refused } = planBundle(readResultBundle(tree)?.bundle ?? tree);
  const [first] = refused;
  if (first) {
    throw new Failure('fhir/invalid', first.issue.diagnostics, { at: first.issue.expression ?? 'Bundle' });
  }
  return planned.flatMap(({ interaction }) => (interaction.resource ? [interaction.resource] : []));
}

/** Reads the resources of a file, and those in its Bundles. */
async function readTrees(file: string, io: Io): Promise<readonly unknown[]> {
  const input = await readInput(file, io.stdin);
  if (input.kind === 'document') return expandBundle(input.tree);
  const trees: unknown[] = [];
  for await (const line of input.lines) trees.push(...expandBundle(parseNdjsonLine(line)));
  return trees;
}

function formatResourceLabel(resource: Resource): string {
  return resource.id ? `${resource.resourceType}/${resource.id}` : resource.resourceType;
}

async function mapTree(service: Service, options: MapOptions, tree: unknown): Promise<MapOutcome> {
  const validated = await service.validate(service.takesLongIds(options.site) ? replaceLongIds(tree) : tree);
  if ('issues' in validated) {
    const type =
      isObject(tree) && typeof tree.resourceType === 'string' ? tree.resourceType : '(no resource)';
    return { resource: type, mapped: null, issues: validated.issues };
  }
  const scope = { site: options.site, study: options.study ?? null };
  const mapped = await service.previewMapping(scope, validated.resource);
  const trace = options.trace ? { trace: await service.traceMapping(scope, validated.resource) } : {};
  return { resource: formatResourceLabel(validated.resource), mapped, issues: [], ...trace };
}

function printMapOutcome(io: Io, { resource, mapped, issues, trace }: MapOutcome): void {
  io.out(`${resource}\n`);
  for (const issue of issues) io.out(`  invalid  ${issue.expression ?? ''}: ${issue.diagnostics}\n`);
  if (trace) printMappingTrace(io, trace);
  if (!mapped) return;
  const rows = mapped.facts.map((fact) => [
    '  fact',
    fact.kind,
    formatFact(fact),
    fact.at.text,
    fact.sources[0].element,
    getConversionText(fact),
  ]);
  if (rows.length > 0) io.out(formatTable(['  ', 'kind', 'value', 'at', 'element', 'conversion'], rows));
  for (const warning of mapped.warnings ?? [])
    io.out(`  warning  ${warning.reason} at ${warning.element}: ${warning.detail} ${warning.fix}\n`);
  for (const need of mapped.work)
    io.out(`  held     ${need.reason} at ${need.element}: ${need.detail} ${need.fix}\n`);
  if (mapped.ignored) {
    io.out(`  ignored  ${mapped.ignored.reason} at ${mapped.ignored.element}: ${mapped.ignored.detail}\n`);
  }
}

async function runMap(context: CommandContext, file: string, options: MapOptions): Promise<boolean> {
  const { io } = context;
  const trees = await readTrees(requireInputFile(file), io);
  return withService(context, options, async (service) => {
    await requireKnownSite(service, options.site);
    if (options.study !== undefined) await resolveStudy(service, options.study);
    const outcomes: MapOutcome[] = [];
    for (const tree of trees) outcomes.push(await mapTree(service, options, tree));
    if (options.json) printJson(io, outcomes);
    else for (const outcome of outcomes) printMapOutcome(io, outcome);
    return outcomes.every(({ issues }) => issues.length === 0);
  });
}

async function runMapDiff(context: CommandContext, otherFolder: string, options: MapOptions): Promise<void> {
  const { io } = context;
  if (!existsSync(otherFolder))
    throw new Failure('cli/failed', 'There is no such mappings folder.', {
      at: otherFolder,
      fix: 'Name a folder with mappings after --diff.',
    });
  await withService(context, options, async (service) => {
    const progress = createInboxProgress(io);
    const summary = await service.compareMappings(resolve(otherFolder), progress.step);
    progress.finish();
    if (options.json) printJson(io, summary);
    else printRemapSummary(io, summary, true);
  });
}

/** Creates `map FILE`, a dry run that stores nothing, and `map --diff FOLDER`. */
export function createMapCommand(context: CommandContext, exit: (code: number) => void): Command {
  const command = createCommand(
    'map',
    'show the facts that the resources of a file would yield; nothing is stored',
    ['map observation.json --site site-1 --trace', 'map --diff ../new-mappings'],
  )
    .argument('[file]', 'resource, Bundle or NDJSON file, or -')
    .option('--site <id>', 'site for the mappings', 'dev')
    .option('--study <id>', 'study for the mappings (default: the only one)')
    .option('--trace', 'show the value, matched element and expression of each column', false)
    .option('--diff <folder>', 'show which facts of the stored inbox another mappings folder would change');
  return addJsonOption(addStoreOptions(command)).action(
    async (file: string | undefined, options: MapOptions) => {
      if (options.diff !== undefined && file === undefined) return runMapDiff(context, options.diff, options);
      if (file === undefined || options.diff !== undefined)
        throw new Failure('cli/usage', 'Name either a file, or --diff with a folder.', {
          fix: 'See map --help.',
        });
      if (!(await runMap(context, file, options))) exit(1);
    },
  );
}
