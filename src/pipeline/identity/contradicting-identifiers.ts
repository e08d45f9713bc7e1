import { isDerivedId } from '../../intake/resource-identity.ts';

/**
 * Whether identifiers contradict a subject: in a system in which the subject has identifiers, they state only others.
 * Another medical record number means another patient.
 */
export function contradictsSubject(
  identifiers: readonly string[],
  ownIdentifiers: readonly string[],
): boolean {
  return ownIdentifiers.some((ownIdentifier) => {
    const system = parseIdentifierSystem(ownIdentifier);
    const inSystem =
      system === '' ? [] : identifiers.filter((identifier) => parseIdentifierSystem(identifier) === system);
    return inSystem.length > 0 && !ownIdentifiers.some((identifier) => inSystem.includes(identifier));
  });
}

/**
 * Parses the identifier's system: `Patient` for `Patient/id` of the EHR; '' where it has no system, and for the derived id of
 * a Patient that was sent without one.
 */
export function parseIdentifierSystem(identifier: string): string {
  if (identifier.startsWith('Patient/'))
    return isDerivedId(identifier.slice('Patient/'.length)) ? '' : 'Patient';
  return identifier.slice(0, Math.max(0, identifier.lastIndexOf('|')));
}
