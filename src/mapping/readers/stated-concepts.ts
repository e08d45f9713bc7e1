import { isObject } from '../../fhir/resource.ts';
import type { StatedWords } from '../codes/stated-words.ts';
import type { Coding } from '../codes/terminology.ts';
import type { SentConcept } from '../sent-values.ts';
import type { ViewRow } from '../view/view-row.ts';
import { readText, readTexts } from './row-columns.ts';

/** A CodeableConcept with everything that it says, also without a complete coding. */
export type StatedConcept = SentConcept & StatedWords;

/** One value of a column, and the FHIRPath of the concept that it belongs to. */
interface ConceptPart {
  readonly concept: string;
  readonly value: string;
  /** FHIRPath of the coding; that of the concept for its text. */
  readonly place: string;
  readonly parent: unknown;
}

/** Reads the values of a column with the concepts to which they belong. A column of one value is read as well. */
function readParts(row: ViewRow, column: string): readonly ConceptPart[] {
  const single = readText(row, column);
  const values = single === null ? readTexts(row, column) : [single];
  return values.map((value, i) => {
    const path = row.listOrigins(column)?.[i] || row.findElement(column) || '';
    const place = path.replace(/\.[A-Za-z]+$/, '');
    return {
      value,
      place,
      concept: place.replace(/\.coding(\[\d+\])?$/, ''),
      parent: row.listParents(column)?.[i],
    };
  });
}

function readCodings(row: ViewRow, prefix: string): readonly (ConceptPart & { readonly coding: Coding })[] {
  const codes = new Map(readParts(row, `${prefix}_codes`).map((part) => [part.place, part]));
  return readParts(row, `${prefix}_systems`).flatMap((system) => {
    const code = codes.get(system.place);
    if (!code) return [];
    const display =
      isObject(code.parent) && typeof code.parent.display === 'string' ? code.parent.display : null;
    return [{ ...code, coding: { system: system.value, code: code.value, display } }];
  });
}

/**
 * Reads the CodeableConcepts of an element, each by itself, from the collection columns `{prefix}_systems` and
 * `{prefix}_codes` (codings that have both), `{prefix}_bare_codes` (codes without a system), `{prefix}_bare_displays`
 * (displays without a code) and `{prefix}_text`. A concept that says nothing is left out.
 */
export function readStatedConcepts(row: ViewRow, prefix: string): readonly StatedConcept[] {
  const codings = readCodings(row, prefix);
  const bareCodes = readParts(row, `${prefix}_bare_codes`);
  const bareDisplays = readParts(row, `${prefix}_bare_displays`);
  const texts = readParts(row, `${prefix}_text`);
  const places = new Set([...codings, ...bareCodes, ...bareDisplays, ...texts].map(({ concept }) => concept));
  const isAt = (place: string) => (part: ConceptPart) => part.concept === place;
  const listValues = (parts: readonly ConceptPart[], place: string): readonly string[] =>
    parts.filter(isAt(place)).map(({ value }) => value);
  return [...places].map((place) => ({
    element: place,
    codings: codings.filter(isAt(place)).map(({ coding }) => coding),
    bareCodes: listValues(bareCodes, place),
    bareDisplays: listValues(bareDisplays, place),
    text: listValues(texts, place)[0] ?? null,
  }));
}
