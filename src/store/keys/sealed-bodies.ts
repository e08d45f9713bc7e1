import { Failure } from '../../errors.ts';
import type { ResourceVersion } from '../inbox-store.ts';
import type { SubjectKey } from '../subject-store.ts';
import { decryptBytes, encryptBytes, unwrapKey } from './sealed-bytes.ts';
import type { StoreKey } from './store-key.ts';

/** The key of a subject, with the number by which the bodies that it encrypts name it. */
export interface SubjectDataKey {
  readonly id: number;
  readonly key: Buffer;
}

/** What a body belongs to: it must not be put in the place of another one. */
type BodyPlace = Pick<ResourceVersion, 'site' | 'resourceType' | 'id' | 'digest'>;

const formatContext = ({ site, resourceType, id, digest }: BodyPlace): string =>
  `${site}\n${resourceType}/${id}\n${digest ?? ''}`;

/** The owner of what is about no subject, such as a product: its site. No study has an empty id. */
export const getSiteOwner = (site: string): SubjectKey => ({ study: '', subject: site });

/**
 * Selects the subject whose key encrypts a body. A person in two studies has two numbers; the first one's key serves until it is
 * destroyed, and what the other still needs is encrypted with another key before that.
 */
export function selectBodyOwner(owners: readonly SubjectKey[]): SubjectKey | null {
  const [first] = owners.toSorted((a, b) => (formatOwner(a) < formatOwner(b) ? -1 : 1));
  return first ?? null;
}

/** Formats an owner as one text for a map. */
export const formatOwner = ({ study, subject }: SubjectKey): string => `${study}\n${subject}`;

/** Encrypts the body of a version. */
export const sealBody = ({ key }: SubjectDataKey, body: string, place: BodyPlace): Buffer =>
  encryptBytes(key, body, formatContext(place));

/** Decrypts the body of a version. Throws `store/unusable` where its key was destroyed, or somebody has changed it. */
export function openBody(key: Buffer | null, sealed: Uint8Array, place: BodyPlace): string {
  const body = key && decryptBytes(key, sealed, formatContext(place));
  if (body) return body.toString('utf8');
  throw new Failure('store/unusable', 'The content of a resource cannot be decrypted.', {
    at: `${place.resourceType} of ${place.site}`,
    fix: 'Restore the store and its folder of keys from one backup.',
  });
}

/** Decrypts the key of a subject. Throws `store/unusable` where the store was opened without its key. */
export function openSubjectKey(storeKey: StoreKey | null, wrapped: Uint8Array): Buffer | null {
  if (storeKey) return unwrapKey(storeKey.wrapping, wrapped);
  throw new Failure('store/unusable', 'The contents of resources cannot be decrypted without store.key.', {
    fix: 'Name the folder of keys with keysDir or TRIAL_ADAPTER_KEYS.',
  });
}
