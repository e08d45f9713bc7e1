import type { ConceptMap, MapAttribute } from '../codes/concept-map.ts';
import { type ParsedUnitSpelling, parseUnitSpelling } from './parse-unit-spelling.ts';
import type { Suggestion } from './suggestion.ts';

/** Another spelling of a listed unit. */
const SAME_UNIT_SCORE = 0.95;
/** A listed unit with another power of ten. */
const SCALED_UNIT_SCORE = 0.9;

/** No laboratory counts in larger powers of ten. */
const MAX_POWER = 15;

/** A spelling of a unit map, taken apart. */
export interface UnitSpelling {
  readonly quantity: string;
  readonly spelling: string;
  readonly target: string;
  readonly parsed: ParsedUnitSpelling;
  readonly product: readonly MapAttribute[];
}

/** Lists the spellings of the unit maps, taken apart once for all questions. */
export function listUnitSpellings(maps: readonly ConceptMap[]): readonly UnitSpelling[] {
  return maps.flatMap(({ quantity, groups }) =>
    groups
      .flatMap(({ elements }) => elements)
      .flatMap(({ code, targets: [target] }) => {
        if (!target?.code) return [];
        const product = target.product.filter(({ name }) => name === 'factor');
        const parsed = parseUnitSpelling(code);
        return [{ quantity: quantity ?? '', spelling: code, target: target.code, parsed, product }];
      }),
  );
}

const isSameUnit = (a: ParsedUnitSpelling, b: ParsedUnitSpelling): boolean =>
  a.measured === b.measured && a.per === b.per;

/** Changes the power of ten of a UCUM code (`10*3/uL`); null if the code does not have the power that its spelling states. */
function deriveScaledUnit({ target, parsed, product }: UnitSpelling, power: number): string | null {
  const [, exponent = '0', rest = ''] = /^(?:10\*(\d+)\.?)?(.*)$/.exec(target) ?? [];
  if (product.length > 0 || Number(exponent) !== parsed.power || power > MAX_POWER) return null;
  return `10*${power}${rest.startsWith('{') ? '.' : ''}${rest}`;
}

function buildSuggestion(sent: ParsedUnitSpelling, known: UnitSpelling): Suggestion | null {
  const { quantity: vocabulary, product, spelling } = known;
  if (sent.power === known.parsed.power)
    return {
      ...{ vocabulary, product, target: known.target, score: SAME_UNIT_SCORE },
      why: `is another spelling of ${spelling}`,
    };
  const target = sent.power === 0 ? null : deriveScaledUnit(known, sent.power);
  return target === null
    ? null
    : { vocabulary, product, target, score: SCALED_UNIT_SCORE, why: `is a multiple of ${spelling}` };
}

const formatMeaning = ({ vocabulary, target, product }: Suggestion): string =>
  `${vocabulary} ${target} ${product[0]?.value ?? ''}`;

/**
 * Suggests the UCUM unit that a spelling means for a quantity. The spelling is taken apart and compared with those of the
 * quantity's unit map: everything but its power of ten must be the same, and the unit suggested has its power of ten,
 * exactly. Empty if the spelling is not understood as a whole, or if the map gives it two meanings: a unit that is merely
 * similar may be off by a power of ten. `cell-dose` searches both dose maps.
 */
export function suggestUnits(
  known: readonly UnitSpelling[],
  quantity: string,
  spelling: string,
): readonly Suggestion[] {
  const sent = parseUnitSpelling(spelling);
  const suggestions = known
    .filter((one) => one.quantity === quantity || one.quantity.startsWith(`${quantity}-`))
    .filter(({ parsed }) => isSameUnit(sent, parsed))
    .flatMap((one) => buildSuggestion(sent, one) ?? [])
    .sort((a, b) => b.score - a.score);
  const [first] = suggestions;
  const best = suggestions.filter(({ score }) => score === first?.score);
  return new Set(best.map(formatMeaning)).size === 1 ? best.slice(0, 1) : [];
}
