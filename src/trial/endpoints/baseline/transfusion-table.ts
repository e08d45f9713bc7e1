import type { TransfusionFact } from '../../facts.ts';
import type { Protocol } from '../../protocol.ts';
import { roundFigure } from '../counted-share.ts';
import { selectPopulation } from '../populations/analysis-sets.ts';
import { listTransfusionPeriods, TRANSFUSED_COMPONENTS } from '../subject/transfusion-figures.ts';
import type { SubjectFigures } from '../subject-figures.ts';

/** One product in one period, of the subjects observed for all of it. */
export interface ComponentBurden {
  readonly counts: { readonly transfused: number };
  /** `withoutUnits`: transfusions whose number of units is not known; each counts as one in `atLeastUnits`. */
  readonly events: {
    readonly transfusions: number;
    readonly atLeastUnits: number;
    readonly withoutUnits: number;
  };
  /** At least so many units per observed subject. */
  readonly meanUnits: number | null;
}

/** One period. */
export interface PeriodBurden {
  /** Days from the first infusion: `-28..-1`. */
  readonly name: string;
  /** Treated subjects observed for the whole period. */
  readonly of: number;
  readonly components: Readonly<Record<TransfusionFact['component'], ComponentBurden>>;
}

/** Transfusions over time. */
export interface TransfusionTable {
  readonly method: string;
  readonly periods: readonly PeriodBurden[];
  /** Transfusions that a partial date leaves between two periods: they are in none. */
  readonly events: { readonly unplaced: number };
}

function buildPeriodBurden(treated: readonly SubjectFigures[], from: number, to: number): PeriodBurden {
  const observed = treated.flatMap(({ transfusions }) =>
    (transfusions?.periods ?? []).filter((period) => period.from === from && period.isObserved),
  );
  const components = TRANSFUSED_COMPONENTS.map((component): [string, ComponentBurden] => {
    const given = observed.flatMap((period) => period.given.filter((sum) => sum.component === component));
    const sum = (select: (entry: (typeof given)[number]) => number): number =>
      given.reduce((total, entry) => total + select(entry), 0);
    const atLeastUnits = sum((entry) => entry.atLeastUnits);
    return [
      component,
      {
        counts: { transfused: given.length },
        events: {
          transfusions: sum(({ transfusions }) => transfusions),
          atLeastUnits,
          withoutUnits: sum(({ withoutUnits }) => withoutUnits),
        },
        meanUnits: observed.length === 0 ? null : roundFigure(atLeastUnits / observed.length),
      },
    ];
  });
  return {
    name: `${from}..${to}`,
    of: observed.length,
    components: Object.fromEntries(components) as PeriodBurden['components'],
  };
}

/** Builds the transfusions of the treated by period and product; a code that names no product is `any`. */
export function buildTransfusionTable(
  subjects: readonly SubjectFigures[],
  protocol: Protocol,
): TransfusionTable {
  const treated = selectPopulation(subjects, 'treated');
  return {
    method: `periods of ${protocol.analysis.transfusionPeriods.days} days from the first infusion; treated subjects observed for the whole period, from the first statement about them to the last contact; units are at least these`,
    periods: listTransfusionPeriods(protocol).map(({ from, to }) => buildPeriodBurden(treated, from, to)),
    events: {
      unplaced: treated.reduce((sum, { transfusions }) => sum + (transfusions?.unplaced ?? 0), 0),
    },
  };
}
