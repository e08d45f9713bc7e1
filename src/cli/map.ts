import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { Failure } from '../errors.ts';
import { planBundle } from '../fhir/bundle.ts';
import { decodeUtf8, parseJson } from '../fhir/json.ts';
import type { Line } from '../fhir/ndjson.ts';
import type { Issue } from '../fhir/outcome.ts';
import { isObject, type Resource } from '../fhir/resource.ts';
import type { Service } from '../service.ts';
import { deliveryFiles, readDelivery } from './delivery-files.ts';
import { conversionOf, factSays } from './fact-words.ts';
import { command, withJson, withStore } from './options.ts';
import { overInbox, printRemapped } from './remapped.ts';
import { type Session, type StoreOptions, studyOf, withService } from './session.ts';
import { type Io, printJson, table } from './terminal.ts';
import { printTrace } from './trace.ts';

type Mapped = Awaited<ReturnType<Service['mapOnly']>>;
type Trace = Awaited<ReturnType<Service['trace']>>;

interface MapOptions extends StoreOptions {
  readonly site: string;
  readonly study?: string;
  readonly trace: boolean;
  readonly diff?: string;
  readonly json: boolean;
}

/** What one resource would give; `issues` where it is not valid and gives nothing. */
interface Outcome {
  readonly resource: string;
  readonly mapped: Mapped | null;
  readonly issues: readonly Issue[];
  /** Only where it was asked for. */
  readonly trace?: Trace;
}

function linePart({ number, bytes }: Line): unknown {
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

function expand(tree: unknown): readonly unknown[] {
  if (!isObject(tree) || tree.resourceType !== 'Bundle') return [tree];
  const { planned, refused } = planBundle(tree);
  const [first] = refused;
  if (first) {
    throw new Failure('fhir/invalid', first.issue.diagnostics, { at: first.issue.expression ?? 'Bundle' });
  }
  return planned.flatMap(({ interaction }) => (interaction.resource ? [interaction.resource] : []));
}

async function treesOf(file: string, io: Io): Promise<readonly unknown[]> {
  const delivery = await readDelivery(file, io.stdin);
  if (delivery.kind === 'document') return expand(delivery.tree);
  const trees: unknown[] = [];
  for await (const line of delivery.lines) trees.push(...expand(linePart(line)));
  return trees;
}

function nameOf(resource: Resource): string {
  return resource.id ? `${resource.resourceType}/${resource.id}` : resource.resourceType;
}

async function mapOne(service: Service, options: MapOptions, tree: unknown): Promise<Outcome> {
  const checked = service.validate(tree);
  if ('issues' in checked) {
    const type =
      isObject(tree) && typeof tree.resourceType === 'string' ? tree.resourceType : '(no resource)';
    return { resource: type, mapped: null, issues: checked.issues };
  }
  const whose = { site: options.site, study: options.study ?? null };
  const mapped = await service.mapOnly(whose, checked.resource);
  const trace = options.trace ? { trace: await service.trace(whose, checked.resource) } : {};
  return { resource: nameOf(checked.resource), mapped, issues: [], ...trace };
}

function print(io: Io, { resource, mapped, issues, trace }: Outcome): void {
  io.out(`${resource}\n`);
  for (const issue of issues) io.out(`  invalid  ${issue.expression ?? ''}: ${issue.diagnostics}\n`);
  if (trace) printTrace(io, trace);
  if (!mapped) return;
  const rows = mapped.facts.map((fact) => [
    '  fact',
    fact.kind,
    factSays(fact),
    fact.at.text,
    fact.sources[0].element,
    conversionOf(fact),
  ]);
  if (rows.length > 0) io.out(table(['  ', 'kind', 'says', 'at', 'element', 'conversion'], rows));
  for (const warning of mapped.warnings ?? [])
    io.out(`  warning  ${warning.reason} at ${warning.element}: ${warning.detail} ${warning.fix}\n`);
  for (const need of mapped.work)
    io.out(`  held     ${need.reason} at ${need.element}: ${need.detail} ${need.fix}\n`);
  if (mapped.ignored) {
    io.out(`  ignored  ${mapped.ignored.reason} at ${mapped.ignored.element}: ${mapped.ignored.detail}\n`);
  }
}

async function map(session: Session, file: string, options: MapOptions): Promise<boolean> {
  const { io } = session;
  const [path] = deliveryFiles([file]);
  const trees = await treesOf(path ?? file, io);
  return withService(session, options, async (service) => {
    if (options.study !== undefined) studyOf(service, options.study);
    const outcomes: Outcome[] = [];
    for (const tree of trees) outcomes.push(await mapOne(service, options, tree));
    if (options.json) printJson(io, outcomes);
    else for (const outcome of outcomes) print(io, outcome);
    return outcomes.every(({ issues }) => issues.length === 0);
  });
}

async function diff(session: Session, other: string, options: MapOptions): Promise<void> {
  const { io } = session;
  if (!existsSync(other))
    throw new Failure('cli/failed', 'There is no such mappings folder.', { at: other, fix: 'Name one.' });
  await withService(session, options, async (service) => {
    const progress = overInbox(io);
    const would = await service.diff(resolve(other), progress.step);
    progress.done();
    if (options.json) printJson(io, would);
    else printRemapped(io, would, true);
  });
}

/** `map FILE`: dry run; nothing is stored. */
export function mapCommand(session: Session, exit: (code: number) => void): Command {
  const made = command('map', 'show what the resources of a file would give; nothing is stored', [
    'map observation.json --site site-1 --trace',
    'map --diff ../new-mappings',
  ])
    .argument('[file]', 'resource, Bundle or NDJSON file, or -')
    .option('--site <id>', 'site whose dialect it is in', 'dev')
    .option('--study <id>', 'study whose own mappings count (default: the only one there is)')
    .option('--trace', 'show each column: value, matched element, expression', false)
    .option('--diff <folder>', 'say which facts of the stored inbox another mappings folder would change');
  return withJson(withStore(made)).action(async (file: string | undefined, options: MapOptions) => {
    if (options.diff !== undefined && file === undefined) return diff(session, options.diff, options);
    if (file === undefined || options.diff !== undefined)
      throw new Failure('cli/usage', 'Name a file, or --diff with a folder.', { fix: 'See map --help.' });
    if (!(await map(session, file, options))) exit(1);
  });
}
