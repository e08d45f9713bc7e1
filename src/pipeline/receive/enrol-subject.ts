import type { InteractionResult } from '../../fhir/interaction.ts';
import type { Resource } from '../../fhir/resource.ts';
import { readPatientIdentifiers } from '../../intake/patient-identifiers.ts';
import { parseEnrolment } from '../../intake/research-subject.ts';
import { isTestData } from '../../mapping/meaning/test-data.ts';
import type { ResourceKey } from '../../store/store.ts';
import type { Subject } from '../../trial/facts.ts';
import type { UnsealedInteraction } from '../sealed-payloads.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import { resumeParticipation } from './consent-withdrawal.ts';
import { buildRefusedResult } from './interaction-results.ts';
import { relinkPatients } from './relink-patients.ts';

/** The stored source of patient identifiers from an enrolment file. */
export const ENROLMENT_FILE_SOURCE = 'enrolment-file';

/** The result of an enrolment, and the payloads that it unsealed. */
interface EnrolmentResult {
  readonly result: 'enrolled' | 'unchanged';
  readonly unsealed: readonly UnsealedInteraction[];
  /** Why the enrolment was refused, as one sentence; null where it was not. */
  readonly refusal: string | null;
}

/**
 * Stores or updates a subject, links their patient identifiers, and unseals the payloads about them. `source` is the origin
 * of the enrolment. A file never enrols a subject again who has left or withdrawn, because files are imported repeatedly.
 */
export async function enrolSubject(
  tx: SiteTransaction,
  subject: Subject,
  identifiers: readonly string[],
  source: string,
): Promise<EnrolmentResult> {
  const known = await tx.subjects.get(subject.study, subject.subject);
  const refusal = (await checkEnrolment(tx, subject, known, identifiers)) ?? checkReturnByFile(known, source);
  if (refusal) return { result: 'unchanged', unsealed: [], refusal };
  const isUnchanged = known && JSON.stringify(known) === JSON.stringify(subject);
  if (!isUnchanged) {
    await tx.subjects.put(subject);
    await tx.subjects.markForAssessment(subject.study, subject.subject);
  }
  const changed = [
    ...identifiers,
    ...(await tx.subjects.listPatientIdentifiers(subject.study, subject.subject)),
  ];
  await addEnrolmentIdentifiers(tx, subject, identifiers, source);
  if (known?.status === 'withdrawn' && subject.status !== 'withdrawn') await resumeParticipation(tx, subject);
  const unsealed = await relinkPatients(tx, changed);
  return { result: isUnchanged ? 'unchanged' : 'enrolled', unsealed, refusal: null };
}

function checkReturnByFile(known: Subject | undefined, source: string): string | null {
  if (source !== ENROLMENT_FILE_SOURCE || !known || known.status === 'on-study') return null;
  return 'The subject has left the study; only a ResearchSubject can enrol them again.';
}

/**
 * Refuses a number that belongs to another patient or site, and a second number for a patient. A patient has two numbers
 * of a study only where two enrolled Patients were merged afterwards.
 */
async function checkEnrolment(
  tx: SiteTransaction,
  subject: Subject,
  known: Subject | undefined,
  identifiers: readonly string[],
): Promise<string | null> {
  const ownIdentifiers = known ? await tx.subjects.listPatientIdentifiers(known.study, known.subject) : [];
  const otherIdentifiers = identifiers.filter((identifier) => !ownIdentifiers.includes(identifier));
  const namesakes = await tx.subjects.findByIdentifiers(tx.site, otherIdentifiers);
  if (namesakes.some((other) => other.study === subject.study && other.subject !== subject.subject))
    return 'The patient is enrolled under another subject number.';
  if (known && known.site !== subject.site) return 'The subject number is in use at another site.';
  const isSamePatient = otherIdentifiers.length < identifiers.length;
  return known && !isSamePatient ? 'The subject number belongs to another patient.' : null;
}

/** Stores the identifiers of the enrolment, except those with which another number of the study was enrolled. */
async function addEnrolmentIdentifiers(
  tx: SiteTransaction,
  { study, subject }: Subject,
  identifiers: readonly string[],
  source: string,
): Promise<void> {
  const enrolled = await tx.subjects.listEnrolmentIdentifiers(tx.site, identifiers);
  const others = enrolled.filter((owner) => owner.study === study && owner.subject !== subject);
  for (const identifier of identifiers) {
    if (others.some((other) => other.identifier === identifier)) continue;
    await tx.subjects.addEnrolmentIdentifier(tx.site, identifier, study, subject, source);
  }
}

/**
 * Enrols a subject by a ResearchSubject (contract, section 3). Returns the unsealed payloads, or the refusal. A
 * ResearchSubject of another study enrols nobody.
 */
export async function enrolFromResearchSubject(
  tx: SiteTransaction,
  key: ResourceKey,
  resource: Resource,
): Promise<InteractionResult | readonly UnsealedInteraction[]> {
  if (isTestData(resource)) {
    const fix = 'Remove the label of test data (HTEST) if the subject is real.';
    return buildUnclearEnrolmentResult('ResearchSubject.meta.security', fix);
  }
  const { identifiers } = readPatientIdentifiers(resource, tx.ehrBase);
  const statement = parseEnrolment(resource, tx.studies);
  if (statement.kind === 'not-ours') return [];
  if (statement.kind === 'unclear') return buildUnclearEnrolmentResult(statement.element, statement.fix);
  if (identifiers.length === 0) {
    const fix = 'Refer to the Patient by reference or identifier.';
    return buildUnclearEnrolmentResult('ResearchSubject.individual', fix);
  }
  const { study, subject, status, startedOn } = statement;
  const known = await tx.subjects.get(study, subject);
  const enrolledOn = startedOn ?? known?.enrolledOn ?? tx.now.toISOString().slice(0, 10);
  const { refusal, unsealed } = await enrolSubject(
    tx,
    { study, subject, site: tx.site, enrolledOn, consentedOn: enrolledOn, status },
    identifiers,
    `ResearchSubject/${key.id}`,
  );
  if (!refusal) return unsealed;
  const fix = 'use the subject number and patient of the enrolment, or another subject number.';
  return buildEnrolmentRefusal('ResearchSubject.identifier', `${refusal} Fix: ${fix}`);
}

const buildUnclearEnrolmentResult = (element: string, fix: string): InteractionResult =>
  buildEnrolmentRefusal(element, `The enrolment is not clear. Fix: ${fix}`);

const buildEnrolmentRefusal = (element: string, diagnostics: string): InteractionResult =>
  buildRefusedResult(422, 'ResearchSubject', {
    severity: 'error',
    code: 'business-rule',
    detail: 'enrolment',
    expression: element,
    diagnostics,
  });
