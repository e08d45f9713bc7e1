/*
 * Which texts of a sender a work item may show. Work items hold no patient data, and a text is free: one that does not have
 * the form of a term or of a unit is not shown.
 */

/** A longer text is a remark, not a term. */
const MAX_TERM_LENGTH = 40;
const MAX_TERM_WORDS = 5;
/** Han script has no spaces: a term has few characters. */
const MAX_HAN_CHARACTERS = 12;
/** `CTCAE 4.03 grade 3` has four. */
const MAX_TERM_DIGITS = 4;

/** Letters, numbers and the punctuation of terms. An address, a link or a list is none. */
const TERM_CHARACTERS = /^[\p{L}\p{M}\p{N}\s.,:;()/%+\-–'’&<>=#（），：；、]+$/u;

/** Words with which a remark about a person begins or refers to them. */
const PERSON_WORDS = new Set(
  'patient patientin pat pt subject mr mrs ms miss mme mlle m herr frau dr prof sr sra he she him her his'.split(
    ' ',
  ),
);
const HAN_PERSON_WORDS = /患者|病人|先生|女士/;

/** Three digits in a row, numbers joined as in a date or a telephone number, or an address. */
const IDENTIFYING_PART = /\/\/|\p{N}{3}|\p{N}[./\-– ]\p{N}+[./\-– ]\p{N}/u;

const countMatches = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

/**
 * Whether a text has the form of a term that many records share (`fatal`, `Grade 4`), so that a work item may show it:
 * short, of few words, without a number that may be a date or an identifier, and not about a person.
 */
export function isShowableTerm(text: string): boolean {
  const words = text.toLowerCase().match(/[\p{L}\p{M}]+/gu) ?? [];
  return (
    text.length <= MAX_TERM_LENGTH &&
    text.trim().split(/\s+/).length <= MAX_TERM_WORDS &&
    countMatches(text, /\p{Script=Han}/gu) <= MAX_HAN_CHARACTERS &&
    countMatches(text, /\p{N}/gu) <= MAX_TERM_DIGITS &&
    TERM_CHARACTERS.test(text) &&
    !IDENTIFYING_PART.test(text) &&
    !words.some((word) => PERSON_WORDS.has(word)) &&
    !HAN_PERSON_WORDS.test(text)
  );
}

/** Powers of ten: `10*9`, `10^3`, `10E+6`; and `1000`, `1,000`, unless they belong to a word or another number. */
const POWERS_OF_TEN =
  /(?<![\p{L}\p{N}])[x×X*]?\s*(?:10\s?(?:\*\*|[*^~(]|[eE]\+?|exp)\s?\p{N}{1,2}|10{2,7}(?!\p{N})|1(?:,000)+(?!\p{N}))/gu;

/** Most units are short. A longer one is shown if it says per what. */
const SHORT_UNIT_LENGTH = 24;
const MAX_UNIT_LENGTH = 40;
/** `mL/min/1.73m2` has four. */
const MAX_UNIT_DIGITS = 4;

/** Four digits in a row, or numbers joined as in a date or a telephone number. */
const IDENTIFYING_UNIT_NUMBER = /\p{N}{4}|\p{N}[./\-– ]\p{N}+[./\-– ]\p{N}/u;

/**
 * Whether a text has the form of a unit, so that a work item may show it: it is short, and has no other long number than a
 * power of ten (`1000/mm3`). A unit is free text: an identifier, a date or a telephone number may stand in it.
 */
export function isShowableUnit(text: string): boolean {
  const length = text.trim().length;
  const withoutPowers = text.replace(POWERS_OF_TEN, ' ');
  return (
    (length <= SHORT_UNIT_LENGTH || (length <= MAX_UNIT_LENGTH && /[/%]|\bper\b/i.test(text))) &&
    countMatches(withoutPowers, /\p{N}/gu) <= MAX_UNIT_DIGITS &&
    !IDENTIFYING_UNIT_NUMBER.test(withoutPowers)
  );
}
