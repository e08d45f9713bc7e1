import { addDays } from '../calendar-days.ts';
import type { CriteriaSet } from '../criteria/criteria-set.ts';
import type { BloodCount, Situation, UsableCount } from '../criteria/situation.ts';
import { indexTransfusions, type TransfusionIndex } from '../criteria/transfusion-index.ts';
import { type GivenInfusion, listGivenInfusions } from '../dosing/given-infusions.ts';
import type { DeathFact, Fact, LabFact, PersonFact, Source, Subject } from '../facts.ts';
import type { Protocol } from '../protocol.ts';
import { formatSourceKey } from '../source-key.ts';
import { findCensoring, type SubjectCensoring } from './censoring.ts';
import { indexConfounders } from './confounding.ts';
import { isBeforeFirstInfusion, readAsMeasured, selectBaseline } from './select-counts.ts';
import { listResultsWithoutValue, listUsableCounts } from './usable-counts.ts';

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
  readonly baselineTraces: Situation['baselineTraces'];
  readonly transfusions: TransfusionIndex;
  readonly person: PersonFact | null;
  /** Everything known of the days up to `today`. */
  readonly facts: readonly Fact[];
  readonly factKinds: ReadonlyMap<Source, Fact['kind']>;
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

/** Lists every source of a fact, and those that contradict it, with the fact's kind. */
function listSourceKinds(fact: Fact): readonly (readonly [Source, Fact['kind']])[] {
  const contradicting = fact.kind === 'lab' ? (fact.contradicted ?? []).map(({ source }) => source) : [];
  return [...fact.sources, ...contradicting].map((source) => [source, fact.kind]);
}

/** Laboratory statements: evidence of a count, and not a circumstance of it. */
const LABORATORY_FACT_KINDS: ReadonlySet<Fact['kind'] | undefined> = new Set([
  'lab',
  'differential',
  'finding',
]);

/** Builds the subject's course as known on `today`; null before the first infusion, when nothing can be assessed. */
export function buildClinicalCourse(
  subject: Subject,
  allFacts: readonly Fact[],
  protocol: Protocol,
  criteria: ReadonlyMap<string, CriteriaSet>,
  today: string,
): ClinicalCourse | null {
  const facts = selectFactsKnownOn(allFacts, today);
  const infusions = listGivenInfusions(facts);
  const first = infusions[0];
  if (first === undefined) return null;
  const deathDay = findDeathDay(facts);
  const confounders = indexConfounders(facts, protocol);
  const firstInstant = first.fact.at.instant;
  const earlier = facts.filter(
    (fact) => fact.kind === 'lab' && isBeforeFirstInfusion(fact, first.day, firstInstant),
  );
  const resultsWithoutValue = listResultsWithoutValue(facts);
  const searchedDays = [addDays(first.day, -protocol.baselineDays), first.day] as const;
  const severityBaseline = selectBaseline(
    listUsableCounts(earlier, confounders),
    resultsWithoutValue,
    searchedDays,
  );
  const censoring = findCensoring(facts, protocol, first.day);
  const ends = [deathDay, censoring?.day ?? null].filter((day) => day !== null).sort();
  return {
    subject,
    protocol,
    criteria,
    today,
    dayZero: first.day,
    infusions,
    deathDay,
    hasEnded: deathDay !== null || censoring !== null || subject.status !== 'on-study',
    censoring,
    counts: listUsableCounts(facts, confounders).filter(({ day }) => ends[0] === undefined || day <= ends[0]),
    resultsWithoutValue,
    severityBaseline,
    baseline: readAsMeasured(severityBaseline),
    baselineTraces: new Map(),
    transfusions: indexTransfusions(facts),
    person: resolvePersonFact(facts),
    facts,
    factKinds: new Map(facts.flatMap(listSourceKinds)),
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
  const { dayZero, baseline, severityBaseline, transfusions, person, protocol, baselineTraces } = course;
  const { independenceDays, dependence } = protocol;
  return {
    dayZero,
    assessed,
    baseline,
    baselineLimits: severityBaseline,
    transfusions,
    person,
    independenceDays,
    dependence,
    independentSince,
    baselineTraces,
  };
}

/** Splits the sources among the inputs of an assessment into laboratory results and all others, each listed once. */
export function splitSourcesByKind(
  sources: readonly Source[],
  kinds: ClinicalCourse['factKinds'],
): { readonly evidence: readonly Source[]; readonly supporting: readonly Source[] } {
  const unique = [...new Map(sources.map((source) => [formatSourceKey(source), source])).values()];
  return {
    evidence: unique.filter((source) => LABORATORY_FACT_KINDS.has(kinds.get(source))),
    supporting: unique.filter((source) => !LABORATORY_FACT_KINDS.has(kinds.get(source))),
  };
}
