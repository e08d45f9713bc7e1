import { formatWordCoding } from './codes/stated-words.ts';
import type { Coding } from './codes/terminology.ts';
import type { WorkNeed } from './mapping-result.ts';
import { isShowableTerm } from './showable-text.ts';

/**
 * Builds the need for what is said in words that no map has: a text, or a code without a system (`codings`, in the adapter's
 * own systems). A person decides their meaning for the site. Words that may be about a patient are not shown: the need then
 * names the `resource` (`AdverseEvent/12`), and only its sender can settle it.
 */
export function createUnknownWordsNeed(
  element: string,
  codings: readonly Coding[],
  vocabulary: string,
  resource: string,
): WorkNeed {
  const shown = codings.filter(({ code, display }) => isShowableTerm(display ?? code));
  const [first] = shown;
  const need = { reason: 'not-understood', element, waitsFor: null } as const;
  if (!first)
    return {
      ...need,
      group: `words that are not shown: ${resource}`,
      detail: `The ${vocabulary} is stated in words that may be about the patient, so they are not shown.`,
      fix: 'Read them at the site, and send the element with a code and its system.',
    };
  const words = formatWordCoding(first);
  return {
    ...need,
    group: words,
    detail: `The ${vocabulary} is stated as ${words}, which no map has.`,
    fix: 'Accept the item with the term that it means at this site, or send a code with its system.',
    about: {
      kind: 'code',
      vocabularies: [vocabulary],
      codings: shown.map(({ system, code, display }) => ({ system, code, display: display ?? null })),
      text: null,
    },
  };
}

/** Builds the need for a property of a fact that is not a CodeableConcept, such as a grade as a number. */
export function createUnreadablePropertyNeed(
  element: string,
  vocabulary: string,
  resource: string,
): WorkNeed {
  return {
    reason: 'not-understood',
    element,
    group: `${vocabulary}:not a CodeableConcept: ${resource}`,
    detail: `The ${vocabulary} is not stated as a CodeableConcept.`,
    fix: 'Send it as a CodeableConcept with a code and its system.',
    waitsFor: null,
  };
}
