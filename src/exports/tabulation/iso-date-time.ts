const ISO_DATE_TIME =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$/;

function countDaysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** Whether it is an ISO 8601 date or time, complete or cut off at the right, of a day that the calendar has. */
export function isIsoDateTime(text: string): boolean {
  const parts = ISO_DATE_TIME.exec(text);
  if (!parts) return false;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts
    .slice(1, 7)
    .map((part) => (part === undefined ? undefined : Number(part)));
  if (month < 1 || month > 12 || day < 1 || day > countDaysInMonth(year, month)) return false;
  return hour < 24 && minute < 60 && second < 60;
}

/** Whether both have the zone, or both have none, so that their times may be compared as text. */
function hasSameZone(a: string, b: string): boolean {
  const zone = (text: string) => /(Z|[+-]\d{2}:\d{2})$/.exec(text.slice(10))?.[0] ?? '';
  return zone(a) === zone(b);
}

/** Whether the first is surely after the second: compared as far as both are known, times only within one zone. */
export function isCertainlyAfter(a: string, b: string): boolean {
  const days = Math.min(a.length, b.length, 10);
  const [x, y] = [a.slice(0, days), b.slice(0, days)];
  if (x !== y) return x > y;
  if (!hasSameZone(a, b)) return false;
  const known = Math.min(a.length, b.length, 19);
  return a.slice(0, known) > b.slice(0, known);
}
