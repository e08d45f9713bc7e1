import { listDays, type Transfusion } from './course.ts';
import {
  addRanges,
  compareRange,
  joinRanges,
  NOTHING,
  negateRange,
  type Range,
  readScaled,
} from './range.ts';
import type { RawCriterion, RawProduct } from './raw-rules.ts';
import type { Scene } from './scene.ts';
import { invertTruth, isTrueForAny, mergeWorlds, type Truth } from './truth.ts';

/** What a transfusion was in one of the worlds that are possible: its day and product. */
interface World {
  readonly day: number;
  readonly product: RawProduct;
}

/** The last day before the first infusion. */
const DAY_BEFORE_START = -1;

/** Every day that the date can mean, with every product that the code can mean. */
function listWorlds(given: Transfusion): readonly World[] {
  const products: readonly RawProduct[] =
    given.product === 'any' ? ['red-cells', 'platelets'] : [given.product];
  return products.flatMap((product) => listDays(given).map((day) => ({ day, product })));
}

const isWithin = (day: number, from: number, to: number): boolean => day >= from && day <= to;

/** Whether the transfusion was one of these products and on one of these days. */
function decideGiven(
  given: Transfusion,
  products: readonly RawProduct[],
  from: (product: RawProduct) => number,
  to: number,
): Truth {
  const isIn = (day: number, product: RawProduct) =>
    products.includes(product) && isWithin(day, from(product), to);
  return mergeWorlds(listWorlds(given).map(({ day, product }) => isIn(day, product)));
}

/** No transfusion in the days up to this one; with `independentFrom`, in none from that day on either. */
export function decideIndependence(
  { course, rules, independentFrom }: Scene,
  { transfusionIndependent: products = [], days, afterStart }: RawCriterion,
  day: number,
): Truth {
  const findFirst = (product: RawProduct) => day - (days ?? rules.protocol.independenceDays[product]) + 1;
  if (afterStart && products.some((product) => findFirst(product) <= 0)) return false;
  const from = (product: RawProduct) =>
    Math.min(findFirst(product), independentFrom ?? Number.POSITIVE_INFINITY);
  return invertTruth(
    isTrueForAny(course.transfusions.map((given) => decideGiven(given, products, from, day))),
  );
}

/** At least the units of `dependence` of one of the products before the first infusion. */
export function decideDependence({ course, rules }: Scene, products: readonly RawProduct[]): Truth {
  return isTrueForAny(
    products.map((product) => {
      const { units, days } = rules.protocol.dependence[product];
      const sums = course.transfusions.map((given) =>
        joinRanges(
          listWorlds(given).map((world) =>
            world.product === product && isWithin(world.day, DAY_BEFORE_START - days + 1, DAY_BEFORE_START)
              ? given.units
              : NOTHING,
          ),
        ),
      );
      return compareRange(sums.reduce(addRanges, NOTHING), '>=', readScaled(units));
    }),
  );
}

/** So many units fewer in the days up to this one, which lie after day 0, than in as many before the first infusion. */
export function decideFewerUnits(
  { course }: Scene,
  { fewerUnits, units = '0', days = 0 }: RawCriterion,
  day: number,
): Truth {
  if (day - days + 1 <= 0) return false;
  const readSaved = (given: Transfusion, world: World): Range => {
    if (world.product !== fewerUnits) return NOTHING;
    if (isWithin(world.day, DAY_BEFORE_START - days + 1, DAY_BEFORE_START)) return given.units;
    return isWithin(world.day, day - days + 1, day) ? negateRange(given.units) : NOTHING;
  };
  const saved = course.transfusions.map((given) =>
    joinRanges(listWorlds(given).map((world) => readSaved(given, world))),
  );
  return compareRange(saved.reduce(addRanges, NOTHING), '>=', readScaled(units));
}
