const DAY_MS = 86_400_000;

/** Returns the calendar day (`YYYY-MM-DD`) that is `days` after `day`. */
export function addCalendarDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** How a hospital writes an instant: with its local offset, or in UTC, where the calendar day may differ. */
export type InstantStyle = 'local' | 'utc';

/** Formats the instant `minutes` after local midnight of `day`, in a zone that is `offset` (`+08:00`) ahead of UTC. */
export function formatLocalInstant(
  day: string,
  minutes: number,
  offset: string,
  style: InstantStyle,
): string {
  const hours = String(Math.floor(minutes / 60)).padStart(2, '0');
  const local = `${day}T${hours}:${String(minutes % 60).padStart(2, '0')}:00${offset}`;
  return style === 'local' ? local : formatUtc(Date.parse(local));
}

/** Returns the instant `hours` later, in UTC. */
export function addHours(instant: string, hours: number): string {
  return formatUtc(Date.parse(instant) + hours * 3_600_000);
}

function formatUtc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
