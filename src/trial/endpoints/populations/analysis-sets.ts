import type { Protocol } from '../../protocol.ts';
import { buildCountedShare, type CountedShare, countByKey } from '../counted-share.ts';
import { EXCLUSION_REASONS, type ExclusionReason } from '../subject/exclusions.ts';
import type { SubjectFigures } from '../subject-figures.ts';

/** Sets of subjects, each a part of the one before. */
export const POPULATIONS = ['enrolled', 'treated', 'evaluable', 'perProtocol'] as const;

export type Population = (typeof POPULATIONS)[number];

/** Whether a subject is in a set. Treated: infused at least once. */
export function isInPopulation(population: Population, { infused, exclusions }: SubjectFigures): boolean {
  switch (population) {
    case 'enrolled':
      return true;
    case 'treated':
      return infused !== null;
    case 'evaluable':
      return exclusions.evaluable.length === 0;
    case 'perProtocol':
      return exclusions.perProtocol.length === 0;
  }
}

/** Selects the subjects of a set. */
export const selectPopulation = (
  subjects: readonly SubjectFigures[],
  population: Population,
): readonly SubjectFigures[] => subjects.filter((subject) => isInPopulation(population, subject));

/** Whether the subject's best response is CR or PR. */
export const isResponder = ({ best }: SubjectFigures): boolean => best.class === 'CR' || best.class === 'PR';

/** The sets, who is left out and why, and the best response in each set. */
export interface AnalysisSets {
  readonly method: string;
  /** Each set, of all enrolled. */
  readonly sets: Readonly<Record<Population, CountedShare>>;
  /** Responders of each set. */
  readonly response: Readonly<Record<Population, CountedShare>>;
  /** Subjects by reason; one can have several. */
  readonly excluded: Readonly<
    Record<'evaluable' | 'perProtocol', { readonly counts: Readonly<Record<ExclusionReason, number>> }>
  >;
  /** Every subject who is not in the per-protocol set. */
  readonly exclusions: readonly {
    readonly subject: string;
    readonly evaluable: readonly ExclusionReason[];
    readonly perProtocol: readonly ExclusionReason[];
  }[];
}

/** Builds the table of sets by the protocol's `analysis.populations`. */
export function buildAnalysisSets(subjects: readonly SubjectFigures[], protocol: Protocol): AnalysisSets {
  const { interval, analysis } = protocol;
  const { evaluable, perProtocol } = analysis.populations;
  const rateSets = (select: (population: Population) => CountedShare) =>
    Object.fromEntries(POPULATIONS.map((population) => [population, select(population)])) as Record<
      Population,
      CountedShare
    >;
  const countReasons = (set: 'evaluable' | 'perProtocol') => ({
    counts: countByKey(
      EXCLUSION_REASONS,
      subjects.flatMap(({ exclusions }) => exclusions[set]),
    ),
  });
  return {
    method:
      `treated: at least one infusion; evaluable: treated, with ${evaluable.baselineCounts.join(', ')} before it and ` +
      `${evaluable.assessedVisits} assessed visits; per protocol: evaluable, ${perProtocol.infusions} infusions of the ` +
      `first course, without ${perProtocol.withoutDeviations.join(', ') || 'further conditions'}`,
    sets: rateSets((population) =>
      buildCountedShare(selectPopulation(subjects, population).length, subjects.length, interval),
    ),
    response: rateSets((population) => {
      const members = selectPopulation(subjects, population);
      return buildCountedShare(members.filter(isResponder).length, members.length, interval);
    }),
    excluded: { evaluable: countReasons('evaluable'), perProtocol: countReasons('perProtocol') },
    exclusions: subjects
      .filter(({ exclusions }) => exclusions.perProtocol.length > 0)
      .map(({ best, exclusions }) => ({ subject: best.subject, ...exclusions })),
  };
}
