import type { Moment } from '../facts.ts';

interface NullDate {
  readonly day: string;
  /** The systems that write it, and why. */
  readonly because: string;
  /** Whether a subject may have been born on this day; such a birth date is not in question. */
  readonly isPossibleBirth?: true;
}

/**
 * Days that systems write where no date is known: the zero of their calendar, or an open end. Everything that can happen to
 * a subject of a trial happened on another day, or that on the day itself is so unlikely that a person must confirm it. Days
 * that occur in histories (2000-01-01, and the first day of any year in this century) are not in the table.
 */
const NULL_DATES: readonly NullDate[] = [
  { day: '0001-01-01', because: '.NET DateTime.MinValue, Go time.Time, SQL date minimum' },
  { day: '1753-01-01', because: 'SQL Server datetime minimum' },
  { day: '1840-12-31', because: 'MUMPS $HOROLOG day 0' },
  { day: '1858-11-17', because: 'OpenVMS, modified Julian day 0' },
  { day: '1899-12-30', because: 'OLE Automation and Delphi day 0' },
  { day: '1899-12-31', because: 'Excel and Lotus day 0' },
  { day: '1900-01-01', because: 'SQL Server conversion of an empty text, Excel day 1' },
  { day: '1904-01-01', because: 'Excel for Macintosh and Classic Mac OS day 0' },
  { day: '1970-01-01', because: 'Unix time 0', isPossibleBirth: true },
  { day: '2099-12-31', because: 'open end of a validity' },
  { day: '2999-12-31', because: 'open end of a validity' },
  { day: '9999-12-31', because: 'SQL date maximum, .NET DateTime.MaxValue, open end of a validity' },
];

const NULL_DAYS: ReadonlySet<string> = new Set(NULL_DATES.map(({ day }) => day));
const NULL_BIRTH_DAYS: ReadonlySet<string> = new Set(
  NULL_DATES.filter(({ isPossibleBirth }) => !isPossibleBirth).map(({ day }) => day),
);

/** Between these days, on which nearly everything is dated, none is in the table. */
const LAST_NULL_DAY_OF_THE_PAST = '1970-01-01';
const FIRST_NULL_DAY_TO_COME = '2099-12-31';

/**
 * Whether the moment is a day of the table. A partial date is none: who writes 1970 knows the year. Unix time 0 is one in
 * every time zone, although it is the day before at sites west of Greenwich.
 */
export function isNullDate({ earliestDay, latestDay, instant }: Moment): boolean {
  if (instant === 0) return true;
  if (earliestDay > LAST_NULL_DAY_OF_THE_PAST && earliestDay < FIRST_NULL_DAY_TO_COME) return false;
  return earliestDay === latestDay && NULL_DAYS.has(earliestDay);
}

/** Whether a birth date (YYYY-MM-DD; a partial date never is) is a day of the table on which nobody in a trial was born. */
export function isNullBirthDate(birthDate: string): boolean {
  return NULL_BIRTH_DAYS.has(birthDate);
}
