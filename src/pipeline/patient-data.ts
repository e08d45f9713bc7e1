import type { Answer, Interaction } from '../fhir/interaction.ts';
import type { Resource } from '../fhir/resource.ts';
import { patientNames, REFERRED_TO } from '../intake/patient.ts';
import type { ResourceKey, StoreTransaction } from '../store/store.ts';
import type { Subject } from '../trial/facts.ts';
import { subjectWithdrawn } from './answers.ts';
import { type Arrival, type Arrived, settle, supersede, takeEffect } from './arrive.ts';
import { type Content, type InContext, inContext } from './context.ts';
import type { PipelineParts } from './parts.ts';
import { membersOf } from './references.ts';
import { contentOf, restateMembers, restateReferrers } from './replay.ts';
import { newerSealed, sealOrDrop, type Unsealed, unseal } from './sealing.ts';
import { enrolByResource } from './subjects.ts';
import { takingPart } from './who.ts';
import { withhold } from './withheld.ts';

/** What became of an arrival, and what it has unsealed. */
export interface Reception {
  readonly answer: Answer;
  readonly unsealed: readonly Unsealed[];
}

export const alone = (answer: Answer): Reception => ({ answer, unsealed: [] });

/** An interaction whose resource is known to be there, with its id. */
export type Named = Interaction & Content;

/** Receives what is about a patient, the Patient himself included. Writes nothing where it refuses. */
export async function receivePatientData(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
  interaction: Named,
  door: string,
): Promise<Reception> {
  const { resource, fhirVersion } = interaction;
  const isEnrolment = key.resourceType === 'ResearchSubject';
  const arrived = { key, resource, fhirVersion, door };
  const known = async () => {
    const { subjects, names } = await inContext(tx, parts, key, interaction);
    return names.length === 0 || presentIn(key, subjects).length > 0;
  };
  const settled = await settle(tx, parts, arrived, interaction, known);
  if (settled) return alone(settled);
  const { ehrBase } = parts.site(key.site);
  const enrolled = isEnrolment
    ? await enrolByResource(tx, parts, key, resource, patientNames(resource, ehrBase).names)
    : [];
  if ('status' in enrolled) return alone(enrolled);
  const context = await inContext(tx, parts, key, interaction);
  const present = presentIn(key, context.subjects);
  // A result that was somebody's once, by its report, stays known, whatever its report says now.
  const wasKnown = context.names.length === 0 && (await tx.inbox.current(key))?.body;
  if (present.length === 0 && (context.subjects.length > 0 || !wasKnown))
    return alone(await receiveForNobody(tx, parts, arrived, interaction, context));
  const newer = await newerSealed(tx, parts, key, resource);
  if (newer) return alone(await receiveAsHistory(tx, parts, arrived, newer, interaction));
  const arrival = { ...arrived, context: { ...context, subjects: present } };
  const answer = await takeEffectWithMembers(tx, parts, arrival, interaction);
  if (REFERRED_TO.includes(key.resourceType)) await restateReferrers(tx, parts, key);
  // A report names whom its results are about.
  const opened = await unseal(tx, parts, key.site, membersOf(resource));
  return { answer, unsealed: [...enrolled, ...opened] };
}

/**
 * For whom it is received. That a subject and one who has withdrawn are one person must be known, or the subject's data
 * would be processed.
 */
function presentIn({ resourceType }: ResourceKey, subjects: readonly Subject[]): readonly Subject[] {
  if (resourceType === 'ResearchSubject') return subjects;
  return resourceType === 'Patient'
    ? subjects.filter((one) => one.status !== 'withdrawn')
    : takingPart(subjects);
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

/** Nobody whose data are kept: sealed or dropped; what an earlier version stated is taken back, or will be on return. */
async function receiveForNobody(
  tx: StoreTransaction,
  parts: PipelineParts,
  arrived: Arrived,
  interaction: Named,
  context: InContext,
): Promise<Answer> {
  const { key, door } = arrived;
  const { subjects: withdrawn, names, who } = context;
  if (withdrawn.length > 0) {
    await withhold(tx, parts, arrived, names);
    return subjectWithdrawn(key, who);
  }
  if (await tx.inbox.current(key)) await supersede(tx, parts, arrived);
  return sealOrDrop(tx, parts, key, interaction, context, door);
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
