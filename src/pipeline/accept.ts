import type { Answer, Grouping, Interaction } from '../fhir/interaction.ts';
import { derivedId, knownId } from '../intake/identity.ts';
import { roleOf } from '../intake/patient.ts';
import type { ResourceKey, StoreTransaction } from '../store/store.ts';
import { invalid, notNeeded, withoutHolding } from './answers.ts';
import { settle, takeEffect } from './arrive.ts';
import { existingByQuery } from './conditional.ts';
import type { Accept } from './doors.ts';
import { withNamesSettled } from './merge.ts';
import type { PipelineParts } from './parts.ts';
import { alone, type Named, type Reception, receivePatientData } from './patient-data.ts';
import { restateReferrers } from './replay.ts';
import type { Unsealed } from './sealing.ts';
import { withdraw } from './withdraw.ts';

/** Carries the answers of a refused transaction out of the database transaction that it rolls back. */
class RefusedTogether extends Error {
  readonly answers: readonly Answer[];
  constructor(answers: readonly Answer[]) {
    super('refused together');
    this.answers = answers;
  }
}

/**
 * Step 1 and 2 of the data's path: what arrives is checked, deduplicated, stored and mapped in one database
 * transaction, and only then answered. `all-or-nothing`: one refusal, and nothing of the group is stored.
 */
export function createAccept(parts: PipelineParts): Accept {
  return async (site, interactions, grouping, door) => {
    try {
      return await parts.store.transaction((tx) => acceptAll(tx, parts, site, interactions, grouping, door));
    } catch (cause) {
      if (cause instanceof RefusedTogether) return cause.answers;
      throw cause;
    }
  };
}

async function acceptAll(
  tx: StoreTransaction,
  parts: PipelineParts,
  site: string,
  interactions: readonly Interaction[],
  grouping: Grouping,
  door: string,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const interaction of interactions) answers.push(await acceptOne(tx, parts, site, interaction, door));
  if (grouping === 'all-or-nothing' && answers.some((answer) => answer.status >= 400)) {
    throw new RefusedTogether(answers.map(withoutHolding));
  }
  return answers;
}

/** One interaction, and after it whatever its names unsealed. Writes nothing where it refuses. */
async function acceptOne(
  tx: StoreTransaction,
  parts: PipelineParts,
  site: string,
  interaction: Interaction,
  door: string,
): Promise<Answer> {
  const { answer, unsealed } = await receive(tx, parts, site, interaction, door);
  await acceptUnsealed(tx, parts, site, unsealed);
  return answer;
}

/** Accepts what was sealed until now, in order of arrival; returns how many. */
export async function acceptUnsealed(
  tx: StoreTransaction,
  parts: PipelineParts,
  site: string,
  unsealed: readonly Unsealed[],
): Promise<number> {
  for (const { interaction, door } of unsealed) await acceptOne(tx, parts, site, interaction, door);
  return unsealed.length;
}

async function receive(
  tx: StoreTransaction,
  parts: PipelineParts,
  site: string,
  interaction: Interaction,
  door: string,
): Promise<Reception> {
  if (interaction.method === 'delete') return withdraw(tx, parts, site, interaction, door);
  const checked = parts.validate(interaction.resource, interaction.fhirVersion);
  if ('issues' in checked) return alone(invalid(interaction.resourceType, checked.issues));
  const { resource } = checked;
  if (roleOf(resource.resourceType) === 'not-needed') return alone(notNeeded(resource.resourceType));
  const existing = await existingByQuery(tx, site, interaction);
  if (existing) return alone(existing);
  const id =
    interaction.id ?? resource.id ?? (await knownId(tx.inbox, site, resource)) ?? derivedId(site, resource);
  const key = { site, resourceType: resource.resourceType, id };
  const { fhirVersion = '4.0' } = interaction;
  const named = { ...interaction, fhirVersion, resource: { ...resource, id } };
  return roleOf(resource.resourceType) === 'supporting'
    ? alone(await receiveSupporting(tx, parts, key, named, door))
    : withNamesSettled(tx, parts, key, () => receivePatientData(tx, parts, key, named, door));
}

async function receiveSupporting(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
  interaction: Named,
  door: string,
): Promise<Answer> {
  const { resource, fhirVersion } = interaction;
  const arrived = { key, resource, fhirVersion, door };
  const settled = await settle(tx, parts, arrived, interaction);
  if (settled) return settled;
  const nobody = { subjects: [], unclear: false, who: key.resourceType, names: [], givenBy: [] };
  const arrival = { ...arrived, context: { resource, fhirVersion, ...nobody } };
  const answer = await takeEffect(tx, parts, arrival, interaction);
  await restateReferrers(tx, parts, key);
  return answer;
}
