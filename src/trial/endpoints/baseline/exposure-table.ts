import type { NumberSummary } from '../../../statistics/summarise-numbers.ts';
import type { Protocol } from '../../protocol.ts';
import { buildCountedShare, type CountedShare, countByKey, roundFigure } from '../counted-share.ts';
import { selectPopulation } from '../populations/analysis-sets.ts';
import { derivePlannedDose, type ExposureFigures } from '../subject/exposure-figures.ts';
import type { SubjectFigures } from '../subject-figures.ts';
import { summariseSubjectValues } from './number-summary.ts';

/** What the treated were given. Doses in 10*6 cells per kg body weight. */
export interface ExposureTable {
  readonly method: string;
  readonly of: number;
  /** Subjects by number of infusions of the first course. */
  readonly firstCourse: { readonly counts: Readonly<Record<string, number>> };
  /** Subjects with infusions after the first course, and how many they had. */
  readonly continuation: CountedShare & { readonly infusions: NumberSummary };
  /** All infusions; those without a dose per kg, stopped, displaced, missed, and with a dose out of range. */
  readonly events: Readonly<
    Record<'infusions' | 'withoutDose' | 'stopped' | 'displaced' | 'missed' | 'outOfRange', number>
  >;
  /** Of all infusions with a dose, several of a subject. */
  readonly dosePerInfusion: Omit<NumberSummary, 'n'>;
  /** The sum of each subject's doses, of those whose doses are all known. */
  readonly cumulativeDose: NumberSummary;
  /** 1: as planned. Of those whose doses of the first course are all known. */
  readonly intensity: NumberSummary;
}

/** Builds the exposure of the treated. */
export function buildExposureTable(subjects: readonly SubjectFigures[], protocol: Protocol): ExposureTable {
  const treated = selectPopulation(subjects, 'treated').flatMap(({ exposure }) => exposure ?? []);
  const { dosing, interval, statistics } = protocol;
  const summarise = (values: readonly (number | null)[]) =>
    summariseSubjectValues(values, statistics.quartileType);
  const sum = (select: (exposure: ExposureFigures) => number): number =>
    treated.reduce((total, exposure) => total + select(exposure), 0);
  const continued = treated.filter(({ continuation }) => continuation > 0);
  const { n: _doses, ...dosePerInfusion } = summarise(treated.flatMap(({ doses }) => doses));
  const numbers = Array.from({ length: dosing.days.length + 1 }, (_, i) => String(i));
  return {
    method: `treated subjects; intensity: dose of the first course per day, against ${roundFigure(derivePlannedDose(protocol).toNumber())} in each of ${dosing.days.length} infusions`,
    of: treated.length,
    firstCourse: {
      counts: countByKey(
        numbers,
        treated.map(({ firstCourse }) => String(firstCourse)),
      ),
    },
    continuation: {
      ...buildCountedShare(continued.length, treated.length, interval),
      infusions: summarise(continued.map(({ continuation }) => continuation)),
    },
    events: {
      infusions: sum(({ firstCourse, continuation }) => firstCourse + continuation),
      withoutDose: sum(({ unknownDoses }) => unknownDoses),
      stopped: sum(({ stopped }) => stopped),
      displaced: sum(({ displaced }) => displaced),
      missed: sum(({ missed }) => missed),
      outOfRange: sum(({ outOfRange }) => outOfRange),
    },
    dosePerInfusion,
    cumulativeDose: summarise(treated.map(({ cumulative }) => cumulative)),
    intensity: summarise(treated.map(({ intensity }) => intensity)),
  };
}
