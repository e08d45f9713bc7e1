import type { Grouping, Interaction, InteractionResult } from '../../fhir/interaction.ts';
import { classifyResourceType } from '../../intake/patient-identifiers.ts';
import { deriveStableId, findKnownId } from '../../intake/resource-identity.ts';
import type { ResourceKey, StoreTransaction } from '../../store/store.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import { restateReferrers } from '../facts/restate.ts';
import type { AcceptInteractions } from '../ports.ts';
import { applyVersion, resolveUnlessNewer } from './apply-version.ts';
import { resolveIfNoneExist } from './conditional-requests.ts';
import { deleteResource } from './delete-resource.ts';
import { buildInvalidResult, buildTypeNotNeededResult, withoutWorkItems } from './interaction-results.ts';
import { applyPatientChange } from './patient-change.ts';
import {
  type IdentifiedInteraction,
  type IntakeResult,
  receivePatientResource,
  toIntakeResult,
} from './receive-patient-resource.ts';
import type { UnsealedInteraction } from './sealing.ts';

/** Carries the answers of a refused transaction out of the database transaction that it rolls back. */
class TransactionRefusal extends Error {
  readonly results: readonly InteractionResult[];
  constructor(answers: readonly InteractionResult[]) {
    super('refused together');
    this.results = answers;
  }
}

/**
 * Step 1 and 2 of the data's path: what arrives is checked, deduplicated, stored and mapped in one database
 * transaction, and only then answered. `all-or-nothing`: one refusal, and nothing of the group is stored.
 */
export function createAcceptInteractions(parts: PipelineDependencies): AcceptInteractions {
  return async (site, interactions, grouping, door) => {
    try {
      return await parts.store.transaction((tx) =>
        acceptGroup(tx, parts, site, interactions, grouping, door),
      );
    } catch (cause) {
      if (cause instanceof TransactionRefusal) return cause.results;
      throw cause;
    }
  };
}

async function acceptGroup(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  site: string,
  interactions: readonly Interaction[],
  grouping: Grouping,
  door: string,
): Promise<readonly InteractionResult[]> {
  const answers: InteractionResult[] = [];
  for (const interaction of interactions)
    answers.push(await acceptInteraction(tx, parts, site, interaction, door));
  if (grouping === 'all-or-nothing' && answers.some((answer) => answer.status >= 400)) {
    throw new TransactionRefusal(answers.map(withoutWorkItems));
  }
  return answers;
}

/** One interaction, and after it whatever its names unsealed. Writes nothing where it refuses. */
async function acceptInteraction(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  site: string,
  interaction: Interaction,
  door: string,
): Promise<InteractionResult> {
  const { result: answer, unsealed } = await receiveInteraction(tx, parts, site, interaction, door);
  await acceptUnsealed(tx, parts, site, unsealed);
  return answer;
}

/** Accepts what was sealed until now, in order of arrival; returns how many. */
export async function acceptUnsealed(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  site: string,
  unsealed: readonly UnsealedInteraction[],
): Promise<number> {
  for (const { interaction, door } of unsealed) await acceptInteraction(tx, parts, site, interaction, door);
  return unsealed.length;
}

async function receiveInteraction(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  site: string,
  interaction: Interaction,
  door: string,
): Promise<IntakeResult> {
  if (interaction.method === 'delete') return deleteResource(tx, parts, site, interaction, door);
  const checked = parts.validate(interaction.resource, interaction.fhirVersion);
  if ('issues' in checked)
    return toIntakeResult(buildInvalidResult(interaction.resourceType, checked.issues));
  const { resource } = checked;
  if (classifyResourceType(resource.resourceType) === 'not-needed')
    return toIntakeResult(buildTypeNotNeededResult(resource.resourceType));
  const existing = await resolveIfNoneExist(tx, site, interaction);
  if (existing) return toIntakeResult(existing);
  const id =
    interaction.id ??
    resource.id ??
    (await findKnownId(tx.inbox, site, resource)) ??
    deriveStableId(site, resource);
  const key = { site, resourceType: resource.resourceType, id };
  const { fhirVersion = '4.0' } = interaction;
  const named = { ...interaction, fhirVersion, resource: { ...resource, id } };
  return classifyResourceType(resource.resourceType) === 'supporting'
    ? toIntakeResult(await receiveSupportingResource(tx, parts, key, named, door))
    : applyPatientChange(tx, parts, key, () => receivePatientResource(tx, parts, key, named, door));
}

async function receiveSupportingResource(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  key: ResourceKey,
  interaction: IdentifiedInteraction,
  door: string,
): Promise<InteractionResult> {
  const { resource, fhirVersion } = interaction;
  const arrived = { key, resource, fhirVersion, door };
  const settled = await resolveUnlessNewer(tx, parts, arrived, interaction);
  if (settled) return settled;
  const nobody = {
    subjects: [],
    isAmbiguous: false,
    patientElement: key.resourceType,
    patientIdentifiers: [],
    inheritedFrom: [],
  };
  const arrival = { ...arrived, context: { resource, fhirVersion, ...nobody } };
  const answer = await applyVersion(tx, parts, arrival, interaction);
  await restateReferrers(tx, parts, key);
  return answer;
}
