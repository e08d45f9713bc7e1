import type { ConceptMap } from '../codes/concept-map.ts';
import { normaliseUnit } from '../codes/normalise-unit.ts';
import { computeSimilarity } from './string-similarity.ts';
import type { Suggestion } from './suggestion.ts';

/** Ways of writing that laboratories mix, as one; digits stay as they are. */
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

/** A unit's spelling without what laboratories write differently. Not for mapping: it folds case and so `m` and `M`. */
export function foldUnit(text: string): string {
  return SPELLING_FOLDS.reduce(
    (said, [what, by]) => said.replace(what, by),
    normaliseUnit(text).toLowerCase(),
  );
}

const listNumbers = (text: string): string => (text.match(/\d+/g) ?? []).join(' ');

/** Two spellings that fold to one are most likely one; others as far as they are alike. */
const FOLDED_SCORE = 0.95;
const AMBIGUOUS_SCORE = 0.5;
const SIMILARITY_WEIGHT = 0.8;
const MIN_UNIT_SCORE = 0.4;

interface UnitSpelling {
  readonly spelling: string;
  readonly target: string;
  readonly factor: string | undefined;
}

function listUnitSpellings(map: ConceptMap): UnitSpelling[] {
  return map.groups.flatMap((g) =>
    g.elements.flatMap(({ code, targets: [target] }) =>
      target?.code
        ? [
            {
              spelling: code,
              target: target.code,
              factor: target.product.find((p) => p.name === 'factor')?.value,
            },
          ]
        : [],
    ),
  );
}

/** 0 where the numbers differ: `10*6/L` is one character from `10*9/L` and a thousandth of it. */
function scoreSpelling(sent: string, spelling: string): number {
  const [a, b] = [foldUnit(sent), foldUnit(spelling)];
  if (a === b) return FOLDED_SCORE;
  if (listNumbers(a) !== listNumbers(b)) return 0;
  return SIMILARITY_WEIGHT * computeSimilarity(a, b);
}

const roundScore = (score: number): number => Math.round(score * 100) / 100;

function buildUnitSuggestion(spelling: string, quantity: string, row: UnitSpelling): Suggestion {
  const score = scoreSpelling(spelling, row.spelling);
  return {
    vocabulary: quantity,
    target: row.target,
    score,
    why: score === FOLDED_SCORE ? `is ${row.spelling}, written differently` : `looks like ${row.spelling}`,
    product: row.factor === undefined ? [] : [{ name: 'factor', value: row.factor }],
  };
}

/**
 * UCUM units that a spelling may mean for a quantity, best first: by the spellings of its map, with what laboratories
 * write differently folded away, else by edit distance. Where a folded spelling stands for several units (`m/uL`, `M/uL`)
 * each is suggested, none with confidence. `cell-dose` looks in both dose maps. Empty where nothing is near.
 */
export function suggestUnits(
  maps: readonly ConceptMap[],
  quantity: string,
  spelling: string,
): readonly Suggestion[] {
  const all = maps
    .filter((m) => m.quantity === quantity || m.quantity?.startsWith(`${quantity}-`))
    .flatMap((map) =>
      listUnitSpellings(map).map((row) => buildUnitSuggestion(spelling, map.quantity ?? '', row)),
    )
    .filter(({ score }) => score >= MIN_UNIT_SCORE)
    .sort((a, b) => b.score - a.score);
  const keyOf = (s: Suggestion): string => `${s.vocabulary} ${s.target} ${s.product[0]?.value ?? ''}`;
  const found = all.filter((s, i) => all.findIndex((other) => keyOf(other) === keyOf(s)) === i);
  const certain = found.filter((s) => s.score === FOLDED_SCORE).length;
  return found.map((s) => ({
    ...s,
    score: certain > 1 && s.score === FOLDED_SCORE ? AMBIGUOUS_SCORE : roundScore(s.score),
  }));
}
