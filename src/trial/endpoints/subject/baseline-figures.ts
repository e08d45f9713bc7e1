import { Decimal } from 'decimal.js';
import type { Verdict } from '../../assessment.ts';
import { addDays, listPossibleAges, resolveDay } from '../../calendar-days.ts';
import type { BloodProduct } from '../../criteria/criteria-set.ts';
import { evaluateDependence } from '../../criteria/transfusion-criteria.ts';
import type { Analyte, Fact, PersonFact } from '../../facts.ts';
import type { Protocol } from '../../protocol.ts';
import { buildSituation, type ClinicalCourse } from '../../visits/clinical-course.ts';
import { findTransplantConditionedBy } from '../../visits/conditioning.ts';

/** The blood products on which a subject may depend. */
export const BLOOD_PRODUCTS: readonly BloodProduct[] = ['red-cells', 'platelets'];

/** A subject before the first infusion. */
export interface BaselineFigures {
  /** Whole years on the day of the first infusion; null where the birth date leaves two, or is not known. */
  readonly age: number | null;
  /** The group of the protocol's `ageGroups`, such as `18-39`; `unknown` where the birth date leaves it open. */
  readonly ageGroup: string;
  /** `unknown` where it was not sent, or two statements differ. */
  readonly sex: 'male' | 'female' | 'other' | 'unknown';
  /** The baseline counts as measured, in the trial's units; an analyte without one is absent. */
  readonly counts: Readonly<Partial<Record<Analyte, number>>>;
  /** Counts that are a limit of the laboratory, such as <5: `counts` has the limit. */
  readonly atLimit: readonly Analyte[];
  /** Counts that a transfusion or drug can have raised. */
  readonly confounded: readonly Analyte[];
  /** Agents of earlier treatment, in order of their names. */
  readonly previousAgents: readonly string[];
  /** Whether the subject depended on the product before the first infusion, by the protocol's `dependence`. */
  readonly dependent: Readonly<Record<BloodProduct, Verdict>>;
}

/** Lists the names of the protocol's age groups, youngest first: `0-17`, `18-39`, `40+`. */
export function listAgeGroups(cuts: readonly number[]): readonly string[] {
  const [first = 0, ...rest] = cuts;
  const middle = rest.map((next, i) => `${cuts[i]}-${next - 1}`);
  return [`0-${first - 1}`, ...middle, `${cuts.at(-1)}+`];
}

function findAgeGroup(ages: readonly number[] | null, cuts: readonly number[]): string {
  const names = listAgeGroups(cuts);
  const groups = new Set((ages ?? []).map((age) => names[cuts.filter((cut) => age >= cut).length]));
  const [only] = groups;
  return groups.size === 1 && only !== undefined ? only : 'unknown';
}

function listPreviousAgents({ facts, dayZero }: ClinicalCourse, protocol: Protocol): readonly string[] {
  const { conditioningDays } = protocol.censoring;
  const agents = facts.flatMap((fact) => {
    if (fact.kind !== 'medication' || fact.role === 'anti-infective') return [];
    if ((resolveDay(fact.at) ?? fact.at.latestDay) >= dayZero) return [];
    return findTransplantConditionedBy(fact, facts, conditioningDays) === null ? [fact.agent] : [];
  });
  return [...new Set(agents)].sort();
}

/** The earliest day that any statement but the person's data is about; nothing is known of days before it. */
export function findRecordStart(facts: readonly Fact[]): string | null {
  const days = facts.filter(({ kind }) => kind !== 'person').map(({ at }) => at.earliestDay);
  return days.reduce<string | null>((first, day) => (first === null || day < first ? day : first), null);
}

/**
 * Derives the dependence on a product before the first infusion as the criteria do: a transfusion that no EHR has sent
 * counts as not given, unless the record begins within the protocol's days; then it is unknown.
 */
function deriveDependence(course: ClinicalCourse, product: BloodProduct): Verdict {
  const { dayZero, facts, protocol, baseline } = course;
  const { verdict } = evaluateDependence({ components: [product] }, buildSituation(course, baseline));
  const start = findRecordStart(facts);
  const isRecorded = start !== null && start <= addDays(dayZero, -protocol.dependence[product].days);
  return verdict === 'false' && !isRecorded ? 'unknown' : verdict;
}

function selectSex(person: PersonFact | null): BaselineFigures['sex'] {
  return person?.sex ?? 'unknown';
}

/** Derives a subject's baseline from their course: the counts are those that the assessment uses as baseline. */
export function deriveBaselineFigures(course: ClinicalCourse): BaselineFigures {
  const { person, dayZero, protocol, baseline } = course;
  const ages = listPossibleAges(person?.birthDate ?? null, dayZero);
  const settled = [...baseline.counts].filter(([, { measured }]) => measured.upTo === undefined);
  const dependent = BLOOD_PRODUCTS.map((product) => [product, deriveDependence(course, product)] as const);
  return {
    age: ages?.length === 1 ? (ages[0] ?? null) : null,
    ageGroup: findAgeGroup(ages, protocol.analysis.ageGroups),
    sex: selectSex(person),
    counts: Object.fromEntries(
      settled.map(([analyte, { measured }]) => [analyte, new Decimal(measured.value).toNumber()]),
    ),
    atLimit: settled.filter(([, { measured }]) => measured.comparator !== null).map(([analyte]) => analyte),
    confounded: settled.filter(([, count]) => count.confounders.length > 0).map(([analyte]) => analyte),
    previousAgents: listPreviousAgents(course, protocol),
    dependent: Object.fromEntries(dependent) as BaselineFigures['dependent'],
  };
}
