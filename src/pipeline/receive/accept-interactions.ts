import { setImmediate as turn } from 'node:timers/promises';
import { buildAuditEntry } from '../../audit/audit-entry.ts';
import type { Grouping, Interaction, InteractionResult } from '../../fhir/interaction.ts';
import { classifyResource } from '../../intake/patient-identifiers.ts';
import type { StoreTransaction } from '../../store/store.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import { restateReferrers } from '../facts/restate.ts';
import type { AcceptInteractions } from '../ports.ts';
import type { UnsealedInteraction } from '../sealed-payloads.ts';
import { createSiteTransaction, type IntakeTransaction, type SiteTransaction } from '../site-transaction.ts';
import {
  answerWithoutEffect,
  applyVersion,
  determineVersionEffect,
  type IncomingVersion,
} from './apply-version.ts';
import { type CheckedInteraction, checkInteraction } from './check-interaction.ts';
import { resolveIfNoneExist } from './conditional-requests.ts';
import { deleteResource } from './delete-resource.ts';
import { listExpectedReads } from './expected-reads.ts';
import { buildInvalidResult, buildTypeNotNeededResult, withoutWorkItems } from './interaction-results.ts';
import { applyPatientChange } from './patient-change.ts';
import { type IntakeResult, receivePatientResource, toIntakeResult } from './receive-patient-resource.ts';
import { resolveIdentity } from './resolve-identity.ts';
import { runPostponedAtSite } from './run-postponed.ts';

/** Carries the results of a refused transaction out of the database transaction that is rolled back with it. */
class TransactionRefusal extends Error {
  readonly results: readonly InteractionResult[];
  constructor(results: readonly InteractionResult[]) {
    super('The transaction was refused.');
    this.results = results;
  }
}

/** Called in each transaction with what it has accepted, before its commit: what it stores is committed with that, or not at all. */
type RecordAccepted = (tx: StoreTransaction, results: readonly InteractionResult[]) => Promise<void>;

/**
 * Creates the function that checks, deduplicates, stores and maps interactions in one database transaction (steps 1 and 2
 * of the data's path). With `all-or-nothing`, one refusal means that nothing of the group is stored.
 */
export function createAcceptInteractions(
  dependencies: PipelineDependencies,
  record: RecordAccepted = async () => {},
): AcceptInteractions {
  return async (site, interactions, grouping, door) => {
    // Before the transaction, in which nobody else can write.
    const checked = await checkInTurns(dependencies, interactions);
    const call = { dependencies, site, grouping, door, record };
    try {
      const results: InteractionResult[] = [];
      while (results.length < checked.length)
        results.push(...(await acceptSlice(call, checked.slice(results.length))));
      return results;
    } catch (cause) {
      if (cause instanceof TransactionRefusal) return cause.results;
      throw cause;
    }
  };
}

/** The longest time that validating, or one transaction of interactions that stand for themselves, takes before others run. */
const SLICE_MS = 40;

const readElapsed = (): number => performance.now();

/** Validates the interactions, and lets others run meanwhile. */
async function checkInTurns(
  dependencies: PipelineDependencies,
  interactions: readonly Interaction[],
): Promise<readonly CheckedInteraction[]> {
  const checked: CheckedInteraction[] = [];
  const { elapsed = readElapsed } = dependencies;
  let begunAt = elapsed();
  for (const interaction of interactions) {
    if (elapsed() - begunAt > SLICE_MS) {
      await turn();
      begunAt = elapsed();
    }
    checked.push(checkInteraction(dependencies, interaction));
  }
  return checked;
}

/** One call of the pipeline. */
interface AcceptCall {
  readonly dependencies: PipelineDependencies;
  readonly site: string;
  readonly grouping: Grouping;
  readonly door: string;
  readonly record: RecordAccepted;
}

/**
 * Accepts interactions in one transaction: all of a group that is accepted as a whole, else as many as a transaction has time
 * for. Then does what these have postponed.
 */
async function acceptSlice(
  { dependencies, site, grouping, door, record }: AcceptCall,
  checked: readonly CheckedInteraction[],
): Promise<readonly InteractionResult[]> {
  const { results, hasPostponed } = await dependencies.store.transaction(
    async (tx) => {
      const intake = { ...createSiteTransaction(tx, dependencies, site), door };
      const accepted = await acceptGroup(dependencies, intake, checked, grouping);
      await record(tx, accepted);
      return { results: accepted, hasPostponed: intake.budget.hasPostponed };
    },
    { site, part: 'site', expected: listExpectedReads(site, checked.slice(0, EXPECTED_AT_ONCE)) },
  );
  if (hasPostponed) await runPostponedAtSite(dependencies, site, acceptUnsealed);
  return results;
}

/** The interactions of which is read ahead what they will look up: more than a transaction has time for. */
const EXPECTED_AT_ONCE = 400;

async function acceptGroup(
  { elapsed = readElapsed }: PipelineDependencies,
  tx: IntakeTransaction,
  checked: readonly CheckedInteraction[],
  grouping: Grouping,
): Promise<readonly InteractionResult[]> {
  const results: InteractionResult[] = [];
  const begunAt = elapsed();
  for (const interaction of checked) {
    results.push(await acceptInteraction(tx, interaction));
    if (grouping === 'each' && elapsed() - begunAt > SLICE_MS) break;
  }
  if (grouping === 'all-or-nothing' && results.some(({ status }) => status >= 400))
    throw new TransactionRefusal(results.map(withoutWorkItems));
  await recordDropped(tx, results);
  return results;
}

/** Records how many resources were dropped: nothing else of them is kept. */
async function recordDropped(tx: IntakeTransaction, results: readonly InteractionResult[]): Promise<void> {
  const count = results.filter(({ disposition }) => disposition === 'dropped').length;
  if (count === 0) return;
  const { site, door, now } = tx;
  const event = {
    action: 'resource.dropped',
    site,
    reason: 'not-enrolled',
    count,
    detail: { door },
  } as const;
  await tx.audit.append(buildAuditEntry(event, now));
}

/** Does what is postponed at any site: it may have been left by a process that ended. */
export async function runPostponed(dependencies: PipelineDependencies): Promise<void> {
  const sites = await dependencies.store.read((tx) => tx.postponed.listSites());
  for (const site of sites) await runPostponedAtSite(dependencies, site, acceptUnsealed);
}

/** Accepts an interaction, and then the payloads that it unsealed. A refused interaction writes nothing. */
async function acceptInteraction(
  tx: IntakeTransaction,
  checked: CheckedInteraction,
): Promise<InteractionResult> {
  const { result, unsealed } = await receiveInteraction(tx, checked);
  await acceptUnsealed(tx, unsealed);
  return result;
}

/** Accepts payloads that were sealed until now, in order of arrival; returns how many. */
export async function acceptUnsealed(
  tx: SiteTransaction,
  unsealed: readonly UnsealedInteraction[],
): Promise<number> {
  for (const { interaction, door } of unsealed)
    await acceptInteraction({ ...tx, door }, checkInteraction(tx, interaction));
  return unsealed.length;
}

async function receiveInteraction(
  tx: IntakeTransaction,
  { interaction, validated }: CheckedInteraction,
): Promise<IntakeResult> {
  if (validated === null) return deleteResource(tx, interaction);
  if ('issues' in validated)
    return toIntakeResult(buildInvalidResult(interaction.resourceType, validated.issues));
  const use = classifyResource(validated.resource);
  if (use === 'not-needed') return toIntakeResult(buildTypeNotNeededResult(validated.resource.resourceType));
  const { id, interaction: alone } = await resolveIdentity(tx, interaction);
  const existing = await resolveIfNoneExist(tx, alone);
  if (existing) return toIntakeResult(existing);
  return receiveIdentified(tx, alone, id);
}

/** Receives an interaction whose resource has an id; its references lead to stored resources. */
async function receiveIdentified(
  tx: IntakeTransaction,
  interaction: Interaction,
  id: string,
): Promise<IntakeResult> {
  const { resource, resourceType, fhirVersion = '4.0' } = interaction;
  if (!resource) throw new Error('A create or update has no resource.');
  const key = { site: tx.site, resourceType, id };
  const identified = resource.id === id ? resource : { ...resource, id };
  const incoming = { ...interaction, key, fhirVersion, resource: identified };
  if (classifyResource(resource) === 'supporting')
    return toIntakeResult(await receiveSupportingResource(tx, incoming));
  return resourceType === 'Patient'
    ? applyPatientChange(tx, key, () => receivePatientResource(tx, incoming), incoming.resource)
    : receivePatientResource(tx, incoming);
}

/** Receives a product, which is about no patient and is kept because other resources refer to it. */
async function receiveSupportingResource(
  tx: IntakeTransaction,
  incoming: IncomingVersion,
): Promise<InteractionResult> {
  const { key, resource, fhirVersion } = incoming;
  const effect = await determineVersionEffect(tx, incoming);
  if (effect.kind === 'answered') return effect.result;
  if (effect.kind !== 'new') return answerWithoutEffect(tx, incoming, effect, true);
  const context = {
    resource,
    fhirVersion,
    subjects: [],
    isAmbiguous: false,
    patientElement: key.resourceType,
    patientIdentifiers: [],
    inheritedFrom: [],
  };
  const result = await applyVersion(tx, { ...incoming, context });
  await restateReferrers(tx, key);
  return result;
}
