import { toLocalDay } from '../../fhir/datetime.ts';
import type { Subject } from '../../trial/facts.ts';
import { isPlausibleDay } from '../facts/implausible-dates.ts';
import type { SiteTransaction } from '../site-transaction.ts';

/** Why an enrolment was refused. */
export interface EnrolmentRefusal {
  /** One sentence. */
  readonly problem: string;
  /** How to correct it, without a full stop. */
  readonly fix: string;
  /** What is wrong, by the column of an enrolment file. */
  readonly column: 'subject' | 'patient' | 'enrolledOn' | 'consentedOn';
}

/**
 * Refuses an enrolment on a day that cannot be true at the site, and one before the consent: who has not consented cannot
 * be enrolled (ICH E6(R2), section 4.8.8). A consent on the day of the enrolment is usual.
 */
export function checkEnrolmentDays(
  { now, timeZone }: Pick<SiteTransaction, 'now' | 'timeZone'>,
  { enrolledOn, consentedOn }: Pick<Subject, 'enrolledOn' | 'consentedOn'>,
): EnrolmentRefusal | null {
  const today = toLocalDay(now.getTime(), timeZone);
  const days = [
    ['enrolledOn', 'enrolment', enrolledOn],
    ['consentedOn', 'consent', consentedOn],
  ] as const;
  for (const [column, noun, day] of days) {
    if (isPlausibleDay(day, today)) continue;
    const problem = `The day of ${noun} is in the future, or in the year 1900 or before.`;
    return { problem, fix: `Correct the day; today is ${today} at the site`, column };
  }
  if (consentedOn <= enrolledOn) return null;
  const problem = 'The consent is later than the enrolment.';
  return { problem, fix: 'Correct one of the two days', column: 'consentedOn' };
}
