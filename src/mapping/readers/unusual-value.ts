import type { Analyte } from '../../trial/facts.ts';
import type { MappingResult } from '../mapping-result.ts';
import type { ConvertedQuantity } from '../units/convert-quantity.ts';

/**
 * Warns about a value outside the usual range of the trial's subjects: it counts all the same, but often the unit is not
 * the one that was sent. The ranges are in the unit maps (`mappings/units/`).
 */
export function warnOfUnusualValue(
  converted: ConvertedQuantity,
  element: string,
  analyte: Analyte,
): Pick<MappingResult, 'warnings'> {
  const detail = `The ${analyte} value is unusual in this trial; it is used.`;
  const fix = `Check the value and the unit (${converted.sent.unit}), and send a correction if one is wrong.`;
  return { warnings: [{ reason: 'unusual-value', element, detail, fix }] };
}
