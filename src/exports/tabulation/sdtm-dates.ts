import type { Moment } from '../../trial/facts.ts';

/**
 * A FHIR date or time as SDTM writes it: as sent, in its precision. Where the sender's offset puts it on another
 * calendar day than the site's, the site's day, because study days are counted in those.
 */
function toSiteDate(text: string, siteDay: string): string {
  if (text.length < 10 || text.slice(0, 10) === siteDay) return text;
  return siteDay;
}

/** The start of a moment, for --DTC and --STDTC. */
export function formatStartDate(at: Moment): string {
  return toSiteDate(at.text.split('/')[0] ?? '', at.earliestDay);
}

/** The end of a period, with its site-local day; both null where the moment is not a period, or has no end yet. */
export function deriveEndDate(at: Moment): { readonly text: string | null; readonly day: string | null } {
  const end = at.text.split('/')[1];
  if (end === undefined || end === '') return { text: null, day: null };
  return { text: toSiteDate(end, at.latestDay), day: end.length < 10 ? null : at.latestDay };
}

/** The site-local day of the start; null where the start is partial, also that of a period. */
export function deriveStartDay(at: Moment): string | null {
  return (at.text.split('/')[0] ?? '').length < 10 ? null : at.earliestDay;
}
