import type { Answer, Interaction } from '../fhir/interaction.ts';
import type { Resource } from '../fhir/resource.ts';
import { enrolmentOf } from '../intake/enrolment.ts';
import type { ResourceKey, StoreTransaction } from '../store/store.ts';
import type { Subject } from '../trial/facts.ts';
import { refused } from './answers.ts';
import type { PipelineParts } from './parts.ts';
import { restateSubject } from './replay.ts';
import { unseal } from './sealing.ts';

/** A payload that was sealed until its patient was enrolled, and must be accepted now. */
export interface Unsealed {
  readonly interaction: Interaction;
  readonly door: string;
}

/** The source of names that come from an enrolment file. */
export const ENROLMENT_FILE = 'enrolment-file';

interface Enrolled {
  readonly result: 'enrolled' | 'unchanged';
  readonly unsealed: readonly Unsealed[];
  /** Why it was refused; null where it was not. */
  readonly refused: string | null;
}

/**
 * Stores or updates a subject and links his names; what was sealed for them comes out. `source` is who says so: a file
 * never brings back who has left or withdrawn, since files are run again.
 */
export async function enrolSubject(
  tx: StoreTransaction,
  parts: PipelineParts,
  subject: Subject,
  names: readonly string[],
  source: string,
): Promise<Enrolled> {
  const known = await tx.subjects.get(subject.study, subject.subject);
  const namesakes = await tx.subjects.byPatient(subject.site, names);
  if (namesakes.some((other) => other.study === subject.study && other.subject !== subject.subject)) {
    return refusedBecause('The patient is enrolled under another subject number.');
  }
  if (known && known.site !== subject.site)
    return refusedBecause('The subject number is in use at another site.');
  if (known && !(await sharesName(tx, known, names))) {
    return refusedBecause('The subject number belongs to another patient.');
  }
  if (source === ENROLMENT_FILE && known && known.status !== 'on-study') {
    return refusedBecause('The subject has left the study; only a ResearchSubject can say that he is back.');
  }
  const same = known && JSON.stringify(known) === JSON.stringify(subject);
  if (!same) {
    await tx.subjects.put(subject);
    await tx.subjects.markDirty(subject.study, subject.subject);
  }
  const unsealed = await linkNames(tx, parts, subject, names, source);
  if (!known) await restateAll(tx, parts, namesakes);
  return { result: same ? 'unchanged' : 'enrolled', unsealed, refused: null };
}

/** What came for a patient in another study counts in the new one too, and no sender will send it again. */
async function restateAll(
  tx: StoreTransaction,
  parts: PipelineParts,
  others: readonly Subject[],
): Promise<void> {
  for (const other of others) await restateSubject(tx, parts, other);
}

function refusedBecause(refused: string): Enrolled {
  return { result: 'unchanged', unsealed: [], refused };
}

async function sharesName(
  tx: StoreTransaction,
  subject: Subject,
  names: readonly string[],
): Promise<boolean> {
  const known = await tx.subjects.patients(subject.study, subject.subject);
  return names.some((name) => known.includes(name));
}

/** From now on the site's names mean the subject. Returns what was sealed under them, in order of arrival. */
export async function linkNames(
  tx: StoreTransaction,
  parts: PipelineParts,
  subject: Subject,
  names: readonly string[],
  source: string,
): Promise<readonly Unsealed[]> {
  for (const name of names) {
    await tx.subjects.linkPatient(subject.site, name, subject.study, subject.subject, source);
  }
  return unseal(tx, parts, subject.site, names);
}

/** A ResearchSubject enrols (contract, section 3). Null with what was unsealed, or the refusal. */
export async function enrolByResource(
  tx: StoreTransaction,
  parts: PipelineParts,
  key: ResourceKey,
  resource: Resource,
  names: readonly string[],
): Promise<Answer | readonly Unsealed[]> {
  const said = enrolmentOf(resource, parts.studies);
  if (said.kind === 'not-ours') return [];
  if (said.kind === 'unclear' || names.length === 0) {
    const [at, fix] =
      said.kind === 'unclear'
        ? [said.element, said.fix]
        : ['ResearchSubject.individual', 'Refer to the Patient by reference or identifier.'];
    const diagnostics = `The enrolment is not clear. Fix: ${fix}`;
    return refused(422, key.resourceType, {
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
  if (!refusal.refused) return refusal.unsealed;
  const diagnostics = `${refusal.refused} Fix: use the subject number and patient as enrolled, or another number.`;
  return refused(422, key.resourceType, {
    severity: 'error',
    code: 'business-rule',
    detail: 'enrolment',
    expression: 'ResearchSubject.identifier',
    diagnostics,
  });
}
