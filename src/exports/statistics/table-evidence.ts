import { addDays } from '../../trial/calendar-days.ts';
import { normaliseTerm } from '../../trial/endpoints/adverse-event-table.ts';
import type { Lineage, Source } from '../../trial/facts.ts';
import { listAssessmentSources, listSources } from '../lineage/course-sources.ts';
import type { FigureKind } from '../provenance-trace.ts';
import type { AddressParts, FigureEvidenceRule } from './evidence-rule.ts';
import type { SubjectEvidence } from './subject-evidence.ts';

/**
 * Evidence of the report's tables. The tables of one subject alone are built by the same code as those of all: a number of
 * subjects that is 1 there has this subject behind it, and so has every other figure of a set that they are in. Only the
 * sources are selected here.
 */

/** Selects the sources of one table for a subject. */
type SourceSelector = (evidence: SubjectEvidence, parts: AddressParts) => readonly Source[];

const selectCourse: SourceSelector = ({ sources }) => [
  ...sources.infusions,
  ...sources.bestResponse,
  ...sources.laterEvents,
  ...sources.followUpEnd,
];

const selectResponse: SourceSelector = ({ sources }) => [...sources.infusions, ...sources.bestResponse];

/** The sources of the class at the visit of the address; those of the course where there is no assessment. */
function selectVisit(
  { assessments, sources }: SubjectEvidence,
  { rest = '' }: AddressParts,
): readonly Source[] {
  const [, visit, , scope] = rest.split('/');
  const own = assessments.find(
    (entry) => entry.visit === visit && entry.scope === (isLineageScope(scope) ? scope : 'overall'),
  );
  return own ? listAssessmentSources(own) : [...sources.infusions, ...sources.followUpEnd];
}

const isLineageScope = (scope: string | undefined): scope is Lineage =>
  scope === 'erythroid' || scope === 'neutrophil' || scope === 'platelet';

/** The events of the term of the address; all events where it names none. Deaths by the end of follow-up. */
function selectEvents(evidence: SubjectEvidence, { rest = '' }: AddressParts): readonly Source[] {
  if (rest.startsWith('deaths/')) return evidence.sources.followUpEnd;
  const term = /^terms\/(?<term>.*)\/periods\//s.exec(rest)?.groups?.term;
  const events = evidence.adverseEvents.filter(
    (event) => term === undefined || normaliseTerm(event.term) === term,
  );
  return listSources(events);
}

/** The transfusions of the period and product of the address; all where it names none. */
function selectTransfusions(
  { transfusions, figures: { dayZero } }: SubjectEvidence,
  { rest = '' }: AddressParts,
): readonly Source[] {
  const place = /^periods\/(?<from>-?\d+)\.\.(?<to>-?\d+)\/(components\/(?<component>[\w-]+)\/)?/.exec(
    rest,
  )?.groups;
  if (!place || dayZero === null) return listSources(transfusions);
  const [from, to] = [addDays(dayZero, Number(place.from)), addDays(dayZero, Number(place.to))];
  const own = transfusions.filter(
    ({ component, at }) =>
      component === (place.component ?? component) && at.earliestDay >= from && at.latestDay <= to,
  );
  return listSources(own);
}

/** What the part of the baseline at the address was read from. */
function selectBaseline(
  { sources, baseline }: SubjectEvidence,
  { rest = '' }: AddressParts,
): readonly Source[] {
  const [part, key] = rest.split('/');
  switch (part) {
    case 'age':
    case 'ageGroups':
    case 'sex':
      return sources.person;
    case 'severity':
      return sources.severity;
    case 'bloodCounts':
      return listSources(baseline.filter((fact) => fact.kind === 'lab' && fact.analyte === key));
    case 'previousTreatment':
      return listSources(baseline.filter((fact) => fact.kind === 'medication'));
    case 'dependent':
      return listSources(baseline.filter((fact) => fact.kind === 'transfusion'));
    default:
      return sources.infusions;
  }
}

const SOURCES_BY_TABLE: Readonly<Record<string, SourceSelector>> = {
  analysisSets: selectResponse,
  responseAtVisits: selectVisit,
  sensitivity: selectResponse,
  durations: selectCourse,
  responseIncidence: (evidence, parts) => [...selectCourse(evidence, parts), ...evidence.previousAgent],
  landmarks: selectCourse,
  subgroups: ({ sources, previousAgent }) => [
    ...sources.infusions,
    ...sources.bestResponse,
    ...sources.person,
    ...sources.severity,
    ...previousAgent,
  ],
  baseline: selectBaseline,
  exposure: ({ sources, weights }) => [...sources.infusions, ...weights],
  adverseEvents: selectEvents,
  transfusions: selectTransfusions,
  twoStage: selectResponse,
};

/** Whether the subject is in the set of a figure: the set's number is 1 in the tables of this subject alone. */
function isInSet({ ownTables }: SubjectEvidence, { set }: AddressParts): boolean {
  return set !== undefined && (ownTables.get(set) ?? 0) > 0;
}

const BY_ENROLMENT: readonly Source[] = [];

/**
 * Selects the sources of a contributor. Whoever is in the denominator of a share alone is there by the rules of its set,
 * and has no resource behind them: only those who are counted do.
 */
function selectTableSources(evidence: SubjectEvidence, parts: AddressParts): readonly Source[] {
  if (parts.share !== undefined && !evidence.ownTables.get(parts.share)) return BY_ENROLMENT;
  return SOURCES_BY_TABLE[parts.table ?? '']?.(evidence, parts) ?? [];
}

function defineTableRule(
  pattern: RegExp,
  counts: FigureKind,
  isContributor: (evidence: SubjectEvidence, parts: AddressParts) => boolean,
): FigureEvidenceRule {
  return {
    pattern,
    counts,
    selectSources: (evidence, parts) =>
      isContributor(evidence, parts) ? selectTableSources(evidence, parts) : null,
  };
}

const hasOwnNumber = ({ ownTables }: SubjectEvidence, { at = '' }: AddressParts): boolean =>
  (ownTables.get(at) ?? 0) > 0;

/** The rules of the tables; the first whose pattern matches an address applies. */
export const TABLE_RULES: readonly FigureEvidenceRule[] = [
  // The first subjects by day of infusion: the tables of one subject do not show who they are.
  defineTableRule(/^tables\/(?<table>twoStage)(\/(?<rest>.+))?$/, 'figure', () => true),
  defineTableRule(
    /^tables\/(?<table>\w+)\/(?<rest>(.*\/)?(count|of|n|counts\/[^/]+))$/s,
    'participants',
    hasOwnNumber,
  ),
  defineTableRule(/^tables\/(?<table>\w+)\/(?<rest>(.*\/)?events\/\w+)$/s, 'events', hasOwnNumber),
  defineTableRule(/^tables\/(?<table>\w+)\/(?<rest>.+)$/s, 'figure', isInSet),
];

/** Finds the number of those counted of a share to which the figure belongs; undefined for any other figure. */
export function findFigureShare(at: string, addresses: ReadonlySet<string>): string | undefined {
  const place = /^(?<place>.*)\/(of|percent|limits(\/(low|high))?)$/s.exec(at)?.groups?.place;
  return place !== undefined && addresses.has(`${place}/count`) ? `${place}/count` : undefined;
}

/** Finds the number of subjects from whom a figure of a table is computed: the nearest `of` or `n` above it. */
export function findFigureSet(at: string, addresses: ReadonlySet<string>): string | undefined {
  let place = at;
  while (place.includes('/')) {
    place = place.slice(0, place.lastIndexOf('/'));
    const set = [`${place}/of`, `${place}/n`].find((address) => addresses.has(address));
    if (set !== undefined) return set;
  }
  return undefined;
}
