import type { Answer, Grouping, Interaction } from '../fhir/interaction.ts';
import type { Resource } from '../fhir/resource.ts';
import { derivedId, knownId } from '../intake/identity.ts';
import { patientNames, REFERRED_TO, roleOf } from '../intake/patient.ts';
import type { ResourceKey, StoreTransaction } from '../store/store.ts';
import type { Subject } from '../trial/facts.ts';
import { invalid, notNeeded, subjectWithdrawn, withoutHolding } from './answers.ts';
import { type Arrival, type Arrived, settle, supersede, takeEffect } from './arrive.ts';
import { existingByQuery } from './conditional.ts';
import { type Content, type InContext, inContext } from './context.ts';
import type { Accept } from './doors.ts';
import type { PipelineParts } from './parts.ts';
import { membersOf } from './references.ts';
import { contentOf, restateMembers, restateReferrers, restateSubject } from './replay.ts';
import { newerSealed, sealOrDrop, unseal } from './sealing.ts';
import { enrolByResource, linkNames, type Unsealed } from './subjects.ts';
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
    : receivePatientData(tx, parts, key, named, door);
}

type Named = Interaction & Content;

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

async function receivePatientData(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
  interaction: Named,
  door: string,
): Promise<Reception> {
  const { resource } = interaction;
  const { fhirVersion } = interaction;
  const arrived = { key, resource, fhirVersion, door };
  const settled = await settle(tx, parts, arrived, interaction);
  if (settled) return alone(settled);
  const named = patientNames(resource, parts.site(key.site).ehrBase);
  const enrolled =
    key.resourceType === 'ResearchSubject'
      ? await enrolByResource(tx, parts, key, resource, named.names)
      : [];
  if ('status' in enrolled) return alone(enrolled);
  const context = await inContext(tx, parts, key, interaction);
  const present = context.subjects.filter(
    (subject) => subject.status !== 'withdrawn' || key.resourceType === 'ResearchSubject',
  );
  // A result that was somebody's once, by its report, stays known, whatever its report says now.
  const wasKnown = context.names.length === 0 && (await tx.inbox.current(key))?.body;
  if (present.length === 0 && (context.subjects.length > 0 || !wasKnown))
    return alone(await receiveForNobody(tx, parts, arrived, interaction, context));
  const newer = await newerSealed(tx, parts, key, resource);
  if (newer) return alone(await receiveAsHistory(tx, parts, arrived, newer, interaction));
  const arrival = { ...arrived, context: { ...context, subjects: present } };
  const answer = await takeEffectWithMembers(tx, parts, arrival, interaction);
  if (REFERRED_TO.includes(key.resourceType)) await restateReferrers(tx, parts, key);
  // A report names whom its results are about, a Patient the names by which others have spoken of him.
  const opened = await unseal(tx, parts, key.site, membersOf(resource));
  const isHimself = key.resourceType === 'Patient' && !context.unclear;
  const brought = isHimself ? await renamed(tx, parts, key, present, named.names) : [];
  return { answer, unsealed: [...enrolled, ...opened, ...brought] };
}

/** A newer version, about somebody who is not enrolled, has come before: this one has no effect. */
async function receiveAsHistory(
  tx: StoreTransaction,
  parts: PipelineParts,
  arrived: Arrived,
  newer: Resource,
  interaction: Named,
): Promise<Answer> {
  await supersede(tx, parts, { ...arrived, resource: newer });
  const settled = await settle(tx, parts, arrived, interaction);
  if (!settled) throw new Error('A version that is history was to take effect.');
  return settled;
}

/** Nobody whose data are kept: sealed or dropped, and what an earlier version stated of another is taken back. */
async function receiveForNobody(
  tx: StoreTransaction,
  parts: PipelineParts,
  arrived: Arrived,
  interaction: Named,
  context: InContext,
): Promise<Answer> {
  const { key, door } = arrived;
  const { subjects: withdrawn } = context;
  const inForce = await tx.inbox.current(key);
  const hisOwn = withdrawn.some(({ subject }) => subject === inForce?.subject);
  if (inForce && !hisOwn) await supersede(tx, parts, arrived);
  return withdrawn.length > 0
    ? subjectWithdrawn(key, context.who)
    : sealOrDrop(tx, parts, key, interaction, context, door);
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
    const { site, study, subject: number } = subject;
    const before = await tx.subjects.patients(study, number);
    await tx.subjects.dropNames(site, `Patient/${key.id}`, study, number, names);
    unsealed.push(...(await linkNames(tx, parts, subject, names, `Patient/${key.id}`)));
    const after = await tx.subjects.patients(study, number);
    if (after.join() !== before.join()) await restateSubject(tx, parts, subject);
  }
  return unsealed;
}

/** An arrival, and the results that get or lose something by it because it lists them, or did so before. */
async function takeEffectWithMembers(
  tx: StoreTransaction,
  parts: PipelineParts,
  arrival: Arrival,
  interaction: Named,
): Promise<Answer> {
  const { key, resource } = arrival;
  const before = await contentOf(tx, key);
  const answer = await takeEffect(tx, parts, arrival, interaction);
  await restateMembers(tx, parts, key.site, [before?.resource, resource]);
  return answer;
}
