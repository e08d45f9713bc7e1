import type { ResourceVersion } from './inbox-store.ts';

/** Between the two texts; JSON has no such character outside of escapes (RFC 8259, sections 2 and 7). */
const SEPARATOR = '\u001e';

/** Packs the content of a version into one text, which is encrypted as one: its JSON, and the text as sent where that differs. */
export const packContent = ({ body, sentText }: Pick<ResourceVersion, 'body' | 'sentText'>): string | null =>
  body === null || sentText === null || sentText === undefined ? body : `${body}${SEPARATOR}${sentText}`;

/** Unpacks the content of a version. */
export function unpackContent(packed: string | null): Pick<ResourceVersion, 'body' | 'sentText'> {
  const end = packed?.indexOf(SEPARATOR) ?? -1;
  if (packed === null || end < 0) return { body: packed };
  return { body: packed.slice(0, end), sentText: packed.slice(end + 1) };
}
