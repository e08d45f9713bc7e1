const ISO_DATE_TIME =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$/;

function countDaysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** Whether the text is an ISO 8601 date or time that exists, complete or truncated at the right. */
export function isIsoDateTime(text: string): boolean {
  const match = ISO_DATE_TIME.exec(text);
  if (!match) return false;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => (part === undefined ? undefined : Number(part)));
  if (month < 1 || month > 12 || day < 1 || day > countDaysInMonth(year, month)) return false;
  return hour < 24 && minute < 60 && second < 60;
}

/** Whether both times have the same zone, or none, so that they may be compared as text. */
function hasSameZone(a: string, b: string): boolean {
  const readZone = (text: string) => /(Z|[+-]\d{2}:\d{2})$/.exec(text.slice(10))?.[0] ?? '';
  return readZone(a) === readZone(b);
}

/**
 * Whether the first date or time is certainly after the second. Both are compared in the precision of the less precise
 * one; times of day only within one time zone.
 */
export function isCertainlyAfter(a: string, b: string): boolean {
  const dateLength = Math.min(a.length, b.length, 10);
  const [dateOfA, dateOfB] = [a.slice(0, dateLength), b.slice(0, dateLength)];
  if (dateOfA !== dateOfB) return dateOfA > dateOfB;
  if (!hasSameZone(a, b)) return false;
  const timeLength = Math.min(a.length, b.length, 19);
  return a.slice(0, timeLength) > b.slice(0, timeLength);
}
