import type { Moment } from '../../trial/facts.ts';

/**
 * Returns a FHIR date or time as SDTM writes it: as sent, in its precision. Where the sender's time zone puts it on another
 * calendar day than the site's, returns the site's day without a time, because study days are counted in site-local days.
 */
function toSiteDate(text: string, siteDay: string): string {
  if (text.length < 10 || text.slice(0, 10) === siteDay) return text;
  return siteDay;
}

/** Formats the start of a moment, for --DTC and --STDTC. */
export function formatStartDate(at: Moment): string {
  return toSiteDate(at.text.split('/')[0] ?? '', at.earliestDay);
}

/**
 * Derives the end of a period, for --ENDTC, with its site-local day. Both are null where the moment is not a period or
 * has no end yet; the day is null where the end is a partial date.
 */
export function deriveEndDate(at: Moment): { readonly text: string | null; readonly day: string | null } {
  const end = at.text.split('/')[1];
  if (end === undefined || end === '') return { text: null, day: null };
  return { text: toSiteDate(end, at.latestDay), day: end.length < 10 ? null : at.latestDay };
}

/** Derives the site-local day on which a moment or period starts; null where the start is a partial date. */
export function deriveStartDay(at: Moment): string | null {
  return (at.text.split('/')[0] ?? '').length < 10 ? null : at.earliestDay;
}
