import { buildCodeSystemUrl } from '../../fhir/canonical-urls.ts';
import type { Coding } from './terminology.ts';

/** What a CodeableConcept says without a coding that has both a system and a code. */
export interface StatedWords {
  /** Codes without a system. */
  readonly bareCodes: readonly string[];
  /** The displays of codings without a code. */
  readonly bareDisplays: readonly string[];
  readonly text: string | null;
}

/** A text is looked up as a code of this system: in lower case, trimmed, with single spaces. */
const SENT_TEXT_SYSTEM = buildCodeSystemUrl('sent-text');

/** A code that was sent without its system is looked up as a code of this one: no standard system is assumed. */
const CODE_WITHOUT_SYSTEM = buildCodeSystemUrl('code-without-system');

const removeExtraSpace = (text: string): string => text.normalize('NFKC').trim().replace(/\s+/g, ' ');

function toTextCoding(text: string): Coding {
  const display = removeExtraSpace(text);
  return { system: SENT_TEXT_SYSTEM, code: display.toLowerCase(), display };
}

function toBareCoding(code: string): Coding {
  return { system: CODE_WITHOUT_SYSTEM, code: removeExtraSpace(code) };
}

/**
 * Returns the words of a concept as codings of the adapter's own systems, so that a ConceptMap can decide them for a site:
 * codes without a system first, then the text, then displays without a code. No general map has an entry for them.
 */
export function toWordCodings({ bareCodes, text, bareDisplays }: StatedWords): readonly Coding[] {
  const texts = [...(text === null ? [] : [text]), ...bareDisplays];
  const codings = [...bareCodes.map(toBareCoding), ...texts.map(toTextCoding)].filter(
    ({ code }) => code !== '',
  );
  const keys = codings.map(({ system, code }) => `${system}|${code}`);
  return codings.filter((_, i) => keys.indexOf(keys[i] ?? '') === i);
}

/** Formats such a coding as a work item names it: `text fatal`, `code serious without a system`. */
export const formatWordCoding = ({ system, code }: Coding): string =>
  system === SENT_TEXT_SYSTEM ? `text ${code}` : `code ${code} without a system`;
