import { CANONICAL_BASE } from '../../fhir/canonical-urls.ts';
import { toWordCodings } from '../codes/stated-words.ts';
import { type MappingResult, toIgnoredResult } from '../mapping-result.ts';
import type { ViewRow } from '../view/view-row.ts';
import type { ReaderInput } from './reader-input.ts';
import { readText } from './row-columns.ts';
import { readStatedConcepts } from './stated-concepts.ts';
import { translateEachCoding } from './translate-concept.ts';

/** A text is looked up as a code of this system: in lower case, trimmed. */
const EVENT_WORDS_SYSTEM = `${CANONICAL_BASE}/CodeSystem/adverse-event-words`;

/** MedDRA is sent under several URLs; the view has selected its coding, and the maps use this one. */
const MEDDRA_MAP_SYSTEM = 'https://www.meddra.org';

const toWord = (text: string | null) =>
  text === null ? [] : [{ system: EVENT_WORDS_SYSTEM, code: text.trim().toLowerCase() }];

/** Lists the event as codes: its MedDRA code, its first coding; its text where it has neither. */
function listEventCodings(row: ViewRow) {
  const [meddra, system, code] = ['meddra_code', 'event_system', 'event_code'].map((name) =>
    readText(row, name),
  );
  const coded = [
    ...(meddra ? [{ system: MEDDRA_MAP_SYSTEM, code: meddra }] : []),
    ...(system && code ? [{ system, code }] : []),
  ];
  return coded.length > 0 ? coded : toWord(readText(row, 'event_text'));
}

/**
 * Returns the result of an AdverseEvent that states that there was no event: by its term (MedDRA has the term "No adverse
 * event"; forms send "none"), or by grade 0, which CTCAE does not define and forms use for an event that did not occur.
 * null for all others.
 */
export function ignoreAbsentEvent(row: ViewRow, input: ReaderInput): MappingResult | null {
  const detail = 'The resource states that there was no adverse event.';
  if (translateEachCoding(input, 'adverse-event-absence', listEventCodings(row)).length > 0)
    return toIgnoredResult('absent-adverse-event', `${input.at}.event`, detail);
  const [grade] = readStatedConcepts(row, 'grade');
  if (!grade) return null;
  const { codings, text, element } = grade;
  // A site's decision on the words may also say grade 0.
  const words = codings.length > 0 ? [] : [...toWord(text), ...toWordCodings(grade)];
  const grades = translateEachCoding(input, 'adverse-event-grade', [...codings, ...words]);
  return grades.includes('0') ? toIgnoredResult('absent-adverse-event', element, detail) : null;
}
