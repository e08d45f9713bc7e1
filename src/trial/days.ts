import type { Moment } from './facts.ts';

const MS_PER_DAY = 86_400_000;

/** Days from 1970-01-01 to a `YYYY-MM-DD` day. Only UTC is used, so the machine's time zone cannot matter. */
function dayNumber(day: string): number {
  const year = Number(day.slice(0, 4));
  const month = Number(day.slice(5, 7));
  return Date.UTC(year, month - 1, Number(day.slice(8, 10))) / MS_PER_DAY;
}

/** Whole calendar days from one `YYYY-MM-DD` day to another; negative where `to` is the earlier. */
export function daysBetween(from: string, to: string): number {
  return dayNumber(to) - dayNumber(from);
}

/** The calendar day so many days later (earlier where negative). */
export function addDays(day: string, days: number): string {
  return new Date((dayNumber(day) + days) * MS_PER_DAY).toISOString().slice(0, 10);
}

/**
 * The one site-local day on which something happened, or null where a partial date leaves several. A period (such as
 * an infusion over midnight) belongs to the day on which it began.
 */
export function dayOf(at: Moment): string | null {
  return at.earliestDay === at.latestDay || at.text.includes('/') ? at.earliestDay : null;
}

/**
 * The ages in whole years that a birth date allows on a day: one, or two where the date is partial. Null where no birth
 * date is known.
 */
export function agesOn(birthDate: string | null, day: string): readonly number[] | null {
  if (birthDate === null) return null;
  const years = Number(day.slice(0, 4)) - Number(birthDate.slice(0, 4));
  const rest = birthDate.slice(5);
  const now = day.slice(5, 5 + rest.length);
  if (rest.length === 5) return [now >= rest ? years : years - 1];
  if (rest === '' || now === rest) return [years - 1, years];
  return [now > rest ? years : years - 1];
}
