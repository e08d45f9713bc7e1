import { findEvaluability } from '../adjudication/evaluability.ts';
import { findPrimaryBestResponse, type PrimaryAssessment } from '../adjudication/investigator-response.ts';
import type { Assessment, ResponseClass, SubjectAssessment } from '../assessment.ts';
import { countDaysBetween } from '../calendar-days.ts';
import type { Fact, Lineage, Subject } from '../facts.ts';
import { LINEAGES } from '../facts.ts';
import type { Protocol } from '../protocol.ts';
import { buildClinicalCourse, findDeathDay, selectFactsKnownOn } from '../visits/clinical-course.ts';
import { countEventsByTerm, type SubjectTermEvents } from './adverse-event-table.ts';
import { findEventsAtBaseline } from './baseline-cytopenias.ts';
import { measureFollowUp } from './follow-up.ts';
import { deriveLateEventVerdicts, type LateEventVerdicts } from './late-events.ts';
import { deriveInfusedSubject, type InfusedSubject } from './response-predictors.ts';
import { type BaselineFigures, deriveBaselineFigures } from './subject/baseline-figures.ts';
import { type CountChange, listCountChanges } from './subject/count-changes.ts';
import { type CourseTimes, deriveCourseTimes } from './subject/course-times.ts';
import {
  combineEventsByPeriod,
  deriveEmergentDays,
  type EmergentDays,
  type EventPeriod,
  type TermPeriodEvents,
} from './subject/event-figures.ts';
import { listExclusions, type SubjectExclusions } from './subject/exclusions.ts';
import { deriveExposureFigures, type ExposureFigures } from './subject/exposure-figures.ts';
import { sumTransfusionsByPeriod, type TransfusionPeriod } from './subject/transfusion-figures.ts';
import type { VariantClasses } from './subject/variant-classes.ts';
import { listVisitFigures, type VisitFigure } from './subject/visit-figures.ts';

/** One subject with everything that the report needs. */
export interface AssessedSubject {
  readonly subject: Subject;
  readonly facts: readonly Fact[];
  readonly judgement: SubjectAssessment;
  /** The best response under each variant of the protocol; absent where they were not assessed. */
  readonly variants?: VariantClasses;
}

/** One subject's best response; NE, preliminary, where none could be derived yet. */
export interface BestResponseRow {
  readonly subject: string;
  readonly site: string;
  readonly severity: SubjectAssessment['severity'];
  readonly class: ResponseClass;
  readonly status: Assessment['status'];
  /** Whose class it is; present only where the protocol makes the investigator's primary. */
  readonly assessor?: PrimaryAssessment['assessor'];
}

/**
 * One subject reduced to the data that the endpoints need: a few kilobytes, of which only the adverse events grow with the
 * number of facts (a line for each term and period).
 */
export interface SubjectFigures extends TableFigures {
  readonly best: BestResponseRow;
  /** Days to the response of each lineage that responded. */
  readonly daysToResponse: Readonly<Record<Lineage, readonly number[]>>;
  /** Figures of infused subjects only; null before the first infusion. */
  readonly infused: InfusedSubject | null;
  readonly isDead: boolean;
  readonly lateEvents: LateEventVerdicts;
  readonly eventsByTerm: readonly SubjectTermEvents[];
}

/** What the tables of the report read of one subject. Null before the first infusion. */
interface TableFigures {
  readonly dayZero: string | null;
  readonly visits: readonly VisitFigure[];
  readonly exclusions: SubjectExclusions;
  readonly variants: VariantClasses | null;
  readonly times: CourseTimes | null;
  readonly baseline: BaselineFigures | null;
  readonly exposure: ExposureFigures | null;
  /** Days from the first infusion. */
  readonly infusionDays: readonly number[];
  readonly transfusions: {
    readonly periods: readonly TransfusionPeriod[];
    readonly unplaced: number;
  } | null;
  readonly eventsByPeriod: readonly TermPeriodEvents[];
  /** Null while alive, and where no day of death is known. */
  readonly deathPeriod: EventPeriod | null;
  readonly changes: readonly CountChange[];
}

/** Places a death in a period by its day, the last that its date can mean. */
function classifyDeathPeriod(facts: readonly Fact[], emergent: EmergentDays | null): EventPeriod | null {
  const day = findDeathDay(facts);
  if (day === null) return null;
  if (emergent === null || day < emergent.from) return 'before';
  return day <= emergent.to ? 'emergent' : 'later';
}

/** Derives what the tables of the report read of one subject; `facts` are those known on `today`. */
function deriveTableFigures(
  { subject, judgement, variants }: AssessedSubject,
  facts: readonly Fact[],
  protocol: Protocol,
  today: string,
): TableFigures {
  const course = buildClinicalCourse(subject, facts, protocol, NO_CRITERIA, today);
  const visits = listVisitFigures(course, judgement, subject, protocol);
  const followUp = course && measureFollowUp(course.dayZero, facts, today);
  const exposure = course && deriveExposureFigures(course, judgement.deviations);
  const emergent = deriveEmergentDays(course?.infusions ?? [], protocol);
  const exclusions = listExclusions(
    {
      subject,
      visits,
      isTreated: course !== null,
      baselineCounts: new Set(course?.baseline.counts.keys()),
      infusions: exposure?.firstCourse ?? 0,
      deviations: judgement.deviations,
      decision: findEvaluability(facts),
    },
    protocol,
  );
  return {
    dayZero: course?.dayZero ?? null,
    visits,
    exclusions,
    variants: variants ?? null,
    times: course && followUp && deriveCourseTimes(course, judgement, followUp),
    baseline: course && deriveBaselineFigures(course),
    exposure,
    infusionDays: (course?.infusions ?? []).map(({ day }) => countDaysBetween(course?.dayZero ?? day, day)),
    transfusions: course && followUp && sumTransfusionsByPeriod(course, followUp.days),
    eventsByPeriod: combineEventsByPeriod(facts, emergent),
    deathPeriod: classifyDeathPeriod(facts, emergent),
    changes: course === null ? [] : listCountChanges(course),
  };
}

/** The tables read counts and days of a course, and evaluate no criterion. */
const NO_CRITERIA = new Map<string, never>();

function buildBestResponseRow(
  { subject, judgement }: AssessedSubject,
  { primaryAssessor }: Pick<Protocol, 'primaryAssessor'>,
): BestResponseRow {
  const primary = findPrimaryBestResponse(judgement, primaryAssessor);
  const best = primary?.assessment;
  return {
    subject: subject.subject,
    site: subject.site,
    severity: judgement.severity,
    class: best?.value.kind === 'class' ? best.value.class : 'NE',
    status: best?.status ?? 'preliminary',
    ...(primary && primaryAssessor === 'investigator' ? { assessor: primary.assessor } : {}),
  };
}

function listResponseDays({ assessments }: SubjectAssessment, lineage: Lineage): readonly number[] {
  return assessments.flatMap(({ scope, value }) =>
    scope === lineage && value.kind === 'days' ? [value.days] : [],
  );
}

/**
 * Derives the data that the endpoints need from one subject as of a day; later facts are not known yet. The result
 * keeps none of the facts.
 */
export function deriveSubjectFigures(
  assessed: AssessedSubject,
  protocol: Protocol,
  today: string,
): SubjectFigures {
  const { dayZero } = assessed.judgement;
  const facts = selectFactsKnownOn(assessed.facts, today);
  const best = buildBestResponseRow(assessed, protocol);
  const isResponder = best.class === 'CR' || best.class === 'PR';
  const infused =
    dayZero === null
      ? null
      : deriveInfusedSubject(
          { facts, dayZero, isResponder, ...measureFollowUp(dayZero, facts, today) },
          protocol,
          today,
        );
  const days = LINEAGES.map((lineage) => [lineage, listResponseDays(assessed.judgement, lineage)] as const);
  return {
    ...deriveTableFigures(assessed, facts, protocol, today),
    best,
    daysToResponse: Object.fromEntries(days) as Record<Lineage, readonly number[]>,
    infused,
    lateEvents: deriveLateEventVerdicts(assessed.judgement),
    isDead: facts.some((fact) => fact.kind === 'death'),
    eventsByTerm: countEventsByTerm(facts, findEventsAtBaseline(facts, protocol)),
  };
}
