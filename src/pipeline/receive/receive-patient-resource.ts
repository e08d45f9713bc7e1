import type { InteractionResult } from '../../fhir/interaction.ts';
import type { Resource } from '../../fhir/resource.ts';
import { REFERENCED_TYPES } from '../../intake/patient-identifiers.ts';
import { isDerivedId } from '../../intake/resource-identity.ts';
import { isTestData } from '../../mapping/meaning/test-data.ts';
import { isRetracted } from '../../mapping/readers/inherit-from-container.ts';
import type { ResourceKey } from '../../store/inbox-store.ts';
import type { Subject } from '../../trial/facts.ts';
import { readCurrentContent } from '../facts/current-content.ts';
import { resolveContext } from '../facts/inherit-from-report.ts';
import { listMembers } from '../facts/references.ts';
import { restateByIdentifiers, restateMembers, restateReferrers } from '../facts/restate.ts';
import { restateRelated } from '../facts/restate-related.ts';
import { selectParticipating } from '../identity/narrow-subjects.ts';
import { findNewestSealed, hashResourceKey, type UnsealedInteraction } from '../sealed-payloads.ts';
import type { IntakeTransaction } from '../site-transaction.ts';
import {
  answerWithoutEffect,
  applyVersion,
  determineVersionEffect,
  type IncomingVersion,
  type InterpretedVersion,
  retireCurrentVersion,
  supersedeWithoutContent,
} from './apply-version.ts';
import { withholdVersion } from './consent-withdrawal.ts';
import { enrolFromResearchSubject, NO_ENROLMENT } from './enrol-subject.ts';
import { buildSubjectWithdrawnResult, withNotice } from './interaction-results.ts';
import { listSameStatements } from './same-statement.ts';
import { sealOrDrop, unsealPayloads } from './sealing.ts';

/** The result of an interaction, and the payloads that it unsealed, which must be accepted next. */
export interface IntakeResult {
  readonly result: InteractionResult;
  readonly unsealed: readonly UnsealedInteraction[];
}

export const toIntakeResult = (result: InteractionResult): IntakeResult => ({ result, unsealed: [] });

/** Receives a resource about a patient, or the Patient itself. A refused resource writes nothing. */
export async function receivePatientResource(
  tx: IntakeTransaction,
  incoming: IncomingVersion,
): Promise<IntakeResult> {
  const { key, resource } = incoming;
  const effect = await determineVersionEffect(tx, incoming);
  if (effect.kind === 'answered') return toIntakeResult(effect.result);
  const isEnrolment = key.resourceType === 'ResearchSubject' && effect.kind === 'new';
  const enrolled = isEnrolment ? await enrolFromResearchSubject(tx, key, resource) : NO_ENROLMENT;
  if ('status' in enrolled) return toIntakeResult(enrolled);
  const context = await resolveContext(tx, key, incoming);
  const subjects = selectReceivableSubjects(key, context.subjects);
  if (effect.kind !== 'new') {
    const canKeep = context.patientIdentifiers.length === 0 || subjects.length > 0;
    return toIntakeResult(await answerWithoutEffect(tx, incoming, effect, canKeep));
  }
  // A result that was once assigned to a subject by its report stays in the store, even without that report.
  const isStored = context.patientIdentifiers.length === 0 && (await tx.inbox.getCurrent(key))?.body;
  if (subjects.length === 0 && (context.subjects.length > 0 || !isStored))
    return toIntakeResult(await receiveWithoutSubject(tx, { ...incoming, context }));
  const interpreted = { ...incoming, context: { ...context, subjects } };
  const received = await receiveForSubjects(tx, interpreted, effect.isFirst);
  return {
    result: withNotice(received.result, enrolled.notice),
    unsealed: [...enrolled.unsealed, ...received.unsealed],
  };
}

/**
 * Selects the subjects that a resource is received for. A Patient is received for every subject who has not withdrawn: the
 * store must know that they and a withdrawn subject are one person, or it would process data of the latter.
 */
function selectReceivableSubjects(
  { resourceType }: ResourceKey,
  subjects: readonly Subject[],
): readonly Subject[] {
  if (resourceType === 'ResearchSubject') return subjects;
  return resourceType === 'Patient'
    ? subjects.filter(({ status }) => status !== 'withdrawn')
    : selectParticipating(subjects);
}

/** Applies a new version, unless a newer one about a patient who is not enrolled is sealed. */
async function receiveForSubjects(
  tx: IntakeTransaction,
  incoming: InterpretedVersion,
  isFirst: boolean,
): Promise<IntakeResult> {
  const { key, resource } = incoming;
  const newer = (await tx.sealedPayloads.isEmpty(tx.site))
    ? null
    : await findNewestSealed(tx, hashResourceKey(tx, key), resource);
  if (newer) return toIntakeResult(await receiveAsHistory(tx, incoming, newer));
  const before = isFirst ? undefined : await readCurrentContent(tx, key);
  const members = listMembers(resource);
  const result = await applyVersion(tx, incoming);
  if (before || members.length > 0) await restateMembers(tx, [before?.resource, resource]);
  if (REFERENCED_TYPES.includes(key.resourceType)) await restateReferrers(tx, key);
  await restateRelated(tx, key, [before?.resource, resource]);
  await restateTestPatient(tx, incoming, before?.resource);
  if (isFirst) await retireStatementWithoutId(tx, incoming);
  // A report states the patient of its results.
  return { result, unsealed: await unsealPayloads(tx, members) };
}

/**
 * Retires what was stored of the same statement under a derived id, now that it has arrived under the sender's id: sent through
 * two interfaces, it is one resource, whichever comes first.
 */
async function retireStatementWithoutId(
  tx: IntakeTransaction,
  { key, resource }: IncomingVersion,
): Promise<void> {
  // What was entered in error takes the other statement back; it does not take its place.
  if (key.resourceType === 'Patient' || isDerivedId(key.id) || isRetracted(resource)) return;
  for (const id of await listSameStatements(tx, resource, isDerivedId)) {
    const current = await tx.inbox.getCurrent({ ...key, id });
    if (!current) continue;
    const row = {
      ...current,
      receivedAt: tx.now.toISOString(),
      door: tx.door,
      disposition: 'superseded',
    } as const;
    await retireCurrentVersion(tx, row, []);
  }
}

/** Restates what is known of the subjects of a Patient that has been labelled as test data, or is so no longer. */
async function restateTestPatient(
  tx: IntakeTransaction,
  { key, resource, context }: InterpretedVersion,
  before: Resource | undefined,
): Promise<void> {
  if (key.resourceType !== 'Patient') return;
  if (isTestData(resource) === (before !== undefined && isTestData(before))) return;
  for (const { study, subject } of context.subjects)
    await restateByIdentifiers(tx, await tx.subjects.listPatientIdentifiers(study, subject));
}

/** Receives a version that has no effect, because a newer one about a patient who is not enrolled arrived before it. */
async function receiveAsHistory(
  tx: IntakeTransaction,
  incoming: IncomingVersion,
  newer: Resource,
): Promise<InteractionResult> {
  await supersedeWithoutContent(tx, { ...incoming, resource: newer });
  const effect = await determineVersionEffect(tx, incoming);
  if (effect.kind === 'answered') return effect.result;
  if (effect.kind === 'new') throw new Error('A version that is history was about to take effect.');
  return answerWithoutEffect(tx, incoming, effect, true);
}

/**
 * Receives a resource that is about no participating subject. Data about subjects who have withdrawn are dropped, data
 * about patients who are not enrolled are sealed or dropped, and the facts of an earlier version are retracted.
 */
async function receiveWithoutSubject(
  tx: IntakeTransaction,
  incoming: InterpretedVersion,
): Promise<InteractionResult> {
  const { key, context } = incoming;
  if (context.subjects.length > 0) {
    await withholdVersion(tx, incoming, context.patientIdentifiers);
    return buildSubjectWithdrawnResult(key.resourceType, context.patientElement);
  }
  if (await tx.inbox.getCurrent(key)) await supersedeWithoutContent(tx, incoming);
  return sealOrDrop(tx, incoming, context);
}
