import { addCalendarDays } from './calendar.ts';
import { createRandom, type Random } from './seeded-random.ts';

export type CohortSite = 'site-1' | 'site-2' | 'site-3' | 'site-4' | 'site-5' | 'site-6' | 'site-7';

/** Day on which a cell line first answers, counted from the first infusion; null where it never does. */
export interface LineageOnsets {
  readonly erythroid: number | null;
  readonly neutrophil: number | null;
  readonly platelet: number | null;
}

/** What is to happen to one subject, before chance fills in the counts. */
export interface SubjectPlan {
  readonly subject: string;
  readonly site: CohortSite;
  readonly outcome: 'CR' | 'PR' | 'NR';
  readonly severity: 'SAA' | 'VSAA' | 'NSAA';
  readonly onset: LineageOnsets;
  /** Day on which counts fall back to where they were; null where they hold. */
  readonly relapseDay: number | null;
  /** The doctor sees an answer at one month and gives four more infusions. */
  readonly hasSecondCourse: boolean;
  /** Last contact, in days after the first infusion. */
  readonly lastDay: number;
  readonly hasDied: boolean;
  readonly hasPreviousAtg: boolean;
  readonly hasInfection: boolean;
  readonly hasHeadacheAndFever: boolean;
  readonly sex: 'male' | 'female';
  readonly birthYear: number;
  /** Calendar day of the first infusion at the site. */
  readonly dayZero: string;
  /** What went wrong with the infusions: the third not given, or the fourth too large. */
  readonly mishap: 'third-missed' | 'fourth-too-large' | null;
  /** The subject whose response hangs on one platelet count, which the laboratory will correct. */
  readonly isCorrectionSubject: boolean;
}

type PlanRow = Pick<SubjectPlan, 'site' | 'outcome' | 'severity' | 'hasSecondCourse' | 'lastDay'> & {
  readonly days: readonly [erythroid: number | null, neutrophil: number | null, platelet: number | null];
};

function createPlanRow(
  site: CohortSite,
  outcome: PlanRow['outcome'],
  severity: PlanRow['severity'],
  days: PlanRow['days'],
  secondCourse: boolean,
  lastDay: number,
): PlanRow {
  return { site, outcome, severity, days, hasSecondCourse: secondCourse, lastDay };
}

/**
 * The 21 who answer. The publication gives counts, medians and ranges; who had which is made up so that they come out:
 * erythroid 19 subjects, median 17 (12-25); neutrophil 17, median 19 (11-29); platelet 17, median 31 (26-84).
 */
const RESPONDERS: readonly PlanRow[] = [
  createPlanRow('site-1', 'CR', 'SAA', [12, 11, 26], true, 731),
  createPlanRow('site-4', 'CR', 'SAA', [15, 14, 28], true, 518),
  createPlanRow('site-6', 'CR', 'VSAA', [17, 18, 31], true, 690),
  createPlanRow('site-2', 'CR', 'NSAA', [13, 13, 27], true, 905),
  createPlanRow('site-7', 'CR', 'NSAA', [14, 16, 29], true, 461),
  createPlanRow('site-1', 'PR', 'SAA', [16, 18, 30], true, 412),
  createPlanRow('site-3', 'PR', 'SAA', [18, 19, 33], true, 590),
  createPlanRow('site-5', 'PR', 'SAA', [14, 17, 29], true, 425),
  createPlanRow('site-6', 'PR', 'SAA', [19, 20, 36], true, 437),
  createPlanRow('site-7', 'PR', 'SAA', [17, 21, 40], true, 655),
  createPlanRow('site-2', 'PR', 'SAA', [20, 22, 61], false, 623),
  createPlanRow('site-4', 'PR', 'SAA', [21, 23, 56], false, 448),
  createPlanRow('site-5', 'PR', 'SAA', [25, null, 84], false, 782),
  createPlanRow('site-1', 'PR', 'SAA', [22, null, 49], false, 470),
  createPlanRow('site-3', 'PR', 'NSAA', [15, 25, 30], true, 483),
  createPlanRow('site-6', 'PR', 'NSAA', [23, 26, null], true, 541),
  createPlanRow('site-2', 'PR', 'NSAA', [24, null, null], false, 495),
  createPlanRow('site-5', 'PR', 'NSAA', [null, 27, null], true, 840),
  createPlanRow('site-4', 'PR', 'NSAA', [null, 29, 28], true, 506),
  createPlanRow('site-7', 'PR', 'NSAA', [16, null, 44], false, 517),
  createPlanRow('site-1', 'PR', 'NSAA', [13, 15, null], true, 566),
];
const CORRECTION_ROW = 10;
const DECEASED_RESPONDER_ROW = 20;
const RELAPSE_DAY = 95;
/** Two of the living who do not answer. */
const INFUSION_MISHAPS: Readonly<Record<number, SubjectPlan['mishap']>> = {
  40: 'third-missed',
  50: 'fourth-too-large',
};

/** Last contacts of those who do not answer: the dead, then the living. With the others, half are below 17 months. */
const DEATH_DAYS = [58, 97, 141, 178, 236, 289, 342, 431];
const LAST_CONTACT_DAYS = [
  ...[203, 318, 371, 380, 388, 396, 402, 410, 419, 428, 436, 444, 455, 463, 472, 480, 489, 499, 509],
  ...Array.from({ length: 26 }, (_, i) => 522 + 14 * i),
];
const SITE_SIZES: Readonly<Record<CohortSite, number>> = {
  'site-1': 11,
  'site-2': 11,
  'site-3': 11,
  'site-4': 11,
  'site-5': 10,
  'site-6': 10,
  'site-7': 10,
};
const SAA_WITHOUT_RESPONSE = 30;
const VSAA_WITHOUT_RESPONSE = 11;

type UnnumberedPlan = Omit<SubjectPlan, 'subject'>;

/** The 74 subjects, numbered in the order in which they had their first infusion. */
export function planStudy(seed: number): readonly SubjectPlan[] {
  const random = createRandom(seed, 'plan');
  const rows = [...RESPONDERS, ...drawNonResponders(random)];
  const marks = drawTraits(rows, random);
  const plans = rows.map((one, i) => createSubjectPlan(one, i, marks, random));
  return plans
    .sort((a, b) => (a.dayZero < b.dayZero ? -1 : a.dayZero > b.dayZero ? 1 : 0))
    .map((plan, i) => ({ ...plan, subject: `MSC-${String(i + 1).padStart(3, '0')}` }));
}

function drawNonResponders(random: Random): PlanRow[] {
  const places = Object.entries(SITE_SIZES).flatMap(([site, size]) => {
    const taken = RESPONDERS.filter((one) => one.site === site).length;
    return Array.from({ length: size - taken }, () => site as CohortSite);
  });
  const sites = random.shuffle(places);
  const severities = random.shuffle(places.map((_, i) => selectSeverity(i)));
  return [...DEATH_DAYS, ...LAST_CONTACT_DAYS].map((lastDay, i) =>
    createPlanRow(sites[i] ?? 'site-1', 'NR', severities[i] ?? 'SAA', [null, null, null], false, lastDay),
  );
}

function selectSeverity(i: number): SubjectPlan['severity'] {
  if (i < SAA_WITHOUT_RESPONSE) return 'SAA';
  return i < SAA_WITHOUT_RESPONSE + VSAA_WITHOUT_RESPONSE ? 'VSAA' : 'NSAA';
}

interface TraitDraw {
  readonly atg: ReadonlySet<number>;
  readonly infection: ReadonlySet<number>;
  readonly events: ReadonlySet<number>;
}

/** Who had antithymocyte globulin (14 of 21 against 16 of 53), infections (2 against 24), headache and fever (3 and 4). */
function drawTraits(rows: readonly PlanRow[], random: Random): TraitDraw {
  const all = rows.map((_, i) => i);
  const some = (yes: number, no: number) => {
    const answering = random.shuffle(all.slice(0, RESPONDERS.length)).slice(0, yes);
    return new Set([...answering, ...random.shuffle(all.slice(RESPONDERS.length)).slice(0, no)]);
  };
  return { atg: some(14, 16), infection: some(2, 24), events: some(3, 4) };
}

function createSubjectPlan(one: PlanRow, i: number, marks: TraitDraw, random: Random): UnnumberedPlan {
  const [erythroid, neutrophil, platelet] = one.days;
  const correction = i === CORRECTION_ROW;
  return {
    site: one.site,
    outcome: one.outcome,
    severity: one.severity,
    onset: { erythroid, neutrophil, platelet },
    relapseDay: correction ? RELAPSE_DAY : null,
    hasSecondCourse: one.hasSecondCourse,
    lastDay: one.lastDay,
    hasDied: i === DECEASED_RESPONDER_ROW || (one.outcome === 'NR' && DEATH_DAYS.includes(one.lastDay)),
    hasPreviousAtg: marks.atg.has(i),
    hasInfection: marks.infection.has(i),
    hasHeadacheAndFever: marks.events.has(i),
    sex: random.chance(0.55) ? 'male' : 'female',
    birthYear: random.integer(1950, 1994),
    dayZero: addCalendarDays('2013-04-02', random.integer(0, 620)),
    mishap: INFUSION_MISHAPS[i] ?? null,
    isCorrectionSubject: correction,
  };
}
