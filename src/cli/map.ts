import type { Command } from 'commander';
import { Failure } from '../errors.ts';
import { planBundle } from '../fhir/bundle.ts';
import { decodeUtf8, parseJson } from '../fhir/json.ts';
import type { Line } from '../fhir/ndjson.ts';
import type { Issue } from '../fhir/outcome.ts';
import { isObject, type Resource } from '../fhir/resource.ts';
import { validateResource } from '../fhir/validate.ts';
import type { Service } from '../service.ts';
import type { Fact } from '../trial/facts.ts';
import { deliveryFiles, readDelivery } from './delivery-files.ts';
import { command, withJson, withStore } from './options.ts';
import { type Session, type StoreOptions, withService } from './session.ts';
import { type Io, printJson, table } from './terminal.ts';

type Mapped = Awaited<ReturnType<Service['mapOnly']>>;

interface MapOptions extends StoreOptions {
  readonly site: string;
  readonly json: boolean;
}

/** What one resource would give; `issues` where it is not valid and gives nothing. */
interface Outcome {
  readonly resource: string;
  readonly mapped: Mapped | null;
  readonly issues: readonly Issue[];
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

async function mapOne(service: Service, site: string, tree: unknown): Promise<Outcome> {
  const checked = validateResource(tree);
  if ('issues' in checked) {
    const type =
      isObject(tree) && typeof tree.resourceType === 'string' ? tree.resourceType : '(no resource)';
    return { resource: type, mapped: null, issues: checked.issues };
  }
  const mapped = await service.mapOnly(site, checked.resource);
  return { resource: nameOf(checked.resource), mapped, issues: [] };
}

/** One line on what a fact says, in the trial's words and units. */
function says(fact: Fact): string {
  switch (fact.kind) {
    case 'lab':
      return fact.measured
        ? `${fact.analyte} ${fact.measured.comparator ?? ''}${fact.measured.value} (${fact.status})`
        : `${fact.analyte} absent: ${fact.absentReason ?? 'no reason'}`;
    case 'weight':
      return `${fact.kilograms} kg`;
    case 'infusion':
      return `${fact.product} ${fact.status}${fact.dose ? ` ${fact.dose.value} per ${fact.dose.per}` : ''}`;
    case 'transfusion':
      return `${fact.component} ${fact.units ?? ''}`.trim();
    case 'medication':
      return `${fact.agent} (${fact.role})`;
    case 'adverse-event':
      return fact.term;
    case 'condition':
      return `${fact.condition}${fact.active ? '' : ' (not active)'}`;
    case 'person':
      return `${fact.sex ?? 'sex unknown'}, born ${fact.birthDate ?? 'unknown'}`;
    case 'transplant':
      return 'stem cell transplant';
    case 'death':
      return 'death';
  }
}

function conversionOf(fact: Fact): string {
  return 'original' in fact ? (fact.original.conversion ?? '') : '';
}

function print(io: Io, { resource, mapped, issues }: Outcome): void {
  io.out(`${resource}\n`);
  for (const issue of issues) io.out(`  invalid  ${issue.expression ?? ''}: ${issue.diagnostics}\n`);
  if (!mapped) return;
  const rows = mapped.facts.map((fact) => [
    '  fact',
    fact.kind,
    says(fact),
    fact.at.text,
    fact.sources[0].element,
    conversionOf(fact),
  ]);
  if (rows.length > 0) io.out(table(['  ', 'kind', 'says', 'at', 'element', 'conversion'], rows));
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
    const outcomes: Outcome[] = [];
    for (const tree of trees) outcomes.push(await mapOne(service, options.site, tree));
    if (options.json) printJson(io, outcomes);
    else for (const outcome of outcomes) print(io, outcome);
    return outcomes.every(({ issues }) => issues.length === 0);
  });
}

/** `map FILE`: dry run; nothing is stored. */
export function mapCommand(session: Session, exit: (code: number) => void): Command {
  const made = command('map', 'show what the resources of a file would give; nothing is stored', [
    'map observation.json --site site-1',
  ])
    .argument('<file>', 'resource, Bundle or NDJSON file, or -')
    .option('--site <id>', 'site whose dialect it is in', 'dev');
  return withJson(withStore(made)).action(async (file: string, options: MapOptions) => {
    if (!(await map(session, file, options))) exit(1);
  });
}
