import { normaliseUnit } from '../codes/normalise-unit.ts';

/** A unit spelling taken apart, so that two spellings of one unit are equal and two units never are. */
export interface ParsedUnitSpelling {
  /** The power of ten of everything that multiplies: 5 for `lakhs/cumm`. */
  readonly power: number;
  /** What is measured, without multipliers and counted things: `g`; empty for a count. Letter case is kept. */
  readonly measured: string;
  /** The unit after the slash in one form, such as `ul`; null if there is no slash. */
  readonly per: string | null;
}

/**
 * Words that multiply, as laboratories write them, by their power of ten. A word that means different powers in different
 * languages or laboratories (`mil`, `m`, `M`) is left out: nothing is suggested for it.
 */
const POWER_BY_WORD: Readonly<Record<string, number>> = {
  ...{ hundred: 2, hundreds: 2, 百: 2, 十: 1 },
  ...{ thousand: 3, thousands: 3, thous: 3, thou: 3, kilo: 3, tsd: 3, tausend: 3, milliers: 3, mille: 3 },
  ...{ miles: 3, mila: 3, тыс: 3, тысяч: 3, 千: 3, 천: 3 },
  ...{ 万: 4, 萬: 4, 만: 4, lakh: 5, lakhs: 5, lac: 5, lacs: 5, crore: 7, crores: 7 },
  ...{ million: 6, millions: 6, mio: 6, mln: 6, millionen: 6, millones: 6, млн: 6 },
  ...{ 亿: 8, 億: 8, 억: 8, giga: 9, billion: 9, billions: 9, mrd: 9, milliarden: 9, milliards: 9, млрд: 9 },
  ...{ tera: 12, trillion: 12, trillions: 12 },
};

/** Things that are counted: they do not change the unit. */
const COUNTED_WORDS =
  'cells cell zellen zelle cellules cellule células celulas células célula кл 个 個 개 wbc plt platelets platelet #'.split(
    ' ',
  );

/** Units after the slash, by one form. */
const PER_UNIT: readonly (readonly [RegExp, string])[] = [
  [/^(ul|mcl|mi[ck]rolit(er|re|ro)s?|(cu|c|cubic)[.]?(mm|millimet(er|re)s?)|mm[*^]*3|мкл)$/, 'ul'],
  [/^(nl|nanolit(er|re)s?)$/, 'nl'],
  [/^(ml|millilit(er|re)s?|cc|cm[*^]*3)$/, 'ml'],
  [/^(dl|decilit(er|re)s?|100ml)$/, 'dl'],
  [/^(l|lt|ltr|lit(er|re|ro)s?|л)$/, 'l'],
  [/^(kg|kgs|kilograms?)$/, 'kg'],
];

/** Names of masses, by one form: `kilograms` is not a thousand of something. */
const MASS_FORMS: readonly (readonly [RegExp, string])[] = [
  [/kilogram(mes|me|s)?|kgs/gi, 'kg'],
  [/gram(mes|me|s)?|gms?(?![a-z])|gr(?![a-z])/gi, 'g'],
];

/** `10*3`, `10^3`, `10**3`, `10E+3`, `10exp3`, `10(3)`; and `1e3`. */
const TEN_TO_THE_POWER = /^10(?:\*\*|[*^~(]|e\+?|exp)(\d{1,2})\)?(?!\d)|^1e\+?(\d{1,2})(?!\d)/i;
/** `1000`, `1,000`. Other numbers (`109`, a lost superscript) multiply by something that nobody knows. */
const POWER_OF_TEN = /^1(0*|,000(?:,000){0,3})(?![\d,])/;
/** `K` before the slash or before what is counted. */
const KILO = /^k(?![a-z])/i;
const SEPARATOR = /^[x*.·,\s]/i;

interface Token {
  readonly length: number;
  readonly power: number;
}

/** Longer words first, so that `thousands` is not `thou`. */
const WORDS = [...Object.keys(POWER_BY_WORD), ...COUNTED_WORDS].sort((a, b) => b.length - a.length);

function matchToken(text: string): Token | null {
  const power = TEN_TO_THE_POWER.exec(text);
  if (power) return { length: power[0].length, power: Number(power[1] ?? power[2]) };
  const number = POWER_OF_TEN.exec(text);
  if (number) return { length: number[0].length, power: (number[1] ?? '').replaceAll(',', '').length };
  const word = WORDS.find((candidate) => text.toLowerCase().startsWith(candidate));
  if (word !== undefined) return { length: word.length, power: POWER_BY_WORD[word] ?? 0 };
  if (KILO.test(text)) return { length: 1, power: 3 };
  return SEPARATOR.test(text) ? { length: 1, power: 0 } : null;
}

/** Takes the multipliers off what is measured; what is not recognised stays. */
function parseMeasured(text: string): Pick<ParsedUnitSpelling, 'power' | 'measured'> {
  let [rest, power, measured] = [text, 0, ''];
  while (rest !== '') {
    const token = matchToken(rest);
    power += token?.power ?? 0;
    if (!token) measured += rest[0];
    rest = rest.slice(token?.length ?? 1);
  }
  return { power, measured };
}

function parsePer(text: string): string {
  const lowerCase = text.toLowerCase().replace(/\{[^}]*\}/g, '');
  return PER_UNIT.find(([variant]) => variant.test(lowerCase))?.[1] ?? text;
}

/**
 * Takes a unit spelling apart: `Thousands/cu mm` is 10 to the power of 3 per ul, as is `x10^3/uL`. Whatever is not
 * recognised stays as it is written, so that an unknown word makes a spelling unlike every other. Not for mapping: a person
 * decides what a spelling means.
 */
export function parseUnitSpelling(spelling: string): ParsedUnitSpelling {
  const plain = normaliseUnit(spelling)
    .replace(/\{[^}]*\}/g, '')
    .replace(/percent(age)?/gi, '%');
  const [measuredText = '', ...perTexts] = plain.replace(/per/gi, '/').split('/');
  const massText = MASS_FORMS.reduce((text, [variant, form]) => text.replace(variant, form), measuredText);
  return { ...parseMeasured(massText), per: perTexts.length === 0 ? null : parsePer(perTexts.join('/')) };
}
