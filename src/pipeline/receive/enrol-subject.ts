import { formatSubjectToken } from '../../fhir/canonical-urls.ts';
import type { InteractionResult } from '../../fhir/interaction.ts';
import type { OutcomeIssue } from '../../fhir/operation-outcome.ts';
import type { Resource } from '../../fhir/resource.ts';
import { readPatientIdentifiers } from '../../intake/patient-identifiers.ts';
import { parseEnrolment } from '../../intake/research-subject.ts';
import { isTestData } from '../../mapping/meaning/test-data.ts';
import type { ResourceKey } from '../../store/inbox-store.ts';
import type { Subject } from '../../trial/facts.ts';
import type { UnsealedInteraction } from '../sealed-payloads.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import { resumeParticipation } from './consent-withdrawal.ts';
import { checkEnrolmentDays, type EnrolmentRefusal } from './enrolment-days.ts';
import { buildEnrolmentNotice, buildNoEnrolmentNotice } from './enrolment-notices.ts';
import { hashErasedSubject, isErasedPatient } from './erased-patients.ts';
import { buildIgnoredResult, buildRefusedResult } from './interaction-results.ts';
import { relinkPatients } from './relink-patients.ts';
import { unsealPayloads } from './sealing.ts';

/** The stored source of patient identifiers from an enrolment file. */
export const ENROLMENT_FILE_SOURCE = 'enrolment-file';

/** The result of an enrolment, and the payloads that it unsealed. */
interface EnrolmentResult {
  readonly result: 'enrolled' | 'unchanged';
  readonly unsealed: readonly UnsealedInteraction[];
  /** Why the enrolment was refused; null where it was not. */
  readonly refusal: EnrolmentRefusal | null;
  /** The subject before; undefined where they are new. */
  readonly before: Subject | undefined;
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
  const refusal =
    checkNumber(tx, subject, known) ??
    checkEnrolmentDays(tx, subject) ??
    (await checkErased(tx, subject, identifiers)) ??
    (await checkEnrolment(tx, subject, known, identifiers)) ??
    checkReturnByFile(known, source);
  if (refusal) return { result: 'unchanged', unsealed: [], refusal, before: known };
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
  const relinked = await relinkPatients(tx, changed);
  // What names the subject by their number.
  const numbered = await unsealPayloads(tx, [formatSubjectToken(subject.study, subject.subject)]);
  const unsealed = [...relinked, ...numbered];
  return { result: isUnchanged ? 'unchanged' : 'enrolled', unsealed, refusal: null, before: known };
}

/** Refuses a person who was erased: a file is imported repeatedly, and would bring them back. */
async function checkErased(
  tx: SiteTransaction,
  subject: Subject,
  identifiers: readonly string[],
): Promise<EnrolmentRefusal | null> {
  const isErased =
    (await isErasedPatient(tx, identifiers)) ||
    (await tx.erasures.isErased([hashErasedSubject(tx, subject)]));
  if (!isErased) return null;
  const problem = 'The subject or patient was erased from this store; nothing about them is taken.';
  return { problem, fix: 'Remove the row', column: 'patient' };
}

function checkReturnByFile(known: Subject | undefined, source: string): EnrolmentRefusal | null {
  if (source !== ENROLMENT_FILE_SOURCE || !known || known.status === 'on-study') return null;
  const problem = 'The subject has left the study; only a ResearchSubject can enrol them again.';
  return { problem, fix: 'Remove the row, or have the site send the ResearchSubject', column: 'subject' };
}

/**
 * Refuses a number that is not one of the site's, before anything is looked up: the answer does not tell whether another site
 * uses it, and a site cannot take the numbers of another.
 */
function checkNumber(
  tx: SiteTransaction,
  { site, subject }: Subject,
  known: Subject | undefined,
): EnrolmentRefusal | null {
  if (known ? known.site === site : tx.mayUseSubjectNumber(subject)) return null;
  const problem = 'The subject number is not one of this site.';
  return { problem, fix: 'Use a number that the study has given to this site', column: 'subject' };
}

const USE_OWN_NUMBER = 'Use the subject number and patient of the enrolment, or another subject number';

/**
 * Refuses a number that belongs to another patient, and a second number for a patient. A patient has two numbers
 * of a study only where two enrolled Patients were merged afterwards.
 */
async function checkEnrolment(
  tx: SiteTransaction,
  subject: Subject,
  known: Subject | undefined,
  identifiers: readonly string[],
): Promise<EnrolmentRefusal | null> {
  const ownIdentifiers = known ? await tx.subjects.listPatientIdentifiers(known.study, known.subject) : [];
  const otherIdentifiers = identifiers.filter((identifier) => !ownIdentifiers.includes(identifier));
  const namesakes = await tx.subjects.findByIdentifiers(tx.site, otherIdentifiers);
  if (namesakes.some((other) => other.study === subject.study && other.subject !== subject.subject))
    return buildNumberRefusal('The patient is enrolled under another subject number.', 'patient');
  const isSamePatient = otherIdentifiers.length < identifiers.length;
  return known && !isSamePatient
    ? buildNumberRefusal('The subject number belongs to another patient.', 'subject')
    : null;
}

const buildNumberRefusal = (problem: string, column: EnrolmentRefusal['column']): EnrolmentRefusal => ({
  problem,
  fix: USE_OWN_NUMBER,
  column,
});

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

/** What a ResearchSubject did: the payloads that it unsealed, and what its sender is told. */
interface StatedEnrolment {
  readonly unsealed: readonly UnsealedInteraction[];
  readonly notice: OutcomeIssue | null;
}

/** The outcome of a resource that is no ResearchSubject. */
export const NO_ENROLMENT: StatedEnrolment = { unsealed: [], notice: null };

/**
 * Enrols a subject by a ResearchSubject (contract, section 3). Returns what it did, or the answer where it enrols nobody
 * and is not kept. A ResearchSubject of another study enrols nobody.
 */
export async function enrolFromResearchSubject(
  tx: SiteTransaction,
  key: ResourceKey,
  resource: Resource,
): Promise<InteractionResult | StatedEnrolment> {
  if (isTestData(resource)) {
    const fix = 'Remove the label of test data (HTEST) if the subject is real.';
    return buildUnclearEnrolmentResult('ResearchSubject.meta.security', fix);
  }
  const { identifiers } = readPatientIdentifiers(resource, tx.ehrBase);
  const statement = parseEnrolment(resource, tx.studies);
  if (statement.kind === 'not-ours') return ignoreEnrolment(tx, key, identifiers, statement.element);
  if (statement.kind === 'unclear') return buildUnclearEnrolmentResult(statement.element, statement.fix);
  if (identifiers.length === 0) {
    const fix = 'Refer to the Patient by reference or identifier.';
    return buildUnclearEnrolmentResult('ResearchSubject.individual', fix);
  }
  const { study, subject, status, startedOn } = statement;
  const stored = await tx.subjects.get(study, subject);
  const known = stored?.site === tx.site ? stored : undefined;
  const enrolledOn = startedOn ?? known?.enrolledOn ?? tx.now.toISOString().slice(0, 10);
  const enrolled = { study, subject, site: tx.site, enrolledOn, consentedOn: enrolledOn, status };
  const { refusal, unsealed, before } = await enrolSubject(
    tx,
    enrolled,
    identifiers,
    `ResearchSubject/${key.id}`,
  );
  if (!refusal) return { unsealed, notice: buildEnrolmentNotice(enrolled, before) };
  const isAboutDay = refusal.column === 'enrolledOn' || refusal.column === 'consentedOn';
  return buildEnrolmentRefusal(
    isAboutDay ? 'ResearchSubject.period.start' : 'ResearchSubject.identifier',
    `${refusal.problem} Fix: ${refusal.fix}.`,
  );
}

/**
 * Ignores a ResearchSubject that enrols nobody, with the reason. One about a patient who is not enrolled is not kept: there
 * is nothing that it could wait for.
 */
async function ignoreEnrolment(
  tx: SiteTransaction,
  key: ResourceKey,
  identifiers: readonly string[],
  element: string,
): Promise<InteractionResult | StatedEnrolment> {
  const notice = buildNoEnrolmentNotice(element, tx.studies);
  const isKnown =
    (await tx.inbox.getCurrent(key)) !== undefined ||
    (await tx.subjects.findByIdentifiers(tx.site, identifiers)).length > 0;
  return isKnown ? { unsealed: [], notice } : buildIgnoredResult(key.resourceType, notice);
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
