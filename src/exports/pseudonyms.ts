import { createHmac } from 'node:crypto';
import type { Source } from '../trial/facts.ts';

/** Hexadecimal digits of a pseudonym: 128 bits. */
const PSEUDONYM_LENGTH = 32;
/** Hexadecimal digits that stand for a version that is no small number. */
const VERSION_LENGTH = 8;

/** Returns the pseudonym of an id or version of the resource; the same one for the same study. */
export type Pseudonymise = (source: Source, part: 'id' | 'version') => string;

/**
 * Creates the function that gives pseudonyms to the resources of a study: a keyed hash of site, type and id
 * (HMAC-SHA-256, 128 bits; ENISA, "Pseudonymisation techniques and best practices", 2019). Without the key nobody can tell
 * which resource it is, or test a guess; under another key, as another study has, one resource has another pseudonym.
 */
export function createPseudonyms(key: Uint8Array): Pseudonymise {
  return ({ site, resourceType, id, version }, part) => {
    const named = part === 'id' ? [site, resourceType, id] : [site, resourceType, id, version];
    const digest = createHmac('sha256', key).update(JSON.stringify(named)).digest('hex');
    return digest.slice(0, part === 'id' ? PSEUDONYM_LENGTH : VERSION_LENGTH);
  };
}

/** A version that identifies nothing beyond its resource, unlike the UUIDs of some servers. */
const SMALL_NUMBER = /^\d{1,6}$/;

/**
 * Formats a source for readers outside the hospitals: `Observation/PSEUDONYM/_history/3`, or `Observation/PSEUDONYM` where
 * its sender numbers no versions. Only the type where there are no pseudonyms, and of a Patient.
 */
export function formatPseudonymousSource(source: Source, pseudonymise: Pseudonymise | undefined): string {
  const { resourceType, version } = source;
  if (resourceType === 'Patient' || pseudonymise === undefined) return resourceType;
  const name = `${resourceType}/${pseudonymise(source, 'id')}`;
  if (version === null) return name;
  return `${name}/_history/${SMALL_NUMBER.test(version) ? version : pseudonymise(source, 'version')}`;
}
