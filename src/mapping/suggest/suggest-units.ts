import type { ConceptMap } from '../codes/concept-map.ts';
import { normaliseUnit } from '../codes/normalise-unit.ts';
import { computeSimilarity } from './string-similarity.ts';
import type { Suggestion } from './suggestion.ts';

/** Variants that laboratories use interchangeably, each replaced by one form. Digits are kept. */
const SPELLING_FOLDS: readonly (readonly [RegExp, string])[] = [
  [/per/g, '/'],
  [/thousands?|thous?|kilo/g, 'k'],
  [/millions?|mill?|mio/g, 'm'],
  [/billions?|giga/g, 'g'],
  [/microlit(er|re)s?|mcl/g, 'ul'],
  [/decilit(er|re)s?/g, 'dl'],
  [/lit(er|re)s?/g, 'l'],
  [/cumm|cmm|mm\^?3|mm\*3/g, 'ul'],
  [/grams?|gm/g, 'g'],
  [/kilograms?|kgs/g, 'kg'],
  [/\{[^}]*\}|cells?|zellen|#/g, ''],
  [/10(\*\*|[*^~e]\+?|exp|\()(\d+)\)?/g, 'ten$2'],
  [/^[x*.]+/g, ''],
];

/** Returns a unit spelling without the variants of laboratories. Not for mapping: it folds case, and so `m` and `M`. */
function foldUnit(spelling: string): string {
  return SPELLING_FOLDS.reduce(
    (folded, [variant, form]) => folded.replace(variant, form),
    normaliseUnit(spelling).toLowerCase(),
  );
}

const listNumbers = (text: string): string => (text.match(/\d+/g) ?? []).join(' ');

/** Two spellings with the same folded form most likely mean the same unit. Others score by their similarity. */
const FOLDED_SCORE = 0.95;
/** A folded form that several units share (`m/uL`, `M/uL`): no suggestion is certain. */
const AMBIGUOUS_SCORE = 0.5;
const SIMILARITY_WEIGHT = 0.8;
const MIN_UNIT_SCORE = 0.4;

/** A spelling of a unit map. */
interface UnitSpelling {
  readonly quantity: string;
  readonly spelling: string;
  readonly target: string;
  readonly factor: string | undefined;
}

function listUnitSpellings({ quantity, groups }: ConceptMap): UnitSpelling[] {
  return groups.flatMap(({ elements }) =>
    elements.flatMap(({ code, targets: [target] }) => {
      if (!target?.code) return [];
      const factor = target.product.find(({ name }) => name === 'factor')?.value;
      return [{ quantity: quantity ?? '', spelling: code, target: target.code, factor }];
    }),
  );
}

/** A suggestion, and whether the sent spelling and the known one have the same folded form. */
interface UnitCandidate extends Suggestion {
  readonly isFolded: boolean;
}

/** Scores two folded spellings; 0 if their numbers differ: `10*6/L` is one character from `10*9/L` and a thousandth of it. */
function scoreFoldedSpelling(sent: string, known: string): number {
  if (sent === known) return FOLDED_SCORE;
  return listNumbers(sent) === listNumbers(known) ? SIMILARITY_WEIGHT * computeSimilarity(sent, known) : 0;
}

function buildCandidate(sentSpelling: string, known: UnitSpelling): UnitCandidate {
  const [sent, folded] = [foldUnit(sentSpelling), foldUnit(known.spelling)];
  const isFolded = sent === folded;
  return {
    vocabulary: known.quantity,
    target: known.target,
    score: scoreFoldedSpelling(sent, folded),
    why: isFolded ? `another spelling of ${known.spelling}` : `similar to ${known.spelling}`,
    product: known.factor === undefined ? [] : [{ name: 'factor', value: known.factor }],
    isFolded,
  };
}

const roundScore = (score: number): number => Math.round(score * 100) / 100;

const formatMeaning = ({ vocabulary, target, product }: Suggestion): string =>
  `${vocabulary} ${target} ${product[0]?.value ?? ''}`;

/** Keeps the first candidate of each unit and factor. */
function removeDuplicateMeanings(candidates: readonly UnitCandidate[]): readonly UnitCandidate[] {
  const meanings = candidates.map(formatMeaning);
  return candidates.filter((_, i) => meanings.indexOf(meanings[i] ?? '') === i);
}

/**
 * Suggests UCUM units that a spelling may mean for a quantity, best first. The spelling is compared with those of the
 * quantity's unit map, after the variants of laboratories have been folded, else by edit distance. If the folded form
 * can mean several units (`m/uL`, `M/uL`), each is suggested and none with confidence. `cell-dose` searches both dose
 * maps. Empty if no spelling is similar enough.
 */
export function suggestUnits(
  maps: readonly ConceptMap[],
  quantity: string,
  spelling: string,
): readonly Suggestion[] {
  const candidates = maps
    .filter((map) => map.quantity === quantity || map.quantity?.startsWith(`${quantity}-`))
    .flatMap(listUnitSpellings)
    .map((known) => buildCandidate(spelling, known))
    .filter(({ score }) => score >= MIN_UNIT_SCORE)
    .sort((a, b) => b.score - a.score);
  const distinct = removeDuplicateMeanings(candidates);
  const isAmbiguous = distinct.filter(({ isFolded }) => isFolded).length > 1;
  return distinct.map(({ isFolded, ...suggestion }) => ({
    ...suggestion,
    score: isFolded && isAmbiguous ? AMBIGUOUS_SCORE : roundScore(suggestion.score),
  }));
}
