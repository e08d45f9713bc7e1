import { addCalendarDays } from './calendar.ts';
import { createRandom, type Random } from './seeded-random.ts';

export type CohortSite = 'site-1' | 'site-2' | 'site-3' | 'site-4' | 'site-5' | 'site-6' | 'site-7';

/** Day on which a lineage first responds, counted from the first infusion; null where it does not. */
interface LineageOnsets {
  readonly erythroid: number | null;
  readonly neutrophil: number | null;
  readonly platelet: number | null;
}

/** The planned course of one subject, before the counts are simulated. */
export interface SubjectPlan {
  readonly subject: string;
  readonly site: CohortSite;
  readonly outcome: 'CR' | 'PR' | 'NR';
  readonly severity: 'SAA' | 'VSAA' | 'NSAA';
  readonly onset: LineageOnsets;
  /** Day on which the counts fall back to their baseline; null where the response lasts. */
  readonly relapseDay: number | null;
  /** A response at one month is followed by four more infusions. */
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
  /** A deviation of the infusions: the third was not given, or the dose of the fourth was too high. */
  readonly mishap: 'third-missed' | 'fourth-too-large' | null;
  /** The subject whose response depends on one platelet count, which the laboratory corrects. */
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
  hasSecondCourse: boolean,
  lastDay: number,
): PlanRow {
  return { site, outcome, severity, days, hasSecondCourse, lastDay };
}

/**
 * The 21 responders. The publication reports counts, medians and ranges; the individual days are invented to match them:
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
/** Two of the non-responders who are alive, by row. */
const INFUSION_MISHAPS: Readonly<Record<number, SubjectPlan['mishap']>> = {
  40: 'third-missed',
  50: 'fourth-too-large',
};

/** Last contacts of the non-responders: deaths first. With the responders, the median follow-up is 17 months. */
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

/** Plans the 74 subjects, numbered in the order of their first infusions. */
export function planStudy(seed: number): readonly SubjectPlan[] {
  const random = createRandom(seed, 'plan');
  const rows = [...RESPONDERS, ...drawNonResponders(random)];
  const traits = drawTraits(rows, random);
  const plans = rows.map((row, i) => createSubjectPlan(row, i, traits, random));
  return plans
    .sort((a, b) => (a.dayZero < b.dayZero ? -1 : a.dayZero > b.dayZero ? 1 : 0))
    .map((plan, i) => ({ ...plan, subject: `MSC-${String(i + 1).padStart(3, '0')}` }));
}

function drawNonResponders(random: Random): PlanRow[] {
  const places = Object.entries(SITE_SIZES).flatMap(([site, size]) => {
    const responders = RESPONDERS.filter((row) => row.site === site).length;
    return Array.from({ length: size - responders }, () => site as CohortSite);
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

/**
 * Draws the rows with antithymocyte globulin (14 of 21 responders, 16 of 53 others), with infections (2 and 24), and
 * with headache and fever (3 and 4).
 */
function drawTraits(rows: readonly PlanRow[], random: Random): TraitDraw {
  const indexes = rows.map((_, i) => i);
  const drawRows = (responderCount: number, otherCount: number) => {
    const responders = random.shuffle(indexes.slice(0, RESPONDERS.length)).slice(0, responderCount);
    const others = random.shuffle(indexes.slice(RESPONDERS.length)).slice(0, otherCount);
    return new Set([...responders, ...others]);
  };
  return { atg: drawRows(14, 16), infection: drawRows(2, 24), events: drawRows(3, 4) };
}

function createSubjectPlan(row: PlanRow, i: number, traits: TraitDraw, random: Random): UnnumberedPlan {
  const [erythroid, neutrophil, platelet] = row.days;
  const isCorrectionSubject = i === CORRECTION_ROW;
  return {
    site: row.site,
    outcome: row.outcome,
    severity: row.severity,
    onset: { erythroid, neutrophil, platelet },
    relapseDay: isCorrectionSubject ? RELAPSE_DAY : null,
    hasSecondCourse: row.hasSecondCourse,
    lastDay: row.lastDay,
    hasDied: i === DECEASED_RESPONDER_ROW || (row.outcome === 'NR' && DEATH_DAYS.includes(row.lastDay)),
    hasPreviousAtg: traits.atg.has(i),
    hasInfection: traits.infection.has(i),
    hasHeadacheAndFever: traits.events.has(i),
    sex: random.chance(0.55) ? 'male' : 'female',
    birthYear: random.integer(1950, 1994),
    dayZero: addCalendarDays('2013-04-02', random.integer(0, 620)),
    mishap: INFUSION_MISHAPS[i] ?? null,
    isCorrectionSubject,
  };
}
