const DAY_MS = 86_400_000;

/** The calendar day `days` after `day` (`YYYY-MM-DD`). */
export function addCalendarDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** How a hospital writes an instant: with its own offset, or in UTC (then the day may be another one). */
export type InstantStyle = 'local' | 'utc';

/** `minutes` after local midnight of `day`, where clocks are `offset` (`+08:00`) ahead of UTC. */
export function formatLocalInstant(
  day: string,
  minutes: number,
  offset: string,
  clock: InstantStyle,
): string {
  const hours = String(Math.floor(minutes / 60)).padStart(2, '0');
  const local = `${day}T${hours}:${String(minutes % 60).padStart(2, '0')}:00${offset}`;
  return clock === 'local' ? local : formatUtc(Date.parse(local));
}

/** `hours` later, in UTC: when the record was last touched. */
export function addHours(instant: string, hours: number): string {
  return formatUtc(Date.parse(instant) + hours * 3_600_000);
}

function formatUtc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
