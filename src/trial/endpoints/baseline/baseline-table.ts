import type { NumberSummary } from '../../../statistics/summarise-numbers.ts';
import type { SubjectAssessment, Verdict } from '../../assessment.ts';
import type { BloodProduct } from '../../criteria/criteria-set.ts';
import type { Protocol } from '../../protocol.ts';
import { countByKey } from '../counted-share.ts';
import { selectPopulation } from '../populations/analysis-sets.ts';
import { type BaselineFigures, BLOOD_PRODUCTS, listAgeGroups } from '../subject/baseline-figures.ts';
import { VISIT_ANALYTES } from '../subject/visit-figures.ts';
import type { SubjectFigures } from '../subject-figures.ts';
import { summariseSubjectValues } from './number-summary.ts';

type Tally<Key extends string> = { readonly counts: Readonly<Record<Key, number>> };

type SummarisedAnalyte = (typeof VISIT_ANALYTES)[number];

/** One count before the first infusion, in the trial's unit. */
export interface BaselineCountSummary extends NumberSummary {
  /** Subjects without it; whose value is a limit of the laboratory, taken as it is; and whose count is confounded. */
  readonly counts: { readonly missing: number; readonly atLimit: number; readonly confounded: number };
}

/** The treated before the first infusion. */
export interface BaselineTable {
  readonly method: string;
  readonly of: number;
  /** Whole years on the day of the first infusion. */
  readonly age: NumberSummary;
  readonly ageGroups: Tally<string>;
  readonly sex: Tally<BaselineFigures['sex']>;
  readonly severity: Tally<SubjectAssessment['severity']>;
  readonly bloodCounts: Readonly<Record<SummarisedAnalyte, BaselineCountSummary>>;
  /** Subjects by agent of earlier treatment; one can have had several. */
  readonly previousTreatment: Tally<string>;
  readonly dependent: Readonly<Record<BloodProduct, Tally<Verdict>>>;
}

function summariseAnalyte(
  baselines: readonly BaselineFigures[],
  analyte: SummarisedAnalyte,
  { statistics }: Protocol,
): BaselineCountSummary {
  const values = baselines.map(({ counts }) => counts[analyte]);
  return {
    ...summariseSubjectValues(values, statistics.quartileType),
    counts: {
      missing: values.filter((value) => value === undefined).length,
      atLimit: baselines.filter(({ atLimit }) => atLimit.includes(analyte)).length,
      confounded: baselines.filter(({ confounded }) => confounded.includes(analyte)).length,
    },
  };
}

function mapKeys<Key extends string, Value>(
  keys: readonly Key[],
  build: (key: Key) => Value,
): Readonly<Record<Key, Value>> {
  return Object.fromEntries(keys.map((key) => [key, build(key)])) as Record<Key, Value>;
}

const formatDependence = ({ units, days }: Protocol['dependence'][BloodProduct]): string =>
  `${units} units in ${days} days`;

/** Builds the baseline table of the treated. Counts are those that the assessment uses as baseline. */
export function buildBaselineTable(subjects: readonly SubjectFigures[], protocol: Protocol): BaselineTable {
  const treated = selectPopulation(subjects, 'treated');
  const baselines = treated.flatMap(({ baseline }) => baseline ?? []);
  const { analysis, dependence, baselineDays } = protocol;
  const agents = baselines.flatMap(({ previousAgents }) => previousAgents);
  const tally = <Key extends string>(keys: readonly Key[], found: readonly Key[]): Tally<Key> => ({
    counts: countByKey(keys, found),
  });
  return {
    method: `treated subjects; counts: the last within ${baselineDays} days before the first infusion; dependent: at least ${formatDependence(dependence['red-cells'])} of red cells, ${formatDependence(dependence.platelets)} of platelets before it`,
    of: treated.length,
    age: summariseSubjectValues(
      baselines.map(({ age }) => age),
      protocol.statistics.quartileType,
    ),
    ageGroups: tally(
      [...listAgeGroups(analysis.ageGroups), 'unknown'],
      baselines.map(({ ageGroup }) => ageGroup),
    ),
    sex: tally(
      ['female', 'male', 'other', 'unknown'],
      baselines.map(({ sex }) => sex),
    ),
    severity: tally(
      ['SAA', 'VSAA', 'NSAA', 'unknown'],
      treated.map(({ best }) => best.severity),
    ),
    bloodCounts: mapKeys(VISIT_ANALYTES, (analyte) => summariseAnalyte(baselines, analyte, protocol)),
    previousTreatment: tally([...new Set(agents)].sort(), agents),
    dependent: mapKeys(BLOOD_PRODUCTS, (product) =>
      tally(
        ['true', 'false', 'unknown'],
        baselines.map(({ dependent }) => dependent[product]),
      ),
    ),
  };
}
