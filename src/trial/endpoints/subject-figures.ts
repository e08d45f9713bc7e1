import type { Assessment, Judgement, ResponseClass } from '../assessment.ts';
import type { Fact, Lineage, Subject } from '../facts.ts';
import { LINEAGES } from '../facts.ts';
import type { Protocol } from '../protocol.ts';
import { factsKnownOn } from '../visits/course.ts';
import { type SubjectEvents, subjectEvents } from './adverse-events.ts';
import { eventsAtBaseline } from './cytopenias.ts';
import { followUpOf } from './follow-up.ts';
import { type LaterVerdicts, laterVerdicts } from './later-events.ts';
import { type Candidate, candidateOf } from './predictors.ts';

/** One subject with everything the report asks of him. */
export interface Judged {
  readonly subject: Subject;
  readonly facts: readonly Fact[];
  readonly judgement: Judgement;
}

/** One subject's best response; NE, preliminary, where none could be given yet. */
export interface BestRow {
  readonly subject: string;
  readonly site: string;
  readonly severity: Judgement['severity'];
  readonly class: ResponseClass;
  readonly status: Assessment['status'];
}

/** One subject reduced to what the endpoints need: some hundred bytes, however many facts he has. */
export interface SubjectFigures {
  readonly best: BestRow;
  /** Days to the response of each lineage that responded. */
  readonly daysTo: Readonly<Record<Lineage, readonly number[]>>;
  /** What only those who were infused have; null before the first infusion. */
  readonly infused: Candidate | null;
  readonly isDead: boolean;
  readonly later: LaterVerdicts;
  readonly events: readonly SubjectEvents[];
}

function bestRow({ subject, judgement }: Judged): BestRow {
  const best = judgement.assessments.find((assessment) => assessment.kind === 'best-response');
  return {
    subject: subject.subject,
    site: subject.site,
    severity: judgement.severity,
    class: best?.value.kind === 'class' ? best.value.class : 'NE',
    status: best?.status ?? 'preliminary',
  };
}

function daysOf({ assessments }: Judgement, lineage: Lineage): readonly number[] {
  return assessments.flatMap(({ scope, value }) =>
    scope === lineage && value.kind === 'days' ? [value.days] : [],
  );
}

/** What the endpoints need of one subject as of a day; later facts are not known yet. Nothing of the facts is kept. */
export function subjectFigures(one: Judged, protocol: Protocol, today: string): SubjectFigures {
  const { dayZero } = one.judgement;
  const facts = factsKnownOn(one.facts, today);
  const best = bestRow(one);
  const isResponder = best.class === 'CR' || best.class === 'PR';
  const infused =
    dayZero === null
      ? null
      : candidateOf({ facts, dayZero, isResponder, ...followUpOf(dayZero, facts, today) }, protocol, today);
  const days = LINEAGES.map((lineage) => [lineage, daysOf(one.judgement, lineage)] as const);
  return {
    best,
    daysTo: Object.fromEntries(days) as Record<Lineage, readonly number[]>,
    infused,
    later: laterVerdicts(one.judgement),
    isDead: facts.some((fact) => fact.kind === 'death'),
    events: subjectEvents(facts, eventsAtBaseline(facts, protocol)),
  };
}
