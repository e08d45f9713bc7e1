import type { CriterionTrace } from '../assessment.ts';
import { addDays } from '../calendar-days.ts';
import { selectCircumstances } from '../counts/specimen-collections.ts';
import type { CriteriaSet } from '../criteria/criteria-set.ts';
import type { BloodCount, Situation, UsableCount } from '../criteria/situation.ts';
import { indexTransfusions, type TransfusionIndex } from '../criteria/transfusion-index.ts';
import { type GivenInfusion, listGivenInfusions } from '../dosing/given-infusions.ts';
import type { DeathFact, Fact, LabFact, PersonFact, Source, Subject } from '../facts.ts';
import type { Protocol } from '../protocol.ts';
import { rememberByMembers } from '../remember-by-members.ts';
import { formatSourceKey } from '../source-key.ts';
import { findCensoring, type SubjectCensoring } from './censoring.ts';
import { type ConfounderIndex, indexConfounders } from './confounding.ts';
import { isBeforeFirstInfusion, readAsMeasured, selectBaseline } from './select-counts.ts';
import { listCountsBefore, listResultsWithoutValue, listUsableCounts } from './usable-counts.ts';

/** One subject's course through the study, as the assessment rules need it. */
export interface ClinicalCourse {
  readonly subject: Subject;
  readonly protocol: Protocol;
  readonly criteria: ReadonlyMap<string, CriteriaSet>;
  readonly today: string;
  /** Site-local day of the first given infusion. */
  readonly dayZero: string;
  readonly infusions: readonly GivenInfusion[];
  /** Last day of life; null while alive. Of a partial date, its last day. */
  readonly deathDay: string | null;
  /** Whether no further count can come: the subject is dead, off study, or censored. */
  readonly hasEnded: boolean;
  /** The event that ended the observation of the study's product; null where none did. */
  readonly censoring: SubjectCensoring | null;
  /** Usable counts up to the day of assessment, earliest first. */
  readonly counts: readonly UsableCount[];
  readonly resultsWithoutValue: readonly LabFact[];
  /** For assessing severity, and what a count was before: a confounded count is an upper limit. */
  readonly severityBaseline: BloodCount;
  /** For assessing changes: a confounded count that is used is taken as measured, and flagged. */
  readonly baseline: BloodCount;
  readonly person: PersonFact | null;
  /** What every blood count of the subject is evaluated with; the same object as long as nothing of it changes. */
  readonly situation: SubjectSituation;
  readonly transfusions: TransfusionIndex;
  /** Everything known of the days up to `today`. */
  readonly facts: readonly Fact[];
  /** What of it is no laboratory statement. */
  readonly circumstances: readonly Fact[];
}

/** Selects the facts known on a day: those that had begun by then. A fact dated later is not yet true. */
export function selectFactsKnownOn(facts: readonly Fact[], today: string): readonly Fact[] {
  return facts.filter((fact) => fact.kind === 'person' || fact.at.earliestDay <= today);
}

function selectKnownSex(person: PersonFact): 'male' | 'female' | null {
  return person.sex === 'male' || person.sex === 'female' ? person.sex : null;
}

/** Resolves the person, with the sex that all statements agree on; without a sex where two of them differ. */
function resolvePersonFact(facts: readonly Fact[]): PersonFact | null {
  const persons = facts.filter((fact) => fact.kind === 'person');
  const first = persons.find((person) => selectKnownSex(person) !== null) ?? persons[0];
  if (first === undefined) return null;
  const sexes = new Set(persons.map(selectKnownSex).filter((sex) => sex !== null));
  const birthDate = persons.find((person) => person.birthDate !== null)?.birthDate ?? null;
  return { ...first, sex: sexes.size > 1 ? null : first.sex, birthDate };
}

/** Finds the day of death as far as it is known: the earliest statement; null where there is none. */
export function findDeathDay(facts: readonly Fact[]): string | null {
  const deaths = facts.filter((fact): fact is DeathFact => fact.kind === 'death');
  return deaths.map((death) => death.at.latestDay).sort()[0] ?? null;
}

/** Everything by which the blood counts of one subject are evaluated, whichever count it is. */
export type SubjectSituation = Omit<Situation, 'assessed' | 'independentSince'>;

/** Laboratory statements: evidence of a count, and not a circumstance of it. */
const LABORATORY_FACT_KINDS: ReadonlySet<Fact['kind'] | undefined> = new Set([
  'lab',
  'differential',
  'finding',
]);

/** Builds the situation of a subject from the infusion that begins it and everything that it consists of. */
const buildSubjectSituation = rememberByMembers(
  (
    _firstInfusion: readonly Fact[],
    dayZero: string,
    baseline: BloodCount,
    baselineLimits: BloodCount,
    transfusions: TransfusionIndex,
    person: PersonFact | null,
    { independenceDays, dependence }: Protocol,
    _criteria: ReadonlyMap<string, CriteriaSet>,
  ): SubjectSituation => ({
    ...{ dayZero, baseline, baselineLimits, transfusions, person, independenceDays, dependence },
    baselineTraces: new Map(),
  }),
);

const resolvePersonOnce = rememberByMembers(resolvePersonFact);

const readAsMeasuredOnce = rememberByMembers(([baseline]: readonly BloodCount[]) => {
  if (!baseline) throw new Error('A baseline is read as measured where there is none.');
  return readAsMeasured(baseline);
});

/** Selects the baseline of a subject; the first infusion comes first, so that an empty baseline is remembered, too. */
const selectBaselineOnce = rememberByMembers(
  (
    [, ...counts]: readonly (Fact | UsableCount)[],
    from: string,
    to: string,
    ...resultsWithoutValue: readonly LabFact[]
  ): BloodCount => selectBaseline(counts as readonly UsableCount[], resultsWithoutValue, [from, to]),
);

/** Selects the baseline of the days before and on day zero from the results made before the first infusion. */
function buildBaseline(
  labs: readonly LabFact[],
  resultsWithoutValue: readonly LabFact[],
  confounders: ConfounderIndex,
  { fact, day }: GivenInfusion,
  baselineDays: number,
): BloodCount {
  const from = addDays(day, -baselineDays);
  const earlier = labs.filter(
    ({ at }) => at.latestDay >= from && isBeforeFirstInfusion(at, day, fact.at.instant),
  );
  const without = resultsWithoutValue.filter(({ at }) => at.earliestDay >= from && at.latestDay <= day);
  return selectBaselineOnce([fact, ...listCountsBefore(earlier, confounders)], from, day, ...without);
}

/** Builds the subject's course as known on `today`; null before the first infusion, when nothing can be assessed. */
export function buildClinicalCourse(
  subject: Subject,
  allFacts: readonly Fact[],
  protocol: Protocol,
  criteria: ReadonlyMap<string, CriteriaSet>,
  today: string,
): ClinicalCourse | null {
  const facts = selectFactsKnownOn(allFacts, today);
  const labs = facts.filter((fact) => fact.kind === 'lab');
  const circumstances = selectCircumstances(facts);
  const infusions = listGivenInfusions(circumstances);
  const first = infusions[0];
  if (first === undefined) return null;
  const deathDay = findDeathDay(circumstances);
  const confounders = indexConfounders(circumstances, protocol);
  const resultsWithoutValue = listResultsWithoutValue(labs);
  const baselineLimits = buildBaseline(labs, resultsWithoutValue, confounders, first, protocol.baselineDays);
  const baseline = readAsMeasuredOnce([baselineLimits]);
  const censoring = findCensoring(circumstances, protocol, first.day);
  const ends = [deathDay, censoring?.day ?? null].filter((day) => day !== null).sort();
  const transfusions = indexTransfusions(circumstances);
  const person = resolvePersonOnce(circumstances.filter((fact) => fact.kind === 'person'));
  return {
    ...{ subject, protocol, criteria, today, dayZero: first.day, infusions, deathDay, censoring },
    hasEnded: deathDay !== null || censoring !== null || subject.status !== 'on-study',
    counts: listUsableCounts(labs, confounders).filter(({ day }) => ends[0] === undefined || day <= ends[0]),
    ...{
      resultsWithoutValue,
      severityBaseline: baselineLimits,
      baseline,
      transfusions,
      person,
      facts,
      circumstances,
    },
    situation: buildSubjectSituation(
      [first.fact],
      ...([first.day, baseline, baselineLimits, transfusions, person, protocol, criteria] as const),
    ),
  };
}

/**
 * Builds the situation in which a criterion is evaluated for these counts; `independentSince` is the day of the count that
 * they are to confirm.
 */
export function buildSituation(
  course: ClinicalCourse,
  assessed: BloodCount,
  independentSince: string | null = null,
): Situation {
  return { ...course.situation, assessed, independentSince };
}

/** An input's sources, with whether they state a laboratory result. */
interface UsedSource {
  readonly source: Source;
  readonly isLaboratory: boolean;
}

function collectUsedSources(traces: readonly CriterionTrace[], used: Map<string, UsedSource>): void {
  for (const { inputs, of } of traces) {
    for (const { source, also, stated } of inputs) {
      const isLaboratory = LABORATORY_FACT_KINDS.has(stated?.kind);
      used.set(formatSourceKey(source), { source, isLaboratory });
      for (const other of also ?? []) used.set(formatSourceKey(other), { source: other, isLaboratory });
    }
    collectUsedSources(of, used);
  }
}

/** Splits the sources among the inputs of traces into laboratory results and all others, each listed once. */
export function splitSourcesByKind(traces: readonly CriterionTrace[]): {
  readonly evidence: readonly Source[];
  readonly supporting: readonly Source[];
} {
  const used = new Map<string, UsedSource>();
  collectUsedSources(traces, used);
  const listSources = (isLaboratory: boolean) =>
    [...used.values()].filter((one) => one.isLaboratory === isLaboratory).map(({ source }) => source);
  return { evidence: listSources(true), supporting: listSources(false) };
}
