import type { Fact, LabFact } from '../../trial/facts.ts';
import type { MappingResult, MappingWarning } from '../mapping-result.ts';
import { ExactDecimal } from '../units/ucum.ts';
import { formatTimeKey } from './fact-keys.ts';

/** Rounding of the two counts can make the part a little larger than the whole. */
const ROUNDING_TOLERANCE = '1.05';

function selectExactCounts(facts: readonly Fact[], analyte: LabFact['analyte']): readonly LabFact[] {
  return facts.filter(
    (fact) => fact.kind === 'lab' && fact.analyte === analyte && fact.measured?.comparator === null,
  ) as readonly LabFact[];
}

/**
 * Warnings of one resource's results: its own, and one where neutrophils exceed the leukocytes of the same time by more
 * than 5 %, which says that one of the two has another unit. Source: domain section 3.3 (cross-check). The results of
 * several resources are not compared here.
 */
export function collectWarnings(mapped: MappingResult): Pick<MappingResult, 'warnings'> {
  const whole = new Map(selectExactCounts(mapped.facts, 'wbc').map((fact) => [formatTimeKey(fact.at), fact]));
  const crossed = selectExactCounts(mapped.facts, 'anc').flatMap((part): MappingWarning[] => {
    const leukocytes = whole.get(formatTimeKey(part.at))?.measured;
    if (
      !leukocytes ||
      new ExactDecimal(part.measured?.value ?? '').lte(
        new ExactDecimal(leukocytes.value).times(ROUNDING_TOLERANCE),
      )
    )
      return [];
    const detail = 'There are more neutrophils than leukocytes; both count.';
    const fix = 'Check value and unit of both; send a correction if they are wrong.';
    return [{ reason: 'unusual-value', element: part.sources[0].element, detail, fix }];
  });
  const warnings = [...(mapped.warnings ?? []), ...crossed];
  return warnings.length > 0 ? { warnings } : {};
}
