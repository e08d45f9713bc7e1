import { findPrimaryBestResponse, type PrimaryAssessment } from '../adjudication/investigator-response.ts';
import type { Assessment, ResponseClass, SubjectAssessment } from '../assessment.ts';
import type { Fact, Lineage, Subject } from '../facts.ts';
import { LINEAGES } from '../facts.ts';
import type { Protocol } from '../protocol.ts';
import { selectFactsKnownOn } from '../visits/clinical-course.ts';
import { countEventsByTerm, type SubjectTermEvents } from './adverse-event-table.ts';
import { findEventsAtBaseline } from './baseline-cytopenias.ts';
import { measureFollowUp } from './follow-up.ts';
import { deriveLateEventVerdicts, type LateEventVerdicts } from './late-events.ts';
import { deriveInfusedSubject, type InfusedSubject } from './response-predictors.ts';

/** One subject with everything that the report needs. */
export interface AssessedSubject {
  readonly subject: Subject;
  readonly facts: readonly Fact[];
  readonly judgement: SubjectAssessment;
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

/** One subject reduced to the data that the endpoints need: some hundred bytes, independent of the number of facts. */
export interface SubjectFigures {
  readonly best: BestResponseRow;
  /** Days to the response of each lineage that responded. */
  readonly daysToResponse: Readonly<Record<Lineage, readonly number[]>>;
  /** Figures of infused subjects only; null before the first infusion. */
  readonly infused: InfusedSubject | null;
  readonly isDead: boolean;
  readonly lateEvents: LateEventVerdicts;
  readonly eventsByTerm: readonly SubjectTermEvents[];
}

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
    best,
    daysToResponse: Object.fromEntries(days) as Record<Lineage, readonly number[]>,
    infused,
    lateEvents: deriveLateEventVerdicts(assessed.judgement),
    isDead: facts.some((fact) => fact.kind === 'death'),
    eventsByTerm: countEventsByTerm(facts, findEventsAtBaseline(facts, protocol)),
  };
}
