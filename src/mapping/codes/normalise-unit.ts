import { rememberByText } from '../view/remember-by-text.ts';

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

const POWER_OF_TEN = new RegExp(`10([${SUPERSCRIPTS}]+)`, 'g');

/**
 * Returns a unit spelling in the form in which spellings are compared: compatibility characters in their plain form, the
 * micro sign and mu as `u`, `×` as `x`, no white space. A superscript exponent becomes `*n` first, because plain NFKC
 * would turn `10⁹/L` into 109 per litre.
 */
export const normaliseUnit = rememberByText((spelling: string): string => {
  const withPowers = spelling.replace(POWER_OF_TEN, (_, exponent: string) => {
    return `10*${[...exponent].map((character) => SUPERSCRIPTS.indexOf(character)).join('')}`;
  });
  return withPowers
    .normalize('NFKC')
    .replace(/[µμ]/g, 'u')
    .replace(/[×✕✖]/g, 'x')
    .replace(/[∗＊]/g, '*')
    .replace(/[⁄∕]/g, '/')
    .replace(/[\s\u200b\u00ad]+/g, '');
});
