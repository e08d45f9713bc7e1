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
  'patient patientin pat pt subject mr mrs ms miss mme mlle m herr frau dr prof sr sra he she him her his 患者 病人 先生 女士'.split(
    ' ',
  ),
);

/** Three digits in a row, or numbers joined as in a date or a telephone number. */
const IDENTIFYING_NUMBER = /\p{N}{3}|\p{N}[./\-– ]\p{N}+[./\-– ]\p{N}/u;

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
    !IDENTIFYING_NUMBER.test(text) &&
    !words.some((word) => PERSON_WORDS.has(word))
  );
}
