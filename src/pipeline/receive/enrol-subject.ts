import type { InteractionResult } from '../../fhir/interaction.ts';
import type { Resource } from '../../fhir/resource.ts';
import { parseEnrolment } from '../../intake/research-subject.ts';
import type { ResourceKey, StoreTransaction } from '../../store/store.ts';
import type { Subject } from '../../trial/facts.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import { resumeParticipation } from './consent-withdrawal.ts';
import { buildRefusedResult } from './interaction-results.ts';
import { relinkPatients } from './relink-patients.ts';
import type { UnsealedInteraction } from './sealing.ts';

/** The source of names that come from an enrolment file. */
export const ENROLMENT_FILE_SOURCE = 'enrolment-file';

interface EnrolmentResult {
  readonly result: 'enrolled' | 'unchanged';
  readonly unsealed: readonly UnsealedInteraction[];
  /** Why it was refused; null where it was not. */
  readonly refusal: string | null;
}

/**
 * Stores or updates a subject and links his names; what was sealed for them comes out. `source` is who says so: a file
 * never brings back who has left or withdrawn, since files are run again.
 */
export async function enrolSubject(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  subject: Subject,
  names: readonly string[],
  source: string,
): Promise<EnrolmentResult> {
  const known = await tx.subjects.get(subject.study, subject.subject);
  const refusal = await checkEnrolment(tx, subject, known, names);
  if (refusal) return refuseEnrolment(refusal);
  if (source === ENROLMENT_FILE_SOURCE && known && known.status !== 'on-study') {
    return refuseEnrolment('The subject has left the study; only a ResearchSubject can say that he is back.');
  }
  const same = known && JSON.stringify(known) === JSON.stringify(subject);
  if (!same) {
    await tx.subjects.put(subject);
    await tx.subjects.markForAssessment(subject.study, subject.subject);
  }
  const touched = [...names, ...(await tx.subjects.patients(subject.study, subject.subject))];
  await addEnrolmentIdentifiers(tx, subject, names, source);
  if (known?.status === 'withdrawn' && subject.status !== 'withdrawn')
    await resumeParticipation(tx, parts, subject);
  const unsealed = await relinkPatients(tx, parts, subject.site, touched, null);
  return { result: same ? 'unchanged' : 'enrolled', unsealed, refusal: null };
}

function refuseEnrolment(refused: string): EnrolmentResult {
  return { result: 'unchanged', unsealed: [], refusal: refused };
}

/** A number has one patient, at one site; and a patient one number, unless his two were one person's only afterwards. */
async function checkEnrolment(
  tx: StoreTransaction,
  subject: Subject,
  known: Subject | undefined,
  names: readonly string[],
): Promise<string | null> {
  const his = known ? await tx.subjects.patients(known.study, known.subject) : [];
  const others = names.filter((name) => !his.includes(name));
  const namesakes = await tx.subjects.findByIdentifiers(subject.site, others);
  if (namesakes.some((other) => other.study === subject.study && other.subject !== subject.subject))
    return 'The patient is enrolled under another subject number.';
  if (known && known.site !== subject.site) return 'The subject number is in use at another site.';
  const shares = names.some((name) => his.includes(name));
  return known && !shares ? 'The subject number belongs to another patient.' : null;
}

/** The enrolment calls him so; not by a name that his other number of this study was enrolled with (see merge.ts). */
async function addEnrolmentIdentifiers(
  tx: StoreTransaction,
  { site, study, subject }: Subject,
  names: readonly string[],
  source: string,
): Promise<void> {
  const owned = await tx.subjects.listEnrolmentIdentifiers(site, names);
  const others = owned.filter((owner) => owner.study === study && owner.subject !== subject);
  for (const name of names) {
    if (others.some((owner) => owner.name === name)) continue;
    await tx.subjects.addEnrolmentIdentifier(site, name, study, subject, source);
  }
}

/** A ResearchSubject enrols (contract, section 3). Null with what was unsealed, or the refusal. */
export async function enrolFromResearchSubject(
  tx: StoreTransaction,
  parts: PipelineDependencies,
  key: ResourceKey,
  resource: Resource,
  names: readonly string[],
): Promise<InteractionResult | readonly UnsealedInteraction[]> {
  const said = parseEnrolment(resource, parts.studies);
  if (said.kind === 'not-ours') return [];
  if (said.kind === 'unclear' || names.length === 0) {
    const [at, fix] =
      said.kind === 'unclear'
        ? [said.element, said.fix]
        : ['ResearchSubject.individual', 'Refer to the Patient by reference or identifier.'];
    const diagnostics = `The enrolment is not clear. Fix: ${fix}`;
    return buildRefusedResult(422, key.resourceType, {
      severity: 'error',
      code: 'business-rule',
      detail: 'enrolment',
      expression: at,
      diagnostics,
    });
  }
  const known = await tx.subjects.get(said.study, said.subject);
  const enrolledOn = said.startedOn ?? known?.enrolledOn ?? parts.now().toISOString().slice(0, 10);
  const refusal = await enrolSubject(
    tx,
    parts,
    {
      study: said.study,
      subject: said.subject,
      site: key.site,
      enrolledOn,
      consentedOn: enrolledOn,
      status: said.status,
    },
    names,
    `ResearchSubject/${key.id}`,
  );
  if (!refusal.refusal) return refusal.unsealed;
  const diagnostics = `${refusal.refusal} Fix: use the subject number and patient as enrolled, or another number.`;
  return buildRefusedResult(422, key.resourceType, {
    severity: 'error',
    code: 'business-rule',
    detail: 'enrolment',
    expression: 'ResearchSubject.identifier',
    diagnostics,
  });
}
