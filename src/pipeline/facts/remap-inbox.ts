import { parseJson } from '../../fhir/lossless-json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { ResourceVersion } from '../../store/inbox-store.ts';
import type { StoreTransaction } from '../../store/store.ts';
import type { PipelineDependencies, SiteContext } from '../dependencies.ts';
import { selectParticipating } from '../identity/narrow-subjects.ts';
import { createSiteTransaction, type SiteTransaction } from '../site-transaction.ts';
import { compareFacts, type FactChange } from './compare-facts.ts';
import { resolveContext } from './inherit-from-report.ts';
import { NON_MAPPING_REASONS, restate } from './restate.ts';
import { countStatedFacts, mapForSubjects } from './store-facts.ts';

/** The change of one resource that is mapped again. */
export interface RemapChange {
  readonly site: string;
  /** `Observation/12`. */
  readonly resource: string;
  /** The dispositions before and after. */
  readonly before: string;
  readonly after: string;
  readonly facts: readonly FactChange[];
}

/** The changes that mapping the stored inbox again makes. */
export interface RemapSummary {
  /** The number of current resources that were compared. */
  readonly resources: number;
  readonly changedResources: number;
  readonly subjects: number;
  readonly facts: { readonly added: number; readonly removed: number; readonly changed: number };
  /** The number of resources by change of disposition, such as `held → mapped`. */
  readonly dispositions: Readonly<Record<string, number>>;
  /** The first changes, in order of arrival. */
  readonly changes: readonly RemapChange[];
}

/** Resources in one transaction: few enough that other users of the store hardly wait. */
const BATCH_SIZE = 50;
/** Further changes are counted, not listed. */
const MAX_LISTED = 10_000;

/** The key of a decision that is needed: one reason and group at a site is one work item. */
interface NeedKey {
  readonly reason: string;
  readonly group: string;
}

/** Maps a current resource for its subjects; null where it is ambiguous, or all subjects have withdrawn. */
export async function mapAgain(tx: SiteTransaction, version: ResourceVersion, resource: Resource) {
  const context = await resolveContext(tx, version, { resource, fhirVersion: version.fhirVersion });
  const subjects = selectParticipating(context.subjects);
  if (subjects.length === 0 || context.isAmbiguous) return null;
  return mapForSubjects(tx, { ...context, subjects });
}

const formatNeeds = (needs: readonly NeedKey[]): string =>
  [...new Set(needs.map(({ reason, group }) => `${reason}|${group}`))].sort().join('\n');

/** Compares what a resource states with what it would state under the mappings of `tx`; null where nothing changes. */
export async function compareResource(
  tx: SiteTransaction,
  version: ResourceVersion,
): Promise<RemapChange | null> {
  if (version.body === null) return null;
  const mapped = await mapAgain(tx, version, parseJson(version.body) as Resource);
  if (!mapped) return null;
  const after = mapped.flatMap(({ subject: { study, subject }, mapped: { facts } }) =>
    facts.map((fact) => ({ study, subject, fact })),
  );
  const facts = compareFacts(await tx.facts.listForResource(version), after);
  const needs = await selectOpenNeeds(
    tx,
    mapped.flatMap(({ mapped: { work } }) => work),
  );
  const storedNeeds = (await tx.workItems.listNeeds(version)).filter(
    ({ reason }) => !NON_MAPPING_REASONS.includes(reason),
  );
  const stated = countStatedFacts({ facts: after.map(({ fact }) => fact) });
  const disposition = needs.length > 0 ? 'held' : stated > 0 ? 'mapped' : 'ignored';
  const isUnchanged = facts.length === 0 && formatNeeds(needs) === formatNeeds(storedNeeds);
  if (isUnchanged && disposition === version.disposition) return null;
  const { site, resourceType, id } = version;
  return { site, resource: `${resourceType}/${id}`, before: version.disposition, after: disposition, facts };
}

/** Selects the needs that no person has rejected. */
async function selectOpenNeeds(tx: SiteTransaction, needs: readonly NeedKey[]): Promise<readonly NeedKey[]> {
  const open: NeedKey[] = [];
  for (const need of needs)
    if (!(await tx.workItems.isRejected(tx.site, need.reason, need.group))) open.push(need);
  return open;
}

/** Creates a tally that counts changes and lists the first of them. */
function createChangeTally() {
  const facts = { added: 0, removed: 0, changed: 0 };
  const dispositions: Record<string, number> = {};
  const subjects = new Set<string>();
  const changes: RemapChange[] = [];
  let changedResources = 0;
  return {
    add(change: RemapChange) {
      changedResources++;
      if (changes.length < MAX_LISTED) changes.push(change);
      for (const factChange of change.facts) {
        facts[factChange.change]++;
        subjects.add(`${factChange.study}|${factChange.subject}`);
      }
      const transition = `${change.before} → ${change.after}`;
      if (change.before !== change.after) dispositions[transition] = (dispositions[transition] ?? 0) + 1;
    },
    summarise: (resources: number): RemapSummary => ({
      resources,
      changedResources,
      subjects: subjects.size,
      facts,
      dispositions,
      changes,
    }),
  };
}

interface RemapOptions {
  /** Returns a site under mappings other than those in use; with it, nothing is stored. */
  readonly alternative?: (site: string) => SiteContext;
  readonly dryRun: boolean;
  readonly progress?: (done: number, total: number) => void;
}

/**
 * Maps every current resource again and returns the changes. Unless it is a dry run, the facts are replaced and their
 * subjects are marked for assessment. Runs in small transactions; after an interruption it can be run again.
 */
export async function remapInbox(
  dependencies: PipelineDependencies,
  { alternative, dryRun, progress = () => {} }: RemapOptions,
): Promise<RemapSummary> {
  const { store } = dependencies;
  const siteDependencies = alternative ? { ...dependencies, getSiteContext: alternative } : dependencies;
  const isStored = !dryRun && !alternative;
  const total = await store.transaction((tx) => tx.inbox.countCurrent());
  const tally = createChangeTally();
  let done = 0;
  let place = 0;
  for (;;) {
    const { rows, changes } = await store.transaction((tx) =>
      remapPage(tx, siteDependencies, place, isStored),
    );
    // Counted after the transaction, when the changes are stored.
    for (const change of changes) tally.add(change);
    const last = rows.at(-1);
    if (!last) return tally.summarise(done);
    place = last.place;
    done += rows.length;
    progress(done, total);
  }
}

/** Compares one page of resources, those that arrived after place `after`; restates them if `isStored`. */
async function remapPage(
  tx: StoreTransaction,
  dependencies: PipelineDependencies,
  after: number,
  isStored: boolean,
) {
  const rows = await tx.inbox.listCurrentPage(after, BATCH_SIZE);
  const changes: RemapChange[] = [];
  for (const { version } of rows) {
    const siteTx = createSiteTransaction(tx, dependencies, version.site);
    const change = await compareResource(siteTx, version);
    if (!change) continue;
    if (isStored) await restate(siteTx, version);
    changes.push(change);
  }
  return { rows, changes };
}
