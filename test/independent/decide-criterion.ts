import { formatCourseDay, listDays } from './course.ts';
import { decideDependence, decideFewerUnits, decideIndependence } from './decide-transfusions.ts';
import { compareRange, isZero, multiplyRangeBy, readScaled, subtractFromRange } from './range.ts';
import { findRawSet, type RawCriteriaSet, type RawCriterion } from './raw-rules.ts';
import type { Scene } from './scene.ts';
import { readLimits } from './seen-counts.ts';
import { countAtLeast, invertTruth, isTrueForAll, isTrueForAny, mergeWorlds, type Truth } from './truth.ts';

/** Independence before treatment is that of the day of the first infusion. */
const BASELINE_DAY = 0;

/** Decides a criterion of a set. */
export function decideCriterion(scene: Scene, set: RawCriteriaSet, criterion: RawCriterion): Truth {
  const decide = (part: RawCriterion) => decideCriterion(scene, set, part);
  if (criterion.all) return isTrueForAll(criterion.all.map(decide));
  if (criterion.any) return isTrueForAny(criterion.any.map(decide));
  if (criterion.of) return countAtLeast(criterion.atLeast ?? 0, criterion.of.map(decide));
  if (criterion.not) return invertTruth(decide(criterion.not));
  if (criterion.ref !== undefined) return decideReference(scene, set, criterion.ref);
  if (criterion.atBaseline)
    return decideCriterion(
      {
        ...scene,
        counts: scene.baseline,
        transfusionDays: [BASELINE_DAY],
        independentFrom: null,
      },
      set,
      criterion.atBaseline,
    );
  return decideLeaf(scene, criterion);
}

function decideReference(scene: Scene, set: RawCriteriaSet, ref: string): Truth {
  const [name = '', setId = set.id] = ref.split('#').reverse();
  const home = findRawSet(scene.rules, setId);
  const definition = home.definitions?.[name];
  if (definition === undefined) throw new Error(`no definition ${ref}`);
  return decideCriterion(scene, home, definition);
}

function decideLeaf(scene: Scene, criterion: RawCriterion): Truth {
  const onEachDay = (decide: (day: number) => Truth) => mergeWorlds(scene.transfusionDays.map(decide));
  if (criterion.count) return decideCount(scene, criterion);
  if (criterion.change) return decideChange(scene, criterion);
  if (criterion.normalHemoglobin) return decideNormal(scene, criterion);
  if (criterion.transfusionIndependent) return onEachDay((day) => decideIndependence(scene, criterion, day));
  if (criterion.transfusionDependent) return decideDependence(scene, criterion.transfusionDependent);
  if (criterion.fewerUnits) return onEachDay((day) => decideFewerUnits(scene, criterion, day));
  throw new Error(`not a criterion: ${JSON.stringify(criterion)}`);
}

function decideCount({ counts }: Scene, { count, op = '>', value, valueByMethod }: RawCriterion): Truth {
  const seen = count && counts[count];
  if (!seen) return null;
  const method = seen.method === 'derived' ? 'unspecified' : seen.method;
  const limit = value ?? valueByMethod?.[method];
  return limit === undefined ? null : compareRange(readLimits(seen), op, readScaled(limit));
}

/** The baseline is taken as measured where a rise is asked, and as an upper limit where a fall is asked. */
function decideChange({ counts, baseline }: Scene, { change, op = '>', by, byFactor }: RawCriterion): Truth {
  const now = change && counts[change];
  const before = change && baseline[change];
  if (!now || !before) return null;
  const from = op.startsWith('>') ? before.range : readLimits(before);
  if (by !== undefined) return compareRange(subtractFromRange(readLimits(now), from), op, readScaled(by));
  if (isZero(from)) return null;
  const multiple = multiplyRangeBy(from, readScaled(byFactor ?? '1'));
  return compareRange(subtractFromRange(readLimits(now), multiple), op, 0n);
}

/** The ages in whole years that a birth date, which may be partial, allows on a day. */
function listAges(birthDate: string | null, day: string): readonly number[] {
  if (birthDate === null) return Array.from({ length: 100 }, (_, age) => age);
  const earliest = `${birthDate}-01-01`.slice(0, 10);
  const latest = `${birthDate}-12-31`.slice(0, 10);
  const age = (born: string) =>
    Number(day.slice(0, 4)) - Number(born.slice(0, 4)) - (day.slice(5) < born.slice(5) ? 1 : 0);
  return [...new Set([age(earliest), age(latest)])];
}

function decideNormal({ course, counts }: Scene, { normalHemoglobin = [] }: RawCriterion): Truth {
  const seen = counts.hemoglobin;
  if (!seen) return null;
  const days = listDays(seen).map((day) => formatCourseDay(course, day));
  const ages = new Set(days.flatMap((day) => listAges(course.birthDate, day)));
  const decideBy = (sex: string | null, age: number): Truth => {
    const rows = normalHemoglobin.filter((row) => row.sex === sex && row.fromAge <= age);
    const row = rows.sort((a, b) => b.fromAge - a.fromAge)[0];
    return row ? compareRange(readLimits(seen), '>=', readScaled(row.value)) : null;
  };
  const sexes = [...new Set(normalHemoglobin.map((row) => row.sex))];
  const isSexKnown = sexes.some((sex) => sex === course.sex);
  const worlds = [...ages].map((age) =>
    isSexKnown
      ? decideBy(course.sex, age)
      : isTrueForAll([isTrueForAny(sexes.map((sex) => decideBy(sex, age))), null]),
  );
  return mergeWorlds(worlds);
}
