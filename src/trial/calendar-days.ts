import type { Moment } from './facts.ts';

/** A moment about which nothing is known: it may be any day. */
export const UNKNOWN_MOMENT: Moment = {
  text: '',
  earliestDay: '0001-01-01',
  latestDay: '9999-12-31',
  instant: null,
};

const DAYS_PER_400_YEARS = 146_097;
/** Days from 0000-03-01 to 1970-01-01. */
const DAYS_TO_1970 = 719_468;

/**
 * Counts the days from 1970-01-01 to a `YYYY-MM-DD` day by the Gregorian calendar alone, without a clock or time zone.
 * Years begin in March here, so that a leap day is the last day of its year, and five months from March have 153 days.
 * Source: Hinnant, chrono-Compatible Low-Level Date Algorithms, `days_from_civil`.
 */
function toDayNumber(day: string): number {
  const month = Number(day.slice(5, 7));
  const year = Number(day.slice(0, 4)) - (month <= 2 ? 1 : 0);
  const era = Math.floor(year / 400);
  const yearOfEra = year - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + Number(day.slice(8, 10)) - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * DAYS_PER_400_YEARS + dayOfEra - DAYS_TO_1970;
}

const padToTwoDigits = (value: number): string => (value < 10 ? `0${value}` : String(value));

/** Formats a day number as `YYYY-MM-DD`: the inverse of `toDayNumber`. Source: Hinnant, `civil_from_days`. */
function formatDayNumber(number: number): string {
  const shifted = number + DAYS_TO_1970;
  const era = Math.floor(shifted / DAYS_PER_400_YEARS);
  const dayOfEra = shifted - era * DAYS_PER_400_YEARS;
  const leaps = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthsSinceMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthsSinceMarch < 10 ? monthsSinceMarch + 3 : monthsSinceMarch - 9;
  const dayOfMonth = dayOfYear - Math.floor((153 * monthsSinceMarch + 2) / 5) + 1;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${String(year).padStart(4, '0')}-${padToTwoDigits(month)}-${padToTwoDigits(dayOfMonth)}`;
}

/** Counts the calendar days from one `YYYY-MM-DD` day to another; negative where `to` is the earlier. */
export function countDaysBetween(from: string, to: string): number {
  return toDayNumber(to) - toDayNumber(from);
}

/** Returns the calendar day that is `days` days later (earlier where negative). */
export function addDays(day: string, days: number): string {
  return formatDayNumber(toDayNumber(day) + days);
}

/**
 * Returns the one site-local day on which something happened; null where a partial date leaves several. A period
 * (such as an infusion over midnight) belongs to the day on which it began, where that is known to the day.
 */
export function resolveDay({ text, earliestDay, latestDay }: Moment): string | null {
  if (earliestDay === latestDay) return earliestDay;
  const [start = '', end] = text.split('/');
  return end !== undefined && start.length >= 'YYYY-MM-DD'.length ? earliestDay : null;
}

/**
 * Lists the ages in whole years that a birth date allows on a day: one, or two where the date is partial. Null where
 * no birth date is known.
 */
export function listPossibleAges(birthDate: string | null, day: string): readonly number[] | null {
  if (birthDate === null) return null;
  const years = Number(day.slice(0, 4)) - Number(birthDate.slice(0, 4));
  const rest = birthDate.slice(5);
  const dayInYear = day.slice(5, 5 + rest.length);
  if (rest.length === 5) return [dayInYear >= rest ? years : years - 1];
  if (rest === '' || dayInYear === rest) return [years - 1, years];
  return [dayInYear > rest ? years : years - 1];
}
