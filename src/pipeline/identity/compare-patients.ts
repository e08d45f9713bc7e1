import { isObject, type Resource } from '../../fhir/resource.ts';
import { listReferenceIdentifiers, readPatientIdentifiers } from '../../intake/patient-identifiers.ts';
import type { MappingContext } from '../../mapping/mapping-result.ts';
import type { Subject } from '../../trial/facts.ts';
import type { SiteTransaction } from '../site-transaction.ts';
import { isSameSubject } from './narrow-subjects.ts';
import { resolveSubjects } from './resolve-subject.ts';

/** The elements by which a resource, or a specimen of it, refers to somebody. */
const PERSON_ELEMENTS = ['subject', 'focus'];

/** Compares references with a subject of the resource. */
type PatientComparison = (subject: Subject) => NonNullable<MappingContext['isSamePatient']>;

/**
 * Loads whom the references of a resource and of its specimens mean, so that the mapper can compare them with the subject.
 * A reference that means nobody is the subject's only if the resource refers to its patient by the same identifier.
 */
export async function loadPatientComparison(
  tx: SiteTransaction,
  resource: Resource,
  supporting: readonly Resource[],
): Promise<PatientComparison> {
  const own = readPatientIdentifiers(resource, tx.ehrBase).identifiers;
  const read = (reference: unknown): readonly string[] =>
    listReferenceIdentifiers(reference, resource, tx.ehrBase);
  const resolved = new Map<string, readonly Subject[]>();
  for (const reference of listPersonReferences([resource, ...supporting])) {
    const identifiers = read(reference);
    const { subjects, isAmbiguous } = await resolveSubjects(tx, identifiers);
    resolved.set(identifiers.join(' '), isAmbiguous ? [] : subjects);
  }
  return (subject) => (reference) => {
    const identifiers = read(reference);
    const subjects = resolved.get(identifiers.join(' ')) ?? [];
    if (subjects.length > 0) return subjects.some(isSameSubject(subject));
    return identifiers.some((identifier) => own.includes(identifier)) ? true : null;
  };
}

const listPersonReferences = (resources: readonly Resource[]): readonly unknown[] =>
  resources.flatMap((resource) => PERSON_ELEMENTS.flatMap((name) => resource[name] ?? [])).filter(isObject);
