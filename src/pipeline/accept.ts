import type { Answer, Grouping, Interaction } from '../fhir/interaction.ts';
import type { Resource } from '../fhir/resource.ts';
import { derivedId, knownId } from '../intake/identity.ts';
import { type PatientNames, patientNames, REFERRED_TO, roleOf } from '../intake/patient.ts';
import type { ResourceKey, StoreTransaction } from '../store/store.ts';
import type { Subject } from '../trial/facts.ts';
import { invalid, notNeeded, subjectWithdrawn, withoutHolding } from './answers.ts';
import { type Arrived, settle, supersede, takeEffect } from './arrive.ts';
import { existingByQuery } from './conditional.ts';
import type { Accept } from './doors.ts';
import type { PipelineParts } from './parts.ts';
import { restateReferrers, restateSubject } from './replay.ts';
import { sealOrDrop } from './sealing.ts';
import { enrolByResource, linkNames, type Unsealed } from './subjects.ts';
import { whoIs } from './who.ts';
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

interface Reception {
  readonly answer: Answer;
  readonly unsealed: readonly Unsealed[];
}

const alone = (answer: Answer): Reception => ({ answer, unsealed: [] });

async function receive(
  tx: StoreTransaction,
  parts: PipelineParts,
  site: string,
  interaction: Interaction,
  door: string,
): Promise<Reception> {
  if (interaction.method === 'delete') return alone(await withdraw(tx, parts, site, interaction, door));
  const checked = parts.validate(interaction.resource);
  if ('issues' in checked) return alone(invalid(interaction.resourceType, checked.issues));
  const { resource } = checked;
  if (roleOf(resource.resourceType) === 'not-needed') return alone(notNeeded(resource.resourceType));
  const existing = await existingByQuery(tx, site, interaction);
  if (existing) return alone(existing);
  const id =
    interaction.id ?? resource.id ?? (await knownId(tx.inbox, site, resource)) ?? derivedId(site, resource);
  const key = { site, resourceType: resource.resourceType, id };
  const named = { ...interaction, resource: { ...resource, id } };
  return roleOf(resource.resourceType) === 'supporting'
    ? alone(await receiveSupporting(tx, parts, key, named, door))
    : receivePatientData(tx, parts, key, named, door);
}

type Named = Interaction & { readonly resource: Resource };

async function receiveSupporting(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
  interaction: Named,
  door: string,
): Promise<Answer> {
  const arrived = { key, resource: interaction.resource, door };
  const settled = await settle(tx, parts, arrived, interaction);
  if (settled) return settled;
  const arrival = { ...arrived, subjects: [], unclear: false, who: key.resourceType };
  const answer = await takeEffect(tx, parts, arrival, interaction);
  await restateReferrers(tx, parts, key);
  return answer;
}

async function receivePatientData(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
  interaction: Named,
  door: string,
): Promise<Reception> {
  const { resource } = interaction;
  const arrived = { key, resource, door };
  const settled = await settle(tx, parts, arrived, interaction);
  if (settled) return alone(settled);
  const named = patientNames(resource, parts.site(key.site).ehrBase);
  const enrolled =
    key.resourceType === 'ResearchSubject'
      ? await enrolByResource(tx, parts, key, resource, named.names)
      : [];
  if ('status' in enrolled) return alone(enrolled);
  const { subjects, unclear } = await whoIs(tx, key, named.names);
  const present = subjects.filter(
    (subject) => subject.status !== 'withdrawn' || key.resourceType === 'ResearchSubject',
  );
  if (present.length === 0)
    return alone(await receiveForNobody(tx, parts, arrived, interaction, subjects, named));
  const arrival = { ...arrived, subjects: present, unclear, who: named.element };
  const answer = await takeEffect(tx, parts, arrival, interaction);
  if (REFERRED_TO.includes(key.resourceType)) await restateReferrers(tx, parts, key);
  // A Patient brings names by which other payloads may have spoken of him.
  const brought =
    key.resourceType === 'Patient' && !unclear ? await renamed(tx, parts, key, present, named.names) : [];
  return { answer, unsealed: [...enrolled, ...brought] };
}

/** Nobody whose data are kept: sealed or dropped, and what an earlier version stated of another is taken back. */
async function receiveForNobody(
  tx: StoreTransaction,
  parts: PipelineParts,
  arrived: Arrived,
  interaction: Named,
  withdrawn: readonly Subject[],
  named: PatientNames,
): Promise<Answer> {
  const { key, door } = arrived;
  const inForce = await tx.inbox.current(key);
  const hisOwn = withdrawn.some(({ subject }) => subject === inForce?.subject);
  if (!hisOwn) await supersede(tx, parts, arrived);
  return withdrawn.length > 0
    ? subjectWithdrawn(key, named.element)
    : sealOrDrop(tx, parts, key, interaction, named, door);
}

/** The Patient's names replace those of its last version; data known by a name that is gone are looked at again. */
async function renamed(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
  subjects: readonly Subject[],
  names: readonly string[],
): Promise<readonly Unsealed[]> {
  const unsealed: Unsealed[] = [];
  for (const subject of subjects) {
    const lost = await tx.subjects.dropNames(
      key.site,
      `Patient/${key.id}`,
      subject.study,
      subject.subject,
      names,
    );
    unsealed.push(...(await linkNames(tx, parts, subject, names, `Patient/${key.id}`)));
    if (lost) await restateSubject(tx, parts, subject);
  }
  return unsealed;
}
