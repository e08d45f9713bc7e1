import { isObject } from './resource.ts';

/** The time of an event, in the shape of the trial's Moment: the text as sent, first and last local day, instant. */
interface Moment {
  readonly text: string;
  readonly earliestDay: string;
  readonly latestDay: string;
  /** Milliseconds since 1970, of the start for a period; null where no time of day was sent. */
  readonly instant: number | null;
}

/** YYYY, YYYY-MM, YYYY-MM-DD, or a day with a time and a zone (FHIR R4 datatypes: date, dateTime, instant). */
const DATE_TIME_PATTERN =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d))?)?)?$/;

const dayFormatters = new Map<string, Intl.DateTimeFormat>();

function getDayFormatter(timeZone: string): Intl.DateTimeFormat {
  const known = dayFormatters.get(timeZone);
  if (known) return known;
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  dayFormatters.set(timeZone, formatter);
  return formatter;
}

const HOUR_MS = 3_600_000;
/** The days of hours that lie within one day, by zone and hour; null for an hour in which a day begins. */
const daysOfHours = new Map<string, string | null>();
const MAX_HOURS = 20_000;

/**
 * Returns the calendar day (`YYYY-MM-DD`) of an instant (milliseconds since 1970) in an IANA time zone. Throws a
 * RangeError for an unknown zone.
 */
export function toLocalDay(instant: number, timeZone: string): string {
  const hour = Math.floor(instant / HOUR_MS);
  const key = `${hour} ${timeZone}`;
  let day = daysOfHours.get(key);
  if (day === undefined) {
    const [first, last] = [hour * HOUR_MS, (hour + 1) * HOUR_MS - 1].map((at) =>
      formatLocalDay(at, timeZone),
    );
    day = first !== undefined && first === last ? first : null;
    if (daysOfHours.size >= MAX_HOURS) daysOfHours.clear();
    daysOfHours.set(key, day);
  }
  return day ?? formatLocalDay(instant, timeZone);
}

function formatLocalDay(instant: number, timeZone: string): string {
  const parts: Record<string, string> = {};
  for (const { type, value } of getDayFormatter(timeZone).formatToParts(instant)) parts[type] = value;
  return `${(parts.year ?? '').padStart(4, '0')}-${parts.month}-${parts.day}`;
}

const formatTwoDigits = (number: number): string => String(number).padStart(2, '0');

/** Returns the number of days of a month (1 to 12) in the Gregorian calendar. */
export function countDaysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Parses milliseconds since 1970; null for a time or offset that does not exist. A leap second is the next second. */
function parseInstant(day: string, clock: readonly string[], fraction: string, zone: string): number | null {
  const [hour = 0, minute = 0, second = 0] = clock.map(Number);
  if (hour > 23 || minute > 59 || second > 60) return null;
  const [zoneHour = 0, zoneMinute = 0] = zone === 'Z' ? [0, 0] : zone.slice(1).split(':').map(Number);
  if (zoneHour > 14 || zoneMinute > 59 || (zoneHour === 14 && zoneMinute > 0)) return null;
  const offset = (zoneHour * 60 + zoneMinute) * (zone.startsWith('-') ? -1 : 1);
  const millis = Number(fraction.slice(1, 4).padEnd(3, '0'));
  return Date.parse(`${day}T00:00:00Z`) + ((hour * 60 + minute - offset) * 60 + second) * 1000 + millis;
}

function parsePointMoment(text: string, timeZone: string): Moment | null {
  const match = DATE_TIME_PATTERN.exec(text);
  if (!match) return null;
  const [, year = '', month, day, hour, minute = '', second = '', fraction = '', zone = ''] = match;
  if (year === '0000') return null;
  if (month === undefined) return createDayMoment(text, `${year}-01-01`, `${year}-12-31`);
  if (Number(month) < 1 || Number(month) > 12) return null;
  const lastDay = countDaysInMonth(Number(year), Number(month));
  if (day === undefined)
    return createDayMoment(text, `${year}-${month}-01`, `${year}-${month}-${formatTwoDigits(lastDay)}`);
  if (Number(day) < 1 || Number(day) > lastDay) return null;
  const date = `${year}-${month}-${day}`;
  if (hour === undefined) return createDayMoment(text, date, date);
  const instant = parseInstant(date, [hour, minute, second], fraction, zone);
  if (instant === null) return null;
  const localDay = toLocalDay(instant, timeZone);
  return { text, earliestDay: localDay, latestDay: localDay, instant };
}

function createDayMoment(text: string, earliestDay: string, latestDay: string): Moment {
  return { text, earliestDay, latestDay, instant: null };
}

/**
 * Parses a period as one moment, from the first possible day of its start to the last possible day of its end. Without an
 * end, the moment is the start (an infusion that began then); without a start, it is null.
 */
function parsePeriodMoment(period: Record<string, unknown>, timeZone: string): Moment | null {
  const start = typeof period.start === 'string' ? parsePointMoment(period.start, timeZone) : null;
  if (!start) return null;
  if (period.end === undefined || period.end === null) return { ...start, text: `${start.text}/` };
  const end = typeof period.end === 'string' ? parsePointMoment(period.end, timeZone) : null;
  if (!end || end.latestDay < start.earliestDay) return null;
  if (start.instant !== null && end.instant !== null && end.instant < start.instant) return null;
  return { ...start, text: `${start.text}/${end.text}`, latestDay: end.latestDay };
}

/**
 * Parses a FHIR date, dateTime or instant (text) or Period (`{ start, end }`) as a moment in the calendar of an IANA time
 * zone. A partial date keeps its precision as the first and last possible day. A date without a time is that calendar
 * day in every zone. Returns null for anything else: a day that does not exist, a time without a zone, a period without
 * a start or with an end before it (FHIR R4 datatypes, date and time; design: never impute).
 */
export function parseMoment(value: unknown, timeZone: string): Moment | null {
  if (typeof value === 'string') return parsePointMoment(value, timeZone);
  return isObject(value) ? parsePeriodMoment(value, timeZone) : null;
}
