import { createHmac } from 'node:crypto';
import type { AdverseEventFact, Fact, LabFact, WeightFact } from '../trial/facts.ts';

/**
 * What of a fact is free text: what a sender or a person wrote, and the adapter passes on. Everything else in an export is a
 * term of the trial, a number, a date, a code, or written by this software. This is the only list: every format gets its
 * facts after `withholdFreeTexts`.
 */
export type FreeTextKind = 'adverse-event-term' | 'absent-reason' | 'original-value' | 'original-unit';

/** A free text of a fact. */
export interface FreeText {
  readonly kind: FreeTextKind;
  readonly text: string;
  readonly fact: Fact;
}

/** Whether a text may leave the house: a person has released just this text, or it is a term that the study names. */
export type IsTextReleased = (kind: FreeTextKind, text: string) => boolean;

/** What stands in an export for a text that nobody has released. */
export const WITHHELD_TEXT = 'TEXT-NOT-RELEASED';

/** Names a text without quoting it, by its work item: `T-` and a keyed digest, by which nobody else can test a guess. */
export type NameFreeText = (kind: FreeTextKind, text: string) => string;

/** Creates the names of a study's texts, by the key of its pseudonyms. */
export const createFreeTextNames =
  (key: Uint8Array): NameFreeText =>
  (kind, text) => {
    const digest = createHmac('sha256', key)
      .update(JSON.stringify([kind, text]))
      .digest('hex');
    return `T-${digest.slice(0, 16)}`;
  };

/** The codes of HL7's DataAbsentReason (R4), which are no free text. */
const ABSENT_REASON_CODES = new Set(
  (
    'unknown asked-unknown temp-unknown not-asked asked-declined masked not-applicable unsupported as-text error ' +
    'not-a-number negative-infinity positive-infinity not-performed not-permitted'
  ).split(' '),
);

/** A number with a comparator, as laboratories write it: `<5`, `1.50`, `12,5`. */
const WRITTEN_NUMBER = /^\s*[<>≤≥=~]{0,2}\s*[+-]?\d[\d.,]*(?:[eE][+-]?\d+)?\s*$/;

/** What an annotation of UCUM (`{cells}`) may say; any other is text in braces. */
const ANNOTATION_WORDS = /^(?:cells?|#|counts?|wbcs?|rbcs?|nrbcs?|plts?|platelets?|leukocytes?|retics?)?$/i;

/** Whether a unit, which the unit tables could read, has text in it that means nothing to them. */
const hasTextInBraces = (unit: string): boolean =>
  [...unit.matchAll(/\{([^}]*)\}?/g)].some(([, words = '']) => !ANNOTATION_WORDS.test(words));

function listOriginalTexts(fact: LabFact | WeightFact): readonly FreeText[] {
  const { value, unit } = fact.original;
  return [
    ...(value !== null && !WRITTEN_NUMBER.test(value)
      ? [{ kind: 'original-value', text: value, fact } as const]
      : []),
    ...(unit !== null && hasTextInBraces(unit) ? [{ kind: 'original-unit', text: unit, fact } as const] : []),
  ];
}

/** Lists the free texts of a fact. */
export function listFreeTexts(fact: Fact): readonly FreeText[] {
  switch (fact.kind) {
    case 'adverse-event':
      return [{ kind: 'adverse-event-term', text: fact.term, fact }];
    case 'lab': {
      const { absentReason } = fact;
      const isText = absentReason !== null && !ABSENT_REASON_CODES.has(absentReason);
      return [
        ...(isText ? [{ kind: 'absent-reason', text: absentReason, fact } as const] : []),
        ...listOriginalTexts(fact),
      ];
    }
    case 'weight':
      return listOriginalTexts(fact);
    default:
      return [];
  }
}

const DICTIONARY_NAMES: Readonly<Record<string, string>> = {
  'https://www.meddra.org': 'MedDRA',
  'http://snomed.info/sct': 'SNOMED CT',
  'http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl': 'NCIt',
  'http://hl7.org/fhir/sid/icd-10': 'ICD-10',
};

/**
 * Names an event by the code of a public dictionary, where it has one, else by the work item about its term: different events
 * stay apart.
 */
function formatWithheldTerm({ system, code, term }: AdverseEventFact, nameText: NameFreeText): string {
  const dictionary = DICTIONARY_NAMES[system ?? ''];
  const hasCode = dictionary !== undefined && code !== null && /^[A-Za-z0-9.-]{1,20}$/.test(code);
  return `${WITHHELD_TEXT} (${hasCode ? `${dictionary} ${code}` : nameText('adverse-event-term', term)})`;
}

function replaceText(fact: Fact, kind: FreeTextKind, nameText: NameFreeText): Fact {
  if (fact.kind === 'adverse-event') return { ...fact, term: formatWithheldTerm(fact, nameText) };
  if (fact.kind === 'lab' && kind === 'absent-reason') return { ...fact, absentReason: WITHHELD_TEXT };
  if (fact.kind !== 'lab' && fact.kind !== 'weight') return fact;
  const part = kind === 'original-value' ? { value: WITHHELD_TEXT } : { unit: WITHHELD_TEXT };
  return { ...fact, original: { ...fact.original, ...part } };
}

/** What decides about free texts. */
export interface TextRules {
  readonly isReleased: IsTextReleased;
  readonly nameText: NameFreeText;
  /** Is told of each text that is withheld. */
  readonly onWithheld: (text: FreeText) => void;
}

/**
 * Replaces every free text that is not released by a marker. Returns the same list where nothing is withheld.
 */
export function withholdFreeTexts(
  facts: readonly Fact[],
  { isReleased, nameText, onWithheld }: TextRules,
): readonly Fact[] {
  let hasWithheld = false;
  const released = facts.map((fact) => {
    const withheld = listFreeTexts(fact).filter(({ kind, text }) => !isReleased(kind, text));
    if (withheld.length === 0) return fact;
    hasWithheld = true;
    for (const text of withheld) onWithheld(text);
    return withheld.reduce((replaced: Fact, { kind }) => replaceText(replaced, kind, nameText), fact);
  });
  return hasWithheld ? released : facts;
}
