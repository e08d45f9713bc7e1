import { parseJson } from '../../fhir/lossless-json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { ResourceVersion, Store, StoreTransaction } from '../../store/store.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import { selectParticipating } from '../identity/resolve-subject.ts';
import { compareFacts, type FactChange } from './compare-facts.ts';
import { resolveContext } from './inherit-from-report.ts';
import { NON_MAPPING_REASONS, restate } from './restate.ts';
import { mapForSubjects } from './store-facts.ts';

/** What would be, or was, different of one resource. */
export interface RemapChange {
  readonly site: string;
  /** `Observation/12`. */
  readonly resource: string;
  readonly before: string;
  readonly after: string;
  readonly facts: readonly FactChange[];
}

/** What mapping the stored inbox again changes. */
export interface RemapSummary {
  /** Resources in force that were looked at. */
  readonly resources: number;
  readonly changedResources: number;
  readonly subjects: number;
  readonly facts: { readonly added: number; readonly removed: number; readonly changed: number };
  /** How many resources went from one disposition to another: `held → mapped`. */
  readonly dispositions: Readonly<Record<string, number>>;
  /** The first of them, in order of arrival. */
  readonly changes: readonly RemapChange[];
}

const BATCH_SIZE = 50;
/** More are counted, not listed. */
const MAX_LISTED = 10_000;

/** The mappings by which to look. */
type MappingSource = Pick<PipelineDependencies, 'siteContext' | 'now'>;

async function mapAgain(
  tx: StoreTransaction,
  mapping: MappingSource,
  version: ResourceVersion,
  resource: Resource,
) {
  const { fhirVersion } = version;
  const context = await resolveContext(tx, mapping, version, { resource, fhirVersion });
  // Withdrawn: what was stated stays as it is, and nothing is processed any more.
  const subjects = selectParticipating(context.subjects);
  if (subjects.length === 0 || context.isAmbiguous) return null;
  return mapForSubjects(tx, mapping, version.site, { ...context, subjects });
}

const formatNeeds = (needs: readonly { reason: string; group: string }[]): string =>
  [...new Set(needs.map(({ reason, group }) => `${reason}|${group}`))].sort().join('\n');

/** What is different of a resource under the mappings; null where nothing is, or where mapping has no say. */
async function compareResource(
  tx: StoreTransaction,
  mapping: MappingSource,
  version: ResourceVersion,
): Promise<RemapChange | null> {
  if (version.body === null) return null;
  const mapped = await mapAgain(tx, mapping, version, parseJson(version.body) as Resource);
  if (!mapped) return null;
  const after = mapped.flatMap(({ subject: { study, subject }, mapped: { facts } }) =>
    facts.map((fact) => ({ study, subject, fact })),
  );
  const facts = compareFacts(await tx.facts.listForResource(version), after);
  const needs: { reason: string; group: string }[] = [];
  for (const { reason, group } of mapped.flatMap((each) => each.mapped.work))
    if (!(await tx.workItems.isRejected(version.site, reason, group))) needs.push({ reason, group });
  const waited = (await tx.workItems.listNeeds(version)).filter(
    ({ reason }) => !NON_MAPPING_REASONS.includes(reason),
  );
  const disposition = needs.length > 0 ? 'held' : after.length > 0 ? 'mapped' : 'ignored';
  const same =
    facts.length === 0 && formatNeeds(needs) === formatNeeds(waited) && disposition === version.disposition;
  if (same) return null;
  const { site, resourceType, id } = version;
  return { site, resource: `${resourceType}/${id}`, before: version.disposition, after: disposition, facts };
}

/** Adds up changes as they are found. */
function createTally() {
  const facts = { added: 0, removed: 0, changed: 0 };
  const dispositions: Record<string, number> = {};
  const subjects = new Set<string>();
  const changes: RemapChange[] = [];
  let changedResources = 0;
  return {
    add(change: RemapChange) {
      changedResources++;
      if (changes.length < MAX_LISTED) changes.push(change);
      for (const each of change.facts) {
        facts[each.change]++;
        subjects.add(`${each.study}|${each.subject}`);
      }
      const moved = `${change.before} → ${change.after}`;
      if (change.before !== change.after) dispositions[moved] = (dispositions[moved] ?? 0) + 1;
    },
    sum: (resources: number): RemapSummary => ({
      resources,
      changedResources,
      subjects: subjects.size,
      facts,
      dispositions,
      changes,
    }),
  };
}

export interface RemapOptions {
  /** The mappings to look by, in place of those in force; then nothing is stored. */
  readonly alternative?: MappingSource;
  readonly dryRun: boolean;
  readonly progress?: (done: number, of: number) => void;
}

/**
 * Maps every resource in force again, says what that changes, and unless it is a dry run makes it so: the facts are
 * replaced and their subjects marked for judgement. In small transactions; interrupted, it can be run again.
 */
export async function remapInbox(
  store: Store,
  parts: PipelineDependencies,
  { alternative: other, dryRun, progress = () => {} }: RemapOptions,
): Promise<RemapSummary> {
  const total = await store.transaction((tx) => tx.inbox.countCurrent());
  const found = createTally();
  let done = 0;
  let place = 0;
  const look = async (tx: StoreTransaction, version: ResourceVersion): Promise<RemapChange[]> => {
    const change = await compareResource(tx, other ?? parts, version);
    if (change && !dryRun && !other) await restate(tx, parts, version);
    return change ? [change] : [];
  };
  for (;;) {
    // Counted only once it is stored.
    const { batch, changes } = await store.transaction(async (tx) => {
      const rows = await tx.inbox.listCurrentPage(place, BATCH_SIZE);
      const all: RemapChange[] = [];
      for (const { version } of rows) all.push(...(await look(tx, version)));
      return { batch: rows, changes: all };
    });
    for (const change of changes) found.add(change);
    const last = batch.at(-1);
    if (!last) return found.sum(done);
    place = last.place;
    done += batch.length;
    progress(done, total);
  }
}
