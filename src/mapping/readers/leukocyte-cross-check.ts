import type { Fact, LabFact, Source } from '../../trial/facts.ts';
import type { MappingResult, MappingWarning } from '../mapping-result.ts';
import { ExactDecimal } from '../units/ucum.ts';
import { formatTimeKey } from './fact-base.ts';

/** Rounding of both counts can make the neutrophils slightly more than the leukocytes. */
const ROUNDING_TOLERANCE = '1.05';

/** A laboratory result that is an exact number, in 10*9/L. */
interface ExactCount {
  readonly time: string;
  readonly value: string;
  readonly source: Source;
}

function selectExactCounts(facts: readonly Fact[], analyte: LabFact['analyte']): readonly ExactCount[] {
  return facts.flatMap((fact) =>
    fact.kind === 'lab' && fact.analyte === analyte && fact.measured?.comparator === null
      ? [{ time: formatTimeKey(fact.at), value: fact.measured.value, source: fact.sources[0] }]
      : [],
  );
}

/**
 * Collects the warnings of one resource: those of its results, and one for each neutrophil count that exceeds the
 * leukocyte count of the same time by more than 5 %, which suggests that one of the two has the wrong unit. Results of
 * different resources are not compared. Source: domain section 3.3 (cross-check).
 */
export function collectWarnings(mapped: MappingResult): Pick<MappingResult, 'warnings'> {
  const leukocytesByTime = new Map(
    selectExactCounts(mapped.facts, 'wbc').map(({ time, value }) => [time, value]),
  );
  const exceeding = selectExactCounts(mapped.facts, 'anc').filter(({ time, value }) => {
    const leukocytes = leukocytesByTime.get(time);
    return (
      leukocytes !== undefined &&
      new ExactDecimal(value).gt(new ExactDecimal(leukocytes).times(ROUNDING_TOLERANCE))
    );
  });
  const crossCheckWarnings = exceeding.map(
    ({ source }): MappingWarning => ({
      reason: 'unusual-value',
      element: source.element,
      detail: 'The neutrophil count is higher than the leukocyte count of the same time; both are used.',
      fix: 'Check the value and unit of both, and send a correction if one is wrong.',
    }),
  );
  const warnings = [...(mapped.warnings ?? []), ...crossCheckWarnings];
  return warnings.length > 0 ? { warnings } : {};
}
