const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/**
 * A unit's spelling in the form that the tables use: compatibility characters in their plain form, micro and mu as `u`,
 * `×` as `x`, no blanks. A superscript exponent becomes `*n` first: plain NFKC would turn `10⁹/L` into 109 per litre.
 */
export function normaliseUnit(text: string): string {
  const powers = text.replace(new RegExp(`10([${SUPERSCRIPTS}]+)`, 'g'), (_, exponent: string) => {
    return `10*${[...exponent].map((c) => SUPERSCRIPTS.indexOf(c)).join('')}`;
  });
  return powers
    .normalize('NFKC')
    .replace(/[µμ]/g, 'u')
    .replace(/[×✕✖]/g, 'x')
    .replace(/[∗＊]/g, '*')
    .replace(/[⁄∕]/g, '/')
    .replace(/[\s\u200b\u00ad]+/g, '');
}
