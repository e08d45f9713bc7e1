import type { Interaction, InteractionResult } from '../../fhir/interaction.ts';
import type { Resource } from '../../fhir/resource.ts';
import { REFERENCED_TYPES, readPatientIdentifiers } from '../../intake/patient-identifiers.ts';
import type { ResourceKey, StoreTransaction } from '../../store/store.ts';
import type { Subject } from '../../trial/facts.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import {
  type ResourceContent,
  type ResourceInContext,
  resolveContext,
} from '../facts/inherit-from-report.ts';
import { listMembers } from '../facts/references.ts';
import { readCurrentContent, restateMembers, restateReferrers } from '../facts/restate.ts';
import { selectParticipating } from '../identity/resolve-subject.ts';
import {
  applyVersion,
  type IncomingVersion,
  type InterpretedVersion,
  resolveUnlessNewer,
  supersedeWithoutContent,
} from './apply-version.ts';
import { withholdVersion } from './consent-withdrawal.ts';
import { enrolFromResearchSubject } from './enrol-subject.ts';
import { buildSubjectWithdrawnResult } from './interaction-results.ts';
import { findNewerSealed, sealOrDrop, type UnsealedInteraction, unsealPayloads } from './sealing.ts';

/** What became of an arrival, and what it has unsealed. */
export interface IntakeResult {
  readonly result: InteractionResult;
  readonly unsealed: readonly UnsealedInteraction[];
}

export const toIntakeResult = (answer: InteractionResult): IntakeResult => ({ result: answer, unsealed: [] });

/** An interaction whose resource is known to be there, with its id. */
export type IdentifiedInteraction = Interaction & ResourceContent;

/** Receives what is about a patient, the Patient himself included. Writes nothing where it refuses. */
export async function receivePatientResource(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  key: ResourceKey,
  interaction: IdentifiedInteraction,
  door: string,
): Promise<IntakeResult> {
  const { resource, fhirVersion } = interaction;
  const isEnrolment = key.resourceType === 'ResearchSubject';
  const arrived = { key, resource, fhirVersion, door };
  const known = async () => {
    const { subjects, patientIdentifiers: names } = await resolveContext(tx, parts, key, interaction);
    return names.length === 0 || selectReceivableSubjects(key, subjects).length > 0;
  };
  const settled = await resolveUnlessNewer(tx, parts, arrived, interaction, known);
  if (settled) return toIntakeResult(settled);
  const { ehrBase } = parts.siteContext(key.site);
  const enrolled = isEnrolment
    ? await enrolFromResearchSubject(
        tx,
        parts,
        key,
        resource,
        readPatientIdentifiers(resource, ehrBase).identifiers,
      )
    : [];
  if ('status' in enrolled) return toIntakeResult(enrolled);
  const context = await resolveContext(tx, parts, key, interaction);
  const present = selectReceivableSubjects(key, context.subjects);
  // A result that was somebody's once, by its report, stays known, whatever its report says now.
  const wasKnown = context.patientIdentifiers.length === 0 && (await tx.inbox.getCurrent(key))?.body;
  if (present.length === 0 && (context.subjects.length > 0 || !wasKnown))
    return toIntakeResult(await receiveWithoutSubject(tx, parts, arrived, interaction, context));
  const newer = await findNewerSealed(tx, parts, key, resource);
  if (newer) return toIntakeResult(await receiveAsHistory(tx, parts, arrived, newer, interaction));
  const arrival = { ...arrived, context: { ...context, subjects: present } };
  const answer = await applyVersionWithMembers(tx, parts, arrival, interaction);
  if (REFERENCED_TYPES.includes(key.resourceType)) await restateReferrers(tx, parts, key);
  // A report names whom its results are about.
  const opened = await unsealPayloads(tx, parts, key.site, listMembers(resource));
  return { result: answer, unsealed: [...enrolled, ...opened] };
}

/**
 * For whom it is received. That a subject and one who has withdrawn are one person must be known, or the subject's data
 * would be processed.
 */
function selectReceivableSubjects(
  { resourceType }: ResourceKey,
  subjects: readonly Subject[],
): readonly Subject[] {
  if (resourceType === 'ResearchSubject') return subjects;
  return resourceType === 'Patient'
    ? subjects.filter((one) => one.status !== 'withdrawn')
    : selectParticipating(subjects);
}

/** A newer version, about somebody who is not enrolled, has come before: this one has no effect. */
async function receiveAsHistory(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  arrived: IncomingVersion,
  newer: Resource,
  interaction: IdentifiedInteraction,
): Promise<InteractionResult> {
  await supersedeWithoutContent(tx, parts, { ...arrived, resource: newer });
  const settled = await resolveUnlessNewer(tx, parts, arrived, interaction);
  if (!settled) throw new Error('A version that is history was to take effect.');
  return settled;
}

/** Nobody whose data are kept: sealed or dropped; what an earlier version stated is taken back, or will be on return. */
async function receiveWithoutSubject(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  arrived: IncomingVersion,
  interaction: IdentifiedInteraction,
  context: ResourceInContext,
): Promise<InteractionResult> {
  const { key, door } = arrived;
  const { subjects: withdrawn, patientIdentifiers: names, patientElement: who } = context;
  if (withdrawn.length > 0) {
    await withholdVersion(tx, parts, arrived, names);
    return buildSubjectWithdrawnResult(key, who);
  }
  if (await tx.inbox.getCurrent(key)) await supersedeWithoutContent(tx, parts, arrived);
  return sealOrDrop(tx, parts, key, interaction, context, door);
}

/** An arrival, and the results that get or lose something by it because it lists them, or did so before. */
async function applyVersionWithMembers(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  arrival: InterpretedVersion,
  interaction: IdentifiedInteraction,
): Promise<InteractionResult> {
  const { key, resource } = arrival;
  const before = await readCurrentContent(tx, key);
  const answer = await applyVersion(tx, parts, arrival, interaction);
  await restateMembers(tx, parts, key.site, [before?.resource, resource]);
  return answer;
}
