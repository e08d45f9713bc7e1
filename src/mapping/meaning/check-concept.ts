import { CANONICAL_BASE } from '../../fhir/canonical-urls.ts';
import { isObject } from '../../fhir/resource.ts';
import type { Coding } from '../codes/terminology.ts';
import { buildCodeQuestion } from '../work-item-texts.ts';
import type { FoundElement } from './list-elements.ts';
import type { MeaningCheck } from './meaning-rule.ts';
import { createNotUnderstoodNeed, type MeaningNeed, type MeaningScope } from './meaning-scope.ts';

/** A text is looked up as a code of this system: in lower case, trimmed. The ConceptMap `specimens` lists the words. */
export const SPECIMEN_WORDS_SYSTEM = `${CANONICAL_BASE}/CodeSystem/specimen-words`;

/** A longer text, or one with a number that might identify a person, is no name of a kind of thing and is not shown. */
const isShowableLabel = (text: string): boolean => text.length <= 60 && !/\d{4}/.test(text);

const readText = (value: unknown): string | null =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : null;

/** Lists the codings of a CodeableConcept or Coding that have a system and a code. */
export function listCodings(value: unknown): readonly Coding[] {
  if (!isObject(value)) return [];
  const codings: readonly unknown[] = Array.isArray(value.coding) ? value.coding : [value];
  return codings
    .filter(isObject)
    .flatMap(({ system, code, display }) =>
      typeof system === 'string' && typeof code === 'string'
        ? [{ system, code, display: readText(display) }]
        : [],
    );
}

/** Lists the text of a CodeableConcept, and the codes that were sent without a system, as words. */
function listWords(value: unknown): readonly Coding[] {
  if (typeof value === 'string') return listWords({ text: value });
  if (!isObject(value)) return [];
  const codings: readonly unknown[] = Array.isArray(value.coding) ? value.coding : [];
  const local = codings
    .filter(isObject)
    .flatMap(({ system, code, display }) =>
      system === undefined ? [readText(code) ?? readText(display)] : [],
    );
  return [readText(value.text), ...local].flatMap((word) =>
    word === null ? [] : [{ system: SPECIMEN_WORDS_SYSTEM, code: word.toLowerCase() }],
  );
}

type ConceptCheck = Extract<MeaningCheck, { kind: 'concept' }>;

function describeSaid(codings: readonly Coding[], words: readonly Coding[]): string | null {
  const [coding] = codings;
  if (coding) return `${coding.system}|${coding.code}`;
  const word = words[0]?.code;
  return word !== undefined && isShowableLabel(word) ? `text:${word}` : null;
}

/**
 * Checks a CodeableConcept, Coding or text by its term in the vocabulary. Codes and text must not contradict each other. A
 * code or text that is in no map is asked, and a decision on the work item settles it; an accepted term needs nothing.
 */
export function checkConcept(
  found: FoundElement,
  { vocabulary, accepted }: ConceptCheck,
  { input }: MeaningScope,
): readonly MeaningNeed[] {
  const codings = listCodings(found.value);
  const words = listWords(found.value);
  const { terminology } = input.mappings;
  const translation = terminology.translate(input.context.site, [vocabulary], [...codings, ...words]);
  if (translation.kind === 'term' && accepted.includes(translation.term.code)) return [];
  const said = describeSaid(codings, words);
  const about = said ?? '(not shown)';
  if (translation.kind === 'term') {
    const detail = `${found.element} says ${about} (${translation.term.code}), so the values are not those of the patient's blood that the trial uses.`;
    const fix =
      'Correct the element if it is wrong; reject the work item if such results are not to be used.';
    return [createNotUnderstoodNeed(found, about, detail, fix)];
  }
  if (translation.kind === 'not-needed') {
    const detail = `The trial does not use results with ${about} at ${found.element}.`;
    return [{ ...createNotUnderstoodNeed(found, about, detail, ''), isNotUsed: true }];
  }
  const files = terminology.listGeneralFiles([vocabulary]).join(' or ');
  const detail = `What ${found.element} says (${about}) is ${translation.kind === 'ambiguous' ? 'contradictory' : 'in no map'}, and it can change what the result means.`;
  const fix =
    said === null
      ? 'Send a coding with a system and a code.'
      : `Add it to ${files} or to the site's own map, or correct it.`;
  const sentConcept = { codings: codings.length > 0 ? codings : words, text: null, element: found.element };
  const question = said === null ? {} : buildCodeQuestion(sentConcept, [vocabulary]);
  return [{ ...createNotUnderstoodNeed(found, about, detail, fix), ...question }];
}
