import type { SubjectKey } from '../../store/subject-store.ts';
import type { SiteTransaction } from '../site-transaction.ts';

/* Persons who were erased. The store remembers them by keyed hash only, so that what is sent about them later is dropped. */

type ErasureSite = Pick<SiteTransaction, 'site' | 'erasures'>;

/** Returns the keyed hash by which an erased patient of a site is known again. Stored: another text would be another hash. */
export const hashErasedPatient = ({ erasures, site }: ErasureSite, identifier: string): string =>
  erasures.hash(`patient|${site}|${identifier}`);

/** Returns the keyed hash by which an erased subject number is known again. */
export const hashErasedSubject = (
  { erasures }: Pick<SiteTransaction, 'erasures'>,
  { study, subject }: SubjectKey,
): string => erasures.hash(`subject|${study}|${subject}`);

/** Whether any of the identifiers belongs to a patient of the site who was erased. */
export async function isErasedPatient(tx: ErasureSite, identifiers: readonly string[]): Promise<boolean> {
  if (identifiers.length === 0) return false;
  return tx.erasures.isErased(identifiers.map((identifier) => hashErasedPatient(tx, identifier)));
}
