import { LINEAGES, type Lineage } from '../../facts.ts';
import type { Protocol } from '../../protocol.ts';
import { buildCountedShare, type CountedShare, countByKey } from '../counted-share.ts';
import { POPULATIONS, type Population, selectPopulation } from '../populations/analysis-sets.ts';
import { VISIT_ANALYTES, VISIT_STATES, type VisitFigure, type VisitState } from '../subject/visit-figures.ts';
import type { SubjectFigures } from '../subject-figures.ts';

/** One set of subjects at one visit. */
export interface VisitTally {
  /** Every subject is in exactly one of the states. */
  readonly counts: Readonly<Record<VisitState, number>>;
  /** CR and PR, of those in the set for whom the visit is due. */
  readonly response: CountedShare;
}

/** Response at one visit. */
export interface VisitTable {
  readonly visit: string;
  readonly populations: Readonly<Record<Population, VisitTally>>;
  /** Responses of the overall table that are not final, and classes that follow from the end of the observation. */
  readonly subsets: { readonly counts: { readonly pending: number; readonly censored: number } };
  /** Of the treated. */
  readonly lineages: Readonly<Record<Lineage, VisitTally>>;
  /** Subjects with a count in the window that lacks this one. */
  readonly missing: { readonly counts: Readonly<Record<(typeof VISIT_ANALYTES)[number], number>> };
}

/** Response at the protocol's visits. */
export interface ResponseAtVisits {
  readonly method: string;
  readonly visits: Readonly<Record<string, VisitTable>>;
}

function tabulateVisit(states: readonly VisitState[], { interval }: Protocol): VisitTally {
  const due = states.filter((state) => state !== 'not-due');
  const responders = due.filter((state) => state === 'CR' || state === 'PR');
  return {
    counts: countByKey(VISIT_STATES, states),
    response: buildCountedShare(responders.length, due.length, interval),
  };
}

function buildVisitTable(subjects: readonly SubjectFigures[], protocol: Protocol, visit: string): VisitTable {
  const selectAtVisit = (members: readonly SubjectFigures[]): readonly VisitFigure[] =>
    members.flatMap(({ visits }) => visits.filter((entry) => entry.visit === visit));
  const tabulateScope = (members: readonly SubjectFigures[], scope: 'overall' | Lineage): VisitTally =>
    tabulateVisit(
      selectAtVisit(members).map(({ states }) => states[scope]),
      protocol,
    );
  const all = selectAtVisit(subjects);
  const treated = selectPopulation(subjects, 'treated');
  const populations = POPULATIONS.map((population) => [
    population,
    tabulateScope(selectPopulation(subjects, population), 'overall'),
  ]);
  const lineages = LINEAGES.map((lineage) => [lineage, tabulateScope(treated, lineage)]);
  return {
    visit,
    populations: Object.fromEntries(populations) as VisitTable['populations'],
    subsets: {
      counts: {
        pending: all.filter(({ isPending }) => isPending).length,
        censored: all.filter(({ isCensored }) => isCensored).length,
      },
    },
    lineages: Object.fromEntries(lineages) as VisitTable['lineages'],
    missing: {
      counts: countByKey(
        VISIT_ANALYTES,
        all.flatMap(({ missing }) => missing.filter((analyte) => analyte !== 'wbc')),
      ),
    },
  };
}

/**
 * Builds the response at each visit of the protocol, for each set of subjects and each lineage. The rate is of those for
 * whom the visit is due: a subject who missed it, died or was withdrawn stays in the denominator.
 */
export function buildResponseAtVisits(
  subjects: readonly SubjectFigures[],
  protocol: Protocol,
): ResponseAtVisits {
  const tables = protocol.visits.map(({ id }) => [id, buildVisitTable(subjects, protocol, id)]);
  return {
    method: `class at the visit; of the subjects of the set whose visit is due; limits ${protocol.interval.method}`,
    visits: Object.fromEntries(tables),
  };
}
